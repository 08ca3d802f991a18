"""``rapport init``."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.cli.init import make_folder, make_secrets, prepare, run_init
from rapport.shop import Shop
from rapport.store import Problem, Store, schema


def test_a_new_folder_is_a_whole_shop_with_private_secrets(tmp_path: Path) -> None:
    folder = tmp_path / "my shop"
    run_init(folder)
    shop = Shop(folder)
    assert len(shop.secret("session_key")) >= 32
    assert shop.secret("session_key") != shop.secret("login_key")
    for file in (shop.var / "secrets").iterdir():
        assert file.stat().st_mode & 0o077 == 0
    schema.check(Store(shop.store_url))


def test_again_changes_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    run_init(folder)
    before = Shop(folder).secret("session_key")
    run_init(folder)
    assert Shop(folder).secret("session_key") == before


def test_two_shops_have_different_secrets(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run_init(tmp_path / name)
    assert Shop(tmp_path / "a").secret("login_key") != Shop(tmp_path / "b").secret("login_key")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Problem) as caught:
        make_folder(tmp_path)
    assert caught.value.code == "folder_not_empty"
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_missing_secret_file_is_made_and_an_empty_one_replaced(shop: Shop) -> None:
    file = shop.var / "secrets" / "session.key"
    file.write_text("")
    with pytest.raises(Problem) as caught:
        shop.secret("session_key")
    assert caught.value.code == "secret_missing"
    assert make_secrets(shop) == [file]
    assert len(shop.secret("session_key")) >= 32


def test_a_store_that_cannot_be_reached_is_a_problem(shop: Shop) -> None:
    file = shop.folder / "shop.toml"
    unreachable = 'url = "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"'
    file.write_text(file.read_text("utf-8").replace('url = ""', unreachable, 1), "utf-8")
    with pytest.raises(Problem) as caught:
        prepare(Shop(shop.folder))
    assert caught.value.code == "store_unreachable"
    assert "secret" not in caught.value.what  # the password is not shown

"""Settings: what is wrong is named, with what would be right."""

from __future__ import annotations

import pytest

from rapport.shop import Shop
from rapport.store import Problem


def changed(shop: Shop, old: str, new: str) -> Problem:
    file = shop.folder / "shop.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Problem) as caught:
        Shop(shop.folder)
    return caught.value


def test_the_demo_shop_is_valid(shop: Shop) -> None:
    assert shop.settings.shop.languages == ["en", "zh"]
    assert shop.store_url.endswith("var/store.sqlite")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("port = 8600", "port = 99999", "gateway.port"),
        ("port = 8600", 'porrt = "x"', "gateway.porrt"),
        ('languages = ["en", "zh"]', 'languages = ["fr"]', "shop.languages.0"),
        ('timezone = "Europe/Berlin"', 'timezone = "Mars/Base"', "shop.timezone"),
        ("order_number_pattern = 'MM\\d{6}'", "order_number_pattern = '('", "shop.order_number_pattern"),
        ('sender = "file"', 'sender = "pigeon"', "codes.sender"),
    ],
)
def test_a_wrong_setting_is_named(shop: Shop, old: str, new: str, named: str) -> None:
    problem = changed(shop, old, new)
    assert problem.code == "shop_settings"
    assert named in problem.what
    assert named in problem.next_step


def test_broken_toml_names_the_line(shop: Shop) -> None:
    assert "line" in changed(shop, "[shop]", "[shop").what


def test_not_utf8_is_a_problem(shop: Shop) -> None:
    (shop.folder / "shop.toml").write_bytes("[shop]\nname = 'Läden'".encode("latin-1"))
    with pytest.raises(Problem) as caught:
        Shop(shop.folder)
    assert caught.value.code == "not_utf8"


def test_no_shop_there_says_how_to_make_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    with pytest.raises(Problem) as caught:
        Shop(folder)
    assert "rapport init" in caught.value.next_step


def test_a_secret_can_come_from_the_environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shop.folder / "shop.toml"
    old = '{ file = "var/secrets/session.key" }'
    file.write_text(file.read_text("utf-8").replace(old, '{ env = "MY_KEY" }'), "utf-8")
    reread = Shop(shop.folder)
    monkeypatch.setenv("MY_KEY", "short")
    with pytest.raises(Problem):
        reread.secret("session_key")
    monkeypatch.setenv("MY_KEY", "k" * 32)
    assert reread.secret("session_key") == "k" * 32

"""The Rasa project of one shop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from rapport.cli.project import fingerprint, read_yaml, write_endpoints, write_project
from rapport.shop import Shop
from rapport.store import Problem, Product, Store, new_id


@pytest.fixture
def ready(shop: Shop, sqlite_store: Store) -> Store:
    with sqlite_store.write() as session:
        session.add(Product(id=new_id("prd"), external_id="P1", name="Linen shirt", names={"zh": "亚麻衬衫"},
                            category="shirts", source="test"))  # fmt: skip
    return sqlite_store


def responses(project: Path) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for file in (project / "domain").rglob("*.yml"):
        found |= (yaml.safe_load(file.read_text("utf-8")) or {}).get("responses") or {}
    return found


def test_the_components_get_the_shops_pattern_and_products(shop: Shop, ready: Store) -> None:
    project = write_project(shop, ready)
    config = yaml.safe_load((project / "config.yml").read_text("utf-8"))
    (entities,) = [c for c in config["pipeline"] if c["name"].endswith("EntityComponent")]
    assert entities["order_number_pattern"] == shop.settings.shop.order_number_pattern
    assert "亚麻衬衫" in (project / entities["products_file"]).read_text("utf-8")
    endpoints = yaml.safe_load((project / "endpoints.yml").read_text("utf-8"))
    assert endpoints["action_endpoint"]["url"].startswith("http://127.0.0.1:")


def test_the_shops_words_replace_ours_in_their_language_only(shop: Shop, ready: Store) -> None:
    before = responses(write_project(shop, ready))["utter_greet"]
    (shop.folder / "texts" / "zh.yml").write_text("utter_greet: 欢迎光临枫苔小店\n", "utf-8")
    after = responses(write_project(shop, ready))["utter_greet"]
    assert "欢迎光临枫苔小店" in [v["text"] for v in after]
    english = [v["text"] for v in before if not v.get("condition")]
    assert [v["text"] for v in after if not v.get("condition")] == english
    (shop.folder / "texts" / "en.yml").write_text("utter_greet: [Ahoy!, Hullo!]\n", "utf-8")
    both = responses(write_project(shop, ready))["utter_greet"]
    assert [v["text"] for v in both if not v.get("condition")] == ["Ahoy!", "Hullo!"]
    assert "欢迎光临枫苔小店" in [v["text"] for v in both]


def test_a_text_for_an_unknown_response_is_refused(shop: Shop, ready: Store) -> None:
    (shop.folder / "texts" / "en.yml").write_text("utter_gret: Hello\n", "utf-8")
    with pytest.raises(Problem) as caught:
        write_project(shop, ready)
    assert "utter_gret" in caught.value.what
    assert "utter_greet" in caught.value.allowed


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [(b"version: '3.1'\nnlu: [", "yaml", "line 2"), ("nlu: é".encode("latin-1"), "not_utf8", "UTF-8")],
)
def test_broken_example_files_are_named(shop: Shop, ready: Store, content: bytes, code: str, named: str) -> None:
    file = shop.folder / "nlu" / "mine.yml"
    file.write_bytes(content)
    with pytest.raises(Problem) as caught:
        write_project(shop, ready)
    assert caught.value.code == code
    assert named in caught.value.what
    assert "mine.yml" in caught.value.what


def test_the_fingerprint_changes_with_an_input_and_with_nothing_else(shop: Shop, ready: Store, tmp_path: Path) -> None:
    first = fingerprint(write_project(shop, ready))
    assert fingerprint(write_project(shop, ready)) == first
    moved = tmp_path / "elsewhere"
    shutil.copytree(shop.folder, moved)
    assert fingerprint(write_project(Shop(moved), ready)) == first
    (shop.folder / "texts" / "en.yml").write_text("utter_greet: Ahoy!\n", "utf-8")
    assert fingerprint(write_project(shop, ready)) != first


def test_read_yaml_reads(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("a: [1, 你]", "utf-8")
    assert read_yaml(file) == {"a": [1, "你"]}


@pytest.mark.parametrize("value", ["3", "[1, {a: b}]", "[]", "{text: hi}"])
def test_a_text_that_is_none_is_named(shop: Shop, ready: Store, value: str) -> None:
    (shop.folder / "texts" / "en.yml").write_text(f"utter_greet: {value}\n", "utf-8")
    with pytest.raises(Problem) as caught:
        write_project(shop, ready)
    assert "en.yml: utter_greet" in caught.value.what


def test_addresses_follow_the_settings_without_training(shop: Shop, ready: Store) -> None:
    project = write_project(shop, ready)
    before = fingerprint(project)
    file = shop.folder / "shop.toml"
    file.write_text(file.read_text("utf-8").replace("actions_port = 8606", "actions_port = 8999"), "utf-8")
    endpoints = write_endpoints(Shop(shop.folder))
    assert ":8999/" in yaml.safe_load(endpoints.read_text("utf-8"))["action_endpoint"]["url"]
    assert endpoints.stat().st_mode & 0o077 == 0  # it may hold a database's password
    assert fingerprint(project) == before

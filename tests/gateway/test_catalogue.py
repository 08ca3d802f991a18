"""The texts exist in both languages, and the code asks for none that is missing."""

from __future__ import annotations

import re
from pathlib import Path

from gateway import catalogue


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return sorted(re.findall(r"\{\w+\}", str(value)))


def test_both_languages_say_the_same_things(root: Path) -> None:
    english, chinese = catalogue.catalogue("en"), catalogue.catalogue("zh-CN")
    own_words = {"back": None}  # each language has as many ways to say it as it needs
    assert shape(english | own_words) == shape(chinese | own_words)
    assert english["back"] and chinese["back"]
    assert english["notices"] != chinese["notices"]
    assert catalogue.catalogue("fr") == english


def test_every_notice_in_the_code_is_in_the_catalogue(root: Path) -> None:
    code = "".join(file.read_text() for file in (root / "gateway").glob("*.py"))
    asked = set(re.findall(r'say\(session, conversation, "(\w+)"', code))
    assert asked == set(catalogue.catalogue("en")["notices"])


def test_every_placeholder_of_a_template_is_a_text(root: Path) -> None:
    frame = {"shop", "heading", "lang", "language", "switch", "main"}
    made = frame | {
        "shop",
        "heading",
        "lang",
        "language",
        "switch",
        "main",
        "asks",
        "cards",
        "name",
        "price",
        "art",
        "body",
        "note",
    }
    for file in (root / "gateway" / "pages").glob("*.html"):
        asked = set(re.findall(r"\$(\w+)", file.read_text()))
        assert asked <= made | set(catalogue.catalogue("en")["page"]), file.name

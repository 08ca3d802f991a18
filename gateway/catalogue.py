"""The texts the gateway itself says to customers, in every language of the product."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "texts"
FALLBACK = "en"


@cache
def catalogue(language: str) -> dict[str, Any]:
    """All texts of one language: ``{"notices": {key: text}, "page": {key: text}}``.

    :param language: a BCP 47 code; a language without a catalogue gets the English one.
    """
    file = FOLDER / f"{language.split('-')[0]}.yml"
    if not file.is_file():
        file = FOLDER / f"{FALLBACK}.yml"
    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


@cache
def _back() -> frozenset[str]:
    return frozenset(phrase.casefold() for file in FOLDER.glob("*.yml") for phrase in catalogue(file.stem)["back"])


def asks_back(text: str) -> bool:
    """Whether a customer who waits for a person asks for the assistant again, in any language of the product."""
    return text.strip().rstrip(".!。！").casefold() in _back()


def notice(key: str, language: str) -> str:
    """One sentence from the gateway to a customer.

    :raises KeyError: for a key that the catalogue does not have.
    """
    text: str = catalogue(language)["notices"][key]
    return text

"""Text from outside, made fit for both databases."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_NUMBER = 64  # characters of an order number: the width of the column


def storable(text: str) -> str:
    """The text without what PostgreSQL or UTF-8 cannot hold: NUL and lone surrogates become U+FFFD.

    JSON can carry both, and a message must not be lost over one of them.
    """
    return "".join(REPLACEMENT if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


def folded(text: str) -> str:
    """What a person typed into a field, as the store writes it: full-width forms made plain, ends trimmed."""
    return storable(unicodedata.normalize("NFKC", text)).strip()


def number_forms(number: str) -> list[str]:
    """How the store may write the number that a customer typed: as typed, and in capitals."""
    plain = folded(number)[:MAX_NUMBER]
    return sorted({plain, plain.upper()})

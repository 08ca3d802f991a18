"""What a message names: order number, e-mail address, one-time code, product."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from nlp_models.problem import ModelProblem
from nlp_models.products import ProductMatcher, ProductName

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
_CODE = re.compile(r"(?<![A-Za-z0-9#.,-])(\d{3})[ -]?(\d{3})(?![A-Za-z0-9]|[.,-]\d)")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_GLUE = frozenset(" \t-_.#/\u00a0")
_LOOK = 4000  # characters


class Entity(NamedTuple):
    """A named thing: ``text[start:end]`` says it, ``value`` is its plain form."""

    entity: str
    value: str
    start: int
    end: int


class EntityFinder:
    """Finds order numbers, addresses, codes and products; patterns first, so that a number has one meaning.

    :param order_number_pattern: a regular expression such as ``MM\\d{6}``; None where the shop has none.
    :param products: the catalogue's names.
    :raises ModelProblem: when the pattern is not a regular expression, or matches the empty text.
    """

    def __init__(self, order_number_pattern: str | None, products: Iterable[ProductName] = ()) -> None:
        self._order: re.Pattern[str] | None = None
        if order_number_pattern:
            try:
                self._order = re.compile(order_number_pattern, re.IGNORECASE)
                self._exact = re.compile(order_number_pattern)
                empty = self._order.match("") is not None
            except re.error as error:
                raise ModelProblem(
                    f"The order number pattern {order_number_pattern!r} is not a regular expression: {error}.",
                    next_step="Correct order_number_pattern in shop.toml.",
                    code="pattern",
                ) from None
            if empty:
                raise ModelProblem(
                    f"The order number pattern {order_number_pattern!r} matches the empty text.",
                    next_step="Correct order_number_pattern in shop.toml.",
                    code="pattern",
                )
        self._products = ProductMatcher(products)

    def find(self, text: str) -> list[Entity]:
        """The entities of a text in order of appearance; they never overlap.

        Order numbers are also found in lower case, in full-width characters and with spaces, hyphens or "#" in them;
        their value is the form the shop's pattern knows. Codes are six digits, also as "123 456".
        """
        text = _narrow(text[:_LOOK])
        found = [Entity("email", m.group().lower(), m.start(), m.end()) for m in _EMAIL.finditer(text)]
        taken = [(e.start, e.end) for e in found] + [m.span() for m in _LINK.finditer(text)]
        for entity in self._order_numbers(text):
            if _free(entity, taken):
                found.append(entity)
                taken.append((entity.start, entity.end))
        codes = [Entity("code", m.group(1) + m.group(2), m.start(), m.end()) for m in _CODE.finditer(text)]
        products = [Entity("product", m.product, m.start, m.end) for m in self._products.find(text)]
        for entity in codes + products:
            if _free(entity, taken):
                found.append(entity)
                taken.append((entity.start, entity.end))
        return sorted(found, key=lambda entity: entity.start)

    def _order_numbers(self, text: str) -> list[Entity]:
        if self._order is None:
            return []
        found: list[Entity] = []
        taken: list[tuple[int, int]] = []
        places = range(len(text))
        squeezed = [place for place in places if text[place] not in _GLUE]
        # As written first, then without what people put between the characters.
        for kept in (list(places), squeezed):
            reduced = "".join(text[place] for place in kept)
            for match in self._order.finditer(reduced):
                start, end = kept[match.start()], kept[match.end() - 1] + 1
                entity = Entity("order_number", self._plain(match.group()), start, end)
                if _stands_alone(text, start, end) and end - start <= 2 * len(match.group()) and _free(entity, taken):
                    found.append(entity)
                    taken.append((start, end))
        return found

    def _plain(self, written: str) -> str:
        for form in (written, written.upper(), written.lower()):
            if self._exact.fullmatch(form):
                return form
        return written


def _narrow(text: str) -> str:
    """Full-width characters made plain, one for one, so that positions stay."""
    return "".join(plain if len(plain := unicodedata.normalize("NFKC", sign)) == 1 else sign for sign in text)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum())


def _free(entity: Entity, taken: list[tuple[int, int]]) -> bool:
    return all(entity.end <= start or end <= entity.start for start, end in taken)

"""Which of the catalogue's products a message names, in English or Chinese, with small spelling mistakes."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nlp_models.problem import ModelProblem

MIN_SHARE = 0.6
"""So much of a name, weighted by how rare its parts are in the catalogue, must be in the text."""
GAP = 12
"""So many characters may stand between two parts of a name: room for a word or two."""
_WORD = re.compile(r"[a-z\u00e0-\u024f]+")
_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_SMALL = frozenset(["the", "a", "an", "of", "for", "with", "and", "in", "on", "to", "my", "your", "our", "set"])
_SHAPE = '[{"id": "P-001", "names": {"en": "Linen duvet cover", "zh": "亚麻被套"}}]'


class ProductName(NamedTuple):
    """A product as the shop calls it: its external id and its names by language."""

    id: str
    names: Mapping[str, str]


class Mention(NamedTuple):
    """A stretch of a text that names a product; ``end`` is exclusive."""

    product: str
    start: int
    end: int
    score: float


class _Hit(NamedTuple):
    part: str
    start: int
    end: int


class _Candidate(NamedTuple):
    product: str
    start: int
    end: int
    share: float
    parts: frozenset[str]


def read_products(file: Path) -> list[ProductName]:
    """The catalogue's names from a JSON file: ``[{"id": ..., "names": {"en": ..., "zh": ...}}]``.

    :raises ModelProblem: when it can't be read or has another shape.
    """
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return [ProductName(str(row["id"]), {str(k): str(v) for k, v in row["names"].items() if v}) for row in rows]
    except FileNotFoundError:
        raise ModelProblem(
            f"The file of product names {file} is missing.", next_step="Make it with: rapport train", code="products"
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelProblem(
            f"The file of product names {file} can't be read: {type(error).__name__}: {error}.",
            allowed=(_SHAPE,),
            next_step="Make it again with: rapport train",
            code="products",
        ) from None


def units(text: str) -> list[tuple[str, int, int]]:
    """What names are compared by: English words (singular, lower case) and pairs of Chinese characters."""
    text = text.lower()
    found = [(_singular(m.group()), m.start(), m.end()) for m in _WORD.finditer(text) if m.group() not in _SMALL]
    for run in _HAN_RUN.finditer(text):
        found += [(text[i : i + 2], i, i + 2) for i in range(run.start(), run.end() - 1)]
    return sorted(found, key=lambda unit: unit[1])


class ProductMatcher:
    """Finds product names by the weighted share of their parts that a text holds."""

    def __init__(self, products: Iterable[ProductName]) -> None:
        """Index the names. A product may have one name per language; each is matched by itself."""
        self._names: list[tuple[str, dict[str, float]]] = []
        lists = [(p.id, [unit for unit, _, _ in units(name)]) for p in products for name in p.names.values()]
        holders: dict[str, set[str]] = defaultdict(set)
        for product, parts in lists:
            for part in parts:
                holders[part].add(product)
        count = len({product for product, _ in lists}) + 1
        for product, parts in lists:
            rarity = {part: math.log(count / len(holders[part])) + 0.2 for part in parts}
            if rarity:
                self._names.append((product, rarity))
        self._where: dict[str, list[int]] = defaultdict(list)
        for number, (_, rarity) in enumerate(self._names):
            for part in rarity:
                self._where[part].append(number)
        self._near: dict[str, set[str]] = defaultdict(set)
        for part in self._where:
            for key in _cuts(part):
                self._near[key].add(part)

    def find(self, text: str) -> list[Mention]:
        """The products a text names, in order of appearance.

        A stretch that fits two products equally well ("towel" in a shop of towels) names none: guessing would be
        worse than asking.
        """
        hits: dict[int, list[_Hit]] = defaultdict(list)
        for written, start, end in units(text):
            for part in self._corrected(written):
                for number in self._where[part]:
                    hits[number].append(_Hit(part, start, end))
        return _choose([_densest(*self._names[number], found) for number, found in hits.items()])

    def _corrected(self, written: str) -> Sequence[str]:
        if written in self._where:
            return [written]
        candidates = {part for key in _cuts(written) for part in self._near.get(key, ())}
        return sorted(candidates)[:3]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _cuts(word: str) -> Iterable[str]:
    """A word and all its forms with one letter left out: two words that share one are about one mistake apart."""
    yield word
    if len(word) >= 5 and word.isascii():
        for position in range(1, len(word)):
            yield word[:position] + word[position + 1 :]


def _densest(product: str, rarity: Mapping[str, float], hits: list[_Hit]) -> _Candidate:
    """The stretch that holds most of a name without wandering over the whole text."""
    total = sum(rarity.values())
    best = _Candidate(product, 0, 0, 0.0, frozenset())
    for first in range(len(hits)):
        seen: set[str] = set()
        previous = hits[first].end
        for hit in hits[first:]:
            if hit.start - previous > GAP:
                break
            previous = hit.end
            seen.add(hit.part)
            share = sum(rarity[part] for part in seen) / total
            if share > best.share + 1e-9:
                best = _Candidate(product, hits[first].start, hit.end, share, frozenset(seen))
    return best


def _choose(candidates: list[_Candidate]) -> list[Mention]:
    """The candidates that say most, without overlaps and without ties."""
    kept: list[_Candidate] = []
    blocked: list[_Candidate] = []
    for one in sorted(candidates, key=lambda c: (-len(c.parts), -c.share, c.product)):
        if one.share < MIN_SHARE or any(one.start < other.end and other.start < one.end for other in kept + blocked):
            continue
        whole = one.share > 1 - 1e-9
        rivals = [c for c in candidates if c.product != one.product and c.parts == one.parts and c.start == one.start]
        tied = any(c.share > 1 - 1e-9 for c in rivals) if whole else bool(rivals)
        (blocked if tied else kept).append(one)
    return [Mention(c.product, c.start, c.end, round(c.share, 4)) for c in sorted(kept, key=lambda c: c.start)]

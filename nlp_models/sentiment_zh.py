"""Chinese sentiment from a small lexicon of our own: longest match, negation, degree words, a turn with "but"."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path

from nlp_models.problem import ModelProblem

_FILE = Path(__file__).parent / "data" / "sentiment_zh.json"
_CLAUSE = re.compile(r"[,，。.!！?？;；、~～…\s]+")
_NORM = 15.0  # the same squashing as VADER's, so that the two scores have one scale


class Lexicon:
    """Words with weights, and the words that turn, strengthen or weaken them.

    :raises ModelProblem: when the file is missing or has another shape.
    """

    def __init__(self, file: Path = _FILE) -> None:
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))
            self.weights = {word: float(weight) for weight, words in raw["words"].items() for word in words.split()}
            self.negations = frozenset(raw["negations"].split())
            self.boosters = {word: float(by) for by, words in raw["boosters"].items() for word in words.split()}
            self.turns = frozenset(raw["turns"].split())
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise ModelProblem(
                f"The lexicon {file} can't be read: {type(error).__name__}: {error}.",
                next_step="Restore it from the project's repository.",
                code="lexicon",
            ) from None
        known = self.weights.keys() | self.negations | self.boosters.keys() | self.turns
        self._known = frozenset(known)
        self._longest = max(map(len, known))

    def score(self, text: str) -> tuple[float, int]:
        """A score from -1 to 1, and how many words of the lexicon it rests on."""
        sums: list[float] = []
        hits = 0
        for clause in _CLAUSE.split(text):
            total, count, turned = self._clause(clause)
            if turned and count:
                # What comes after "but" is what the writer wants heard.
                sums = [value * 0.5 for value in sums]
            if count:
                sums.append(total)
                hits += count
        total = sum(sums)
        return total / math.sqrt(total * total + _NORM), hits

    def _clause(self, clause: str) -> tuple[float, int, bool]:
        total, hits, turned = 0.0, 0, False
        sign, degree, since = 1.0, 1.0, 99
        place = 0
        while place < len(clause):
            word = self._longest_at(clause, place)
            if not word:
                place, since = place + 1, since + 1
                if since > 3:  # characters: a negation further away belongs to something else
                    sign, degree = 1.0, 1.0
                continue
            place += len(word)
            if word in self.turns:
                turned, total = True, total * 0.5
            elif word in self.weights and not (word in self.boosters and self._longest_at(clause, place)):
                total += self.weights[word] * degree * (sign if sign > 0 else -0.75)
                hits += 1
                sign, degree = 1.0, 1.0
            elif word in self.negations:
                sign, since = -sign, 0
            elif word in self.boosters:
                degree, since = degree * self.boosters[word], 0
        return total, hits, turned

    def _longest_at(self, clause: str, place: int) -> str:
        for size in range(min(self._longest, len(clause) - place), 0, -1):
            if clause[place : place + size] in self._known:
                return clause[place : place + size]
        return ""


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that comes with the package, read once."""
    return Lexicon()

"""From a question to articles in order, each with one score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .index import Index, Vector

RECALL = 64  # passages faiss hands over; their articles are then scored exactly
BROAD = 3  # passages of an article that must agree for it to be about the question and not one sentence of it

# Set on the calibration half of the demo shop's questions (docs/cards/retrieval.md); change them and calibrate again.
SCHEME = 1
OTHER = 0.20  # the version in the other language: a second wording of the same answer
WORDS = 0.25


@dataclass(frozen=True)
class Ranked:
    """One article with its score, about 0..1, and the row of its best passage."""

    key: str
    language: str
    score: float
    row: int


def rank(index: Index, query: str, vector: Vector, language: str, avoid: str | None = None) -> list[Ranked]:
    """The articles that may answer, best first; each key once, in the asked language where it is written in it.

    :param vector: of the query, shape (dimension,), length 1.
    :param avoid: a language to leave out, as if nothing were written in it; calibration uses it.
    """
    words = index.words(query)
    keys = {index.passages[row].key for row in index.nearest(vector, RECALL)}
    keys |= {key for key, _ in sorted(words, key=words.__getitem__, reverse=True)[:RECALL]}
    ranked = []
    for key in keys:
        languages = [one for one in index.languages_of(key) if one != avoid]
        if languages:
            own = language if language in languages else languages[0]
            ranked.append(_score(index, key, own, [one for one in languages if one != own], vector, words))
    return sorted(ranked, key=lambda one: (-one.score, one.key))


def _score(
    index: Index, key: str, own: str, others: list[str], vector: Vector, words: dict[tuple[str, str], float]
) -> Ranked:
    meaning, row = _meaning(index, key, own, vector)
    if others:
        second = max(_broad(index.cosines(vector, index.rows_of(key, other))) for other in others)
        dense = (1 - WORDS - OTHER) * meaning + OTHER * second
    else:
        dense = (1 - WORDS) * meaning
    return Ranked(key, own, dense + WORDS * words.get((key, own), 0.0), row)


def _meaning(index: Index, key: str, language: str, vector: Vector) -> tuple[float, int]:
    """Mean of three cosines (best title or question, best paragraph, best three passages), and the best one's row."""
    rows = index.rows_of(key, language)
    cosines = index.cosines(vector, rows)
    is_paragraph = np.array([index.passages[row].kind == "paragraph" for row in rows])
    best = float(cosines.max())
    short = float(cosines[~is_paragraph].max()) if not is_paragraph.all() else best
    paragraph = float(cosines[is_paragraph].max()) if is_paragraph.any() else best
    return (short + paragraph + _broad(cosines)) / 3, int(rows[int(cosines.argmax())])


def _broad(cosines: Vector) -> float:
    return float(np.sort(cosines)[-BROAD:].mean())

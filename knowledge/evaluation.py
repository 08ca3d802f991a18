"""How good the answers are on questions that nothing was set on, with intervals, beside two plain searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from nlp_models.encoders.base import Encoder

from .calibration import TARGET, Operating, operating_point
from .index import Index, Vector
from .questions import Question
from .ranking import rank

# A system: (question, its vector) -> (key, score) of articles in the question's language, best first.
System = Callable[[Question, Vector], list[tuple[str, float]]]


@dataclass(frozen=True)
class Scored:
    """One question put to one system."""

    question: Question
    keys: tuple[str, ...]
    score: float

    @property
    def right(self) -> bool:
        """Whether the first article is the one that answers."""
        return self.question.key is not None and self.keys[:1] == (self.question.key,)


def wilson(successes: int, n: int, confidence: float = 0.95) -> dict[str, float | int | None]:
    """A share with Wilson's interval: ``{value, low, high, successes, n}``; none where n is 0."""
    if n == 0:
        return {"value": None, "low": None, "high": None, "successes": 0, "n": 0}
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    return {
        "value": share, "low": max(0.0, centre - half), "high": min(1.0, centre + half), "successes": successes, "n": n,
    }  # fmt: skip


def auroc(positive: Sequence[float], negative: Sequence[float], seed: int = 0, draws: int = 1000) -> dict[str, Any]:
    """How often an answerable question scores above an unanswerable one, ties half; a seeded bootstrap interval."""
    above, below = np.asarray(positive, dtype=float), np.asarray(negative, dtype=float)
    wins = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    random = np.random.default_rng(seed)
    drawn = [
        wins[random.integers(len(above), size=len(above))][:, random.integers(len(below), size=len(below))].mean()
        for _ in range(draws)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": float(wins.mean()), "low": float(low), "high": float(high), "n": [len(above), len(below)]}


def systems(index: Index) -> dict[str, System]:
    """Ours, and the two it has to beat: words alone (BM25 over articles), and meaning alone (nearest passage)."""

    def fused(question: Question, vector: Vector) -> list[tuple[str, float]]:
        ranked = rank(index, question.text, vector, question.language)
        return [(one.key, one.score) for one in ranked if one.language == question.language]

    def words(question: Question, vector: Vector) -> list[tuple[str, float]]:
        scores = index.words(question.text)
        own = [(key, score) for (key, language), score in scores.items() if language == question.language]
        return sorted(own, key=lambda one: -one[1])

    def dense(question: Question, vector: Vector) -> list[tuple[str, float]]:
        own = [key for key, language in index.articles if language == question.language]
        best = [(key, float(index.cosines(vector, index.rows_of(key, question.language)).max())) for key in own]
        return sorted(best, key=lambda one: -one[1])

    return {"fused": fused, "bm25": words, "dense": dense}


def run(system: System, questions: Sequence[Question], vectors: Vector) -> list[Scored]:
    """Put every question to a system."""
    scored = []
    for question, vector in zip(questions, vectors, strict=True):
        found = system(question, vector)
        scored.append(Scored(question, tuple(key for key, _ in found[:3]), found[0][1] if found else 0.0))
    return scored


def figures(scored: Sequence[Scored], point: Operating) -> dict[str, Any]:
    """The figures of one system in one language at an operating point."""
    threshold, suggest_from = point.threshold, point.suggest_from
    with_answer = [one for one in scored if one.question.key is not None]
    without = [one for one in scored if one.question.key is None]
    answered = [one for one in with_answer if one.score >= threshold]
    return {
        "threshold": threshold,
        "top1": wilson(sum(one.right for one in with_answer), len(with_answer)),
        "top3": wilson(sum(one.question.key in one.keys for one in with_answer), len(with_answer)),
        "answered": wilson(len(answered), len(with_answer)),
        "wrong_among_answered": wilson(sum(not one.right for one in answered), len(answered)),
        "offered_in_3": wilson(
            sum(one.question.key in one.keys for one in with_answer if one.score >= suggest_from), len(with_answer)
        ),
        "offered_for_nothing": wilson(sum(one.score >= suggest_from for one in without), len(without)),
        "answered_right": wilson(sum(one.right for one in answered), len(with_answer)),
        "false_answers": wilson(sum(one.score >= threshold for one in without), len(without)),
        "auroc": auroc([one.score for one in with_answer], [one.score for one in without]),
    }


def evaluate(
    index: Index, encoder: Encoder, questions: Sequence[Question], target: float = TARGET
) -> dict[str, dict[str, Any]]:
    """``{system: {language: figures}}`` on the test half; each system's threshold is set on the calibration half.

    :param questions: both halves.
    """
    vectors = encoder.encode([question.text for question in questions])
    report: dict[str, dict[str, Any]] = {}
    for name, system in systems(index).items():
        scored = run(system, questions, vectors)
        report[name] = {}
        for language in sorted({question.language for question in questions}):
            mine = [one for one in scored if one.question.language == language]
            held = [one for one in mine if one.question.half == "calibration"]
            point = operating_point([(one.score, one.right if one.question.key else None) for one in held], target)
            if point is not None:
                tested = [one for one in mine if one.question.half == "test"]
                report[name][language] = figures(tested, point)
    return report

"""The arithmetic of the figures, against values known from elsewhere."""

from __future__ import annotations

import pytest

from knowledge.calibration import Operating
from knowledge.evaluation import Scored, auroc, figures, wilson
from knowledge.questions import Question


def test_wilson_agrees_with_the_textbook() -> None:
    figure = wilson(8, 10)
    assert (figure["value"], figure["n"]) == (0.8, 10)
    assert figure["low"] == pytest.approx(0.4902, abs=1e-4)
    assert figure["high"] == pytest.approx(0.9433, abs=1e-4)
    assert wilson(0, 10)["low"] == pytest.approx(0)
    assert wilson(0, 0)["value"] is None


def test_auroc_counts_ties_half() -> None:
    assert auroc([3, 2], [1, 0])["value"] == 1
    assert auroc([1], [1])["value"] == 0.5
    figure = auroc([1, 2, 3, 4], [2.5, 0])
    assert figure["value"] == pytest.approx(6 / 8)
    assert figure["low"] <= figure["value"] <= figure["high"]


def test_figures_count_what_they_say() -> None:
    def scored(key: str | None, found: tuple[str, ...], score: float) -> Scored:
        return Scored(Question("en", "?", key, "test"), found, score)

    found = figures(
        [
            scored("a", ("a", "b"), 0.9),
            scored("a", ("b", "a"), 0.8),
            scored("a", ("a",), 0.5),
            scored("a", ("b",), 0.1),
            scored(None, ("a",), 0.85),
            scored(None, ("a",), 0.3),
        ],
        Operating(0.7, 0.4, 0, 0, 0, 0, 0),
    )
    counts = {name: (one["successes"], one["n"]) for name, one in found.items() if name not in ("threshold", "auroc")}
    assert counts == {
        "top1": (2, 4),
        "top3": (3, 4),
        "answered": (2, 4),
        "wrong_among_answered": (1, 2),
        "answered_right": (1, 4),
        "false_answers": (1, 2),
        "offered_in_3": (3, 4),
        "offered_for_nothing": (1, 2),
    }

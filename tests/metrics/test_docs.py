"""docs/metrics.md says what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rapport.metrics import CATALOGUE
from rapport.metrics.queries import HELPED_OUTCOMES, QUESTION_OUTCOMES
from rapport.store.turn import OUTCOMES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text("utf-8")


def section(name: str) -> str:
    return PAGE.split(f"### `{name}`: ", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_metric_is_documented(name: str) -> None:
    metric = CATALOGUE[name]
    text = section(name)
    for part in (metric.title, metric.sentence, f"- Formula: {metric.formula}\n", f"- Unit: {metric.unit}\n",
                 f"- Coverage: {metric.coverage}\n", f"- Caution: {metric.caution}"):  # fmt: skip
        assert part in text, part


def test_no_metric_is_documented_that_does_not_exist() -> None:
    assert re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE) == list(CATALOGUE)


def test_every_outcome_is_documented_as_it_is_counted() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| .* \| ([a-z ]+) \|$", PAGE, re.MULTILINE))
    rows.pop("outcome", None)
    assert set(rows) == set(OUTCOMES)
    for outcome, counted in rows.items():
        expected = "asked and helped" if outcome in HELPED_OUTCOMES else "asked"
        assert counted == (expected if outcome in QUESTION_OUTCOMES else "not asked")


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_metric_is_complete(name: str) -> None:
    metric = CATALOGUE[name]
    assert metric.name == name
    assert metric.unit in ("share", "count")
    assert name in metric.rows.__name__
    assert name in metric.summary.__name__
    for text in (metric.sentence, metric.caution, metric.when_empty):
        assert text.endswith(".")

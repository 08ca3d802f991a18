"""Scores of articles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from knowledge import ranking
from knowledge.articles import import_articles
from knowledge.index import Index, build
from knowledge.ranking import rank
from rapport.store import Store


@pytest.fixture
def index(sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path) -> Index:
    import_articles(sqlite_store, articles)
    return build(sqlite_store, encoder, tmp_path / "index")


def test_each_key_comes_once_best_first_in_the_language_asked(index: Index, encoder: Any) -> None:
    ranked = rank(index, "Can wool shrink?", encoder.encode(["Can wool shrink?"])[0], "en")
    assert ranked[0].key == "wash-wool"
    assert len({one.key for one in ranked}) == len(ranked) == 3
    assert {one.language for one in ranked} == {"en"}
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert index.passages[ranked[0].row].text == "Can wool shrink?"


def test_a_language_left_out_is_as_if_nothing_were_written_in_it(index: Index, encoder: Any) -> None:
    vector = encoder.encode(["羊毛会缩水吗"])[0]
    ranked = rank(index, "羊毛会缩水吗", vector, "zh", avoid="en")
    assert {one.language for one in ranked} == {"zh"}
    assert ranked[0].score > rank(index, "羊毛会缩水吗", vector, "en", avoid="zh")[0].score


def test_words_and_the_other_language_both_count(index: Index, encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = encoder.encode(["wool 羊毛"])[0]

    def score() -> float:
        return rank(index, "wool 羊毛", vector, "en")[0].score

    both = score()
    monkeypatch.setattr(ranking, "WORDS", 0.0)
    without_words = score()
    monkeypatch.setattr(ranking, "OTHER", 0.0)
    assert len({both, without_words, score()}) == 3


def test_an_exact_question_scores_far_above_nonsense(index: Index, encoder: Any) -> None:
    exact = rank(index, "Gift wrap", encoder.encode(["Gift wrap"])[0], "en")[0]
    nonsense = rank(index, "zzz", encoder.encode(["zzz"])[0], "en")[0]
    assert exact.score > nonsense.score + 0.3

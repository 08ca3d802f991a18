"""The real encoder over the demo shop's articles: figures on the held-back half, with bounds that can fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from knowledge import evaluation
from knowledge.articles import current_articles, import_articles
from knowledge.calibration import shipped
from knowledge.questions import read_questions
from knowledge.retriever import Retriever
from knowledge.training import Trained, train
from nlp_models import encoders
from rapport.store import Store, schema

LANGUAGES = ("en", "zh")
TOP1_FLOOR = 0.60  # a guard against regressions; 0.75 was aimed at and is not reached (docs/cards/retrieval.md)
TOP3_FLOOR = 0.85
FALSE_ANSWERS = 0.20  # stated before the test half was looked at


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite")
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def questions_file(root: Path) -> Path:
    return root / "benchmarks" / "data" / "faq_questions.yml"


@pytest.fixture(scope="module")
def trained(store: Store, root: Path, questions_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    report = import_articles(store, root / "shops" / "demo" / "articles")
    assert report.rejected == []
    return train(store, encoders.load(), tmp_path_factory.mktemp("index"), questions_file)


@pytest.fixture(scope="module")
def report(trained: Trained, questions_file: Path) -> dict[str, dict[str, Any]]:
    return evaluation.evaluate(trained.index, encoders.load(), read_questions(questions_file))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_article_is_found_and_better_than_by_words_or_meaning_alone(
    report: dict[str, dict[str, Any]], language: str
) -> None:
    ours = report["fused"][language]
    assert ours["top1"]["value"] >= TOP1_FLOOR
    assert ours["top3"]["value"] >= TOP3_FLOOR
    for other in ("bm25", "dense"):
        assert ours["top1"]["value"] > report[other][language]["top1"]["value"]
        assert ours["auroc"]["value"] > report[other][language]["auroc"]["value"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_nothing_where_no_article_answers(report: dict[str, dict[str, Any]], language: str) -> None:
    assert report["fused"][language]["false_answers"]["value"] <= FALSE_ANSWERS


def test_the_halves_do_not_overlap(questions_file: Path) -> None:
    halves = [{one.text for one in read_questions(questions_file, half)} for half in ("calibration", "test")]
    assert halves[0]
    assert halves[1]
    assert not halves[0] & halves[1]


def test_every_title_finds_its_own_article(store: Store, trained: Trained) -> None:
    """Suggestions are offered by title, so a title sent back must be answered."""
    retriever = Retriever(store, trained.index, encoders.load(), trained.calibration)
    with store.read() as session:
        titles = [(one.key, one.language, one.title) for one in current_articles(session)]
    assert len(titles) >= 80
    for key, language, title in titles:
        found = retriever.search(title, language)
        assert (found.answered, found.article and found.article.key) == (True, key), title


def test_the_shipped_thresholds_are_those_of_the_demo_shop(trained: Trained) -> None:
    for pair, point in shipped(encoders.load()).points.items():
        assert point.threshold == pytest.approx(trained.calibration.points[pair].threshold, abs=0.03), pair
        assert point.suggest_from == pytest.approx(trained.calibration.points[pair].suggest_from, abs=0.03), pair

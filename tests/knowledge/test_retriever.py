"""Searching: answers, abstention, languages, withdrawn articles, and what is written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from knowledge import calibration
from knowledge.articles import import_articles
from knowledge.calibration import Calibration, Operating
from knowledge.index import build
from knowledge.retriever import Retriever
from rapport.store import Retrieval, Store


def thresholds(encoder: Any, value: float = 0.4) -> Calibration:
    points = {f"{a}>{b}": Operating(value, value / 2, 1, 20, 1, 0, 0) for a in ("en", "zh") for b in ("en", "zh")}
    return Calibration(encoder.name, encoder.sha256, 1, 0.1, points)


@pytest.fixture
def make(articles: Path, encoder: Any, tmp_path: Path) -> Callable[..., Retriever]:
    def made(store: Store, threshold: float = 0.4) -> Retriever:
        import_articles(store, articles)
        return Retriever(store, build(store, encoder, tmp_path / "index"), encoder, thresholds(encoder, threshold))

    return made


def rows(store: Store) -> list[Retrieval]:
    with store.read() as session:
        found = list(session.scalars(select(Retrieval)))
        session.expunge_all()
        return found


@pytest.mark.parametrize(
    ("query", "language", "key"),
    [
        ("where is my parcel?", "en", "parcel-late"),
        ("  羊毛会缩水吗\n", "zh", "wash-wool"),
        ("wrap", "en", "gift-wrap"),
    ],
)
def test_the_right_article_is_found_in_the_language_asked(
    make: Callable[..., Retriever], sqlite_store: Store, query: str, language: str, key: str
) -> None:
    found = make(sqlite_store, 0.2).search(query, language)
    assert found.answered
    assert found.article is not None
    assert (found.article.key, found.article.language, found.language) == (key, language, language)
    assert found.passage
    assert found.score is not None
    assert found.score >= found.threshold
    assert found.candidates[0].article == found.article
    assert found.candidates[0].near_tie


def test_thresholds_left_out_are_those_stored_beside_the_index(
    make: Callable[..., Retriever], sqlite_store: Store, encoder: Any
) -> None:
    index = make(sqlite_store).index
    calibration.save(thresholds(encoder, 0.77), index.folder)
    assert Retriever(sqlite_store, index, encoder).search("wool", "en").threshold == 0.77


def test_nonsense_is_not_answered_but_the_best_is_named(make: Callable[..., Retriever], sqlite_store: Store) -> None:
    found = make(sqlite_store).search("zzz qqq xxx", "en")
    assert not found.answered
    assert found.article is not None
    assert found.score is not None
    assert found.score < found.threshold
    assert found.suggestions == ()


def test_near_misses_are_offered_and_answers_are_not(make: Callable[..., Retriever], sqlite_store: Store) -> None:
    retriever = make(sqlite_store, threshold=0.99)  # what is asked is close, but not that close
    found = retriever.search("Can wool shrink?", "en")
    assert not found.answered
    assert found.suggestions
    assert found.suggestions[0].article.key == "wash-wool"
    retriever.calibration = thresholds(retriever.encoder, 0.1)
    assert retriever.search("Can wool shrink?", "en").suggestions == ()


@pytest.mark.parametrize("query", ["", "  \n", "?" * 100_000, "a " * 50_000])
def test_empty_and_huge_questions_do_no_harm(make: Callable[..., Retriever], sqlite_store: Store, query: str) -> None:
    assert not make(sqlite_store).search(query, "en", "cnv_1", "msg_1").answered
    assert len(rows(sqlite_store)[0].query) <= 1000


def test_near_ties_are_marked(
    make: Callable[..., Retriever], sqlite_store: Store, write_article: Any, articles: Path
) -> None:
    same = {"title": "Parcel lost", "questions": ["Is my parcel lost?"], "body": "A lost parcel is searched for."}
    write_article(articles, "en", "parcel-lost", **same)
    write_article(articles, "en", "parcel-gone", **same)
    found = make(sqlite_store).search("parcel lost", "en")
    ties = {one.article.key for one in found.candidates if one.near_tie}
    assert ties == {"parcel-lost", "parcel-gone"}


def test_an_article_only_in_the_other_language_is_returned_marked(
    make: Callable[..., Retriever], sqlite_store: Store, articles: Path
) -> None:
    (articles / "en" / "care" / "wash-wool.md").unlink()
    found = make(sqlite_store).search("羊毛会缩水吗", "en")  # the stub knows no synonyms, so the words must be the same
    assert found.answered
    assert found.article is not None
    assert (found.article.key, found.language) == ("wash-wool", "zh")


def test_an_article_in_the_language_asked_is_preferred(
    make: Callable[..., Retriever], sqlite_store: Store, articles: Path
) -> None:
    (articles / "en" / "care" / "wash-wool.md").unlink()
    found = make(sqlite_store, 0.1).search("parcel 羊毛会缩水吗", "en")
    assert found.answered
    assert found.article is not None
    assert (found.article.key, found.language) == ("parcel-late", "en")
    assert "wash-wool" in {one.article.key for one in found.candidates}


def test_a_withdrawn_article_is_never_answered_with(
    store: Store, make: Callable[..., Retriever], articles: Path
) -> None:
    retriever = make(store)
    assert retriever.search("Can wool shrink?", "en").answered
    (articles / "en" / "care" / "wash-wool.md").unlink()
    import_articles(store, articles)
    found = retriever.search("Can wool shrink?", "en")  # the index has not been built again
    assert "wash-wool" not in {one.article.key for one in found.candidates if one.article.language == "en"}
    assert not found.answered


def test_a_newer_version_is_what_is_said(
    store: Store, make: Callable[..., Retriever], articles: Path, write_article: Callable[..., Path]
) -> None:
    retriever = make(store)
    write_article(articles, "en", "wash-wool", body="By hand only.\n\nMore.")
    import_articles(store, articles)
    found = retriever.search("Can wool shrink?", "en")
    assert found.article is not None
    assert (found.article.version, found.passage) == (2, "By hand only.")


def test_a_search_is_written_down_once_per_message(store: Store, make: Callable[..., Retriever]) -> None:
    retriever = make(store)
    found = retriever.search("Can wool shrink?", "en", "cnv_1", "msg_1")
    assert retriever.search("Can wool shrink?", "en", "cnv_1", "msg_1") == found
    retriever.search("zzz qqq", "en", "cnv_1", "msg_2")
    retriever.search("zzz qqq", "en")
    first, second = sorted(rows(store), key=lambda row: str(row.message_id))
    assert found.article is not None
    assert (first.query, first.language, first.article_id) == ("Can wool shrink?", "en", found.article.id)
    assert (first.score, first.threshold, first.answered, first.encoder) == (found.score, 0.4, True, "stub")
    assert first.candidates[0] == {
        "article_id": found.article.id,
        "key": "wash-wool",
        "language": "en",
        "score": found.score,
        "near_tie": True,
    }
    assert (second.message_id, second.answered) == ("msg_2", False)


def test_the_same_message_from_many_threads_is_one_row(store: Store, make: Callable[..., Retriever]) -> None:
    retriever = make(store)
    errors: list[BaseException] = []
    start = threading.Barrier(6)

    def run() -> None:
        try:
            start.wait(10)
            retriever.search("Can wool shrink?", "en", "cnv_1", "msg_1")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(rows(store)) == 1

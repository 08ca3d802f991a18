"""Importing folders: versions, set-aside files, removals; on both databases."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from knowledge.articles import ArticleReport, current_articles, import_articles
from rapport.store import Article, ImportBatch, Problem, RejectedRow, Store


def served(store: Store) -> dict[tuple[str, str], int]:
    with store.read() as session:
        return {(one.key, one.language): one.version for one in current_articles(session)}


def count(store: Store, table: type) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_folder_twice_changes_nothing(store: Store, articles: Path) -> None:
    assert import_articles(store, articles) == ArticleReport(kept=6)
    assert import_articles(store, articles) == ArticleReport(unchanged=6)
    assert (count(store, Article), count(store, ImportBatch)) == (6, 1)


def test_a_change_makes_a_new_version_and_ends_the_old(
    store: Store, articles: Path, write_article: Callable[..., Path]
) -> None:
    import_articles(store, articles)
    write_article(articles, "en", "gift-wrap", body="Silk paper now.")
    report = import_articles(store, articles)
    assert (report.kept, report.unchanged) == (1, 5)
    assert served(store)["gift-wrap", "en"] == 2
    with store.read() as session:
        rows = session.scalars(select(Article).where(Article.key == "gift-wrap", Article.language == "en")).all()
        assert {(one.version, one.active, "Silk" in one.body) for one in rows} == {(1, False, False), (2, True, True)}


def test_a_removed_file_ends_its_article_and_may_come_back(store: Store, articles: Path, tmp_path: Path) -> None:
    import_articles(store, articles)
    file = articles / "zh" / "gifts" / "gift-wrap.md"
    file.rename(tmp_path / "aside.md")
    report = import_articles(store, articles)
    assert (report.removed, report.unchanged) == (1, 5)
    assert ("gift-wrap", "zh") not in served(store)
    assert ("gift-wrap", "en") in served(store)
    assert import_articles(store, articles).removed == 0
    (tmp_path / "aside.md").rename(file)
    assert import_articles(store, articles).kept == 1
    assert served(store)["gift-wrap", "zh"] == 2


def test_bad_files_are_set_aside_with_reasons_and_the_rest_is_kept(
    store: Store, articles: Path, write_article: Callable[..., Path]
) -> None:
    (articles / "en" / "gifts" / "gift-wrap.md").write_bytes(b"---\nkey: gift-wrap\ntitle: \xff\n---\nx")
    write_article(articles, "en", "parcel-late", topic="care")  # comes first in order; the one in delivery is second
    (articles / "README.md").write_text("About this folder.")
    report = import_articles(store, articles)
    assert (report.kept, report.read) == (5, 7)
    assert [(file, reason.split(":")[0]) for file, reason in report.rejected] == [
        ("en/delivery/parcel-late.md", "duplicate_key"),
        ("en/gifts/gift-wrap.md", "not_utf8"),
    ]
    with store.read() as session:
        batch = session.scalars(select(ImportBatch)).one()
        assert (batch.rows_read, batch.rows_kept, batch.rows_rejected) == (7, 5, 2)
        rows = session.scalars(select(RejectedRow).order_by(RejectedRow.row_number)).all()
        assert [(row.batch_id, row.reason, row.row["file"]) for row in rows] == [
            (batch.id, "duplicate_key", "en/delivery/parcel-late.md"),
            (batch.id, "not_utf8", "en/gifts/gift-wrap.md"),
        ]


def test_an_article_whose_file_broke_stays_served(store: Store, articles: Path) -> None:
    import_articles(store, articles)
    (articles / "en" / "gifts" / "gift-wrap.md").write_text("---\nkey: [\n---\n")
    report = import_articles(store, articles)
    assert (report.removed, report.unchanged, len(report.rejected)) == (0, 5, 1)
    assert served(store)["gift-wrap", "en"] == 1


def test_an_empty_or_missing_folder_silences_nobody(store: Store, articles: Path) -> None:
    import_articles(store, articles)
    with pytest.raises(Problem) as missing:
        import_articles(store, articles / "nowhere")
    shutil.rmtree(articles)
    articles.mkdir()
    with pytest.raises(Problem) as empty:
        import_articles(store, articles)
    assert (missing.value.code, empty.value.code) == ("articles_missing", "no_articles")
    assert len(served(store)) == 6


def test_imports_at_the_same_time_make_one_version(store: Store, articles: Path) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            start.wait(10)
            import_articles(store, articles)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert count(store, Article) == 6
    assert set(served(store).values()) == {1}

"""Once per file, resumable after a kill, every row counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from rapport.imports import KINDS, run
from rapport.imports.online_retail import OnlineRetail
from rapport.store import ImportBatch, Order, OrderLine, Problem, RejectedRow, Store

from .conftest import RETAIL_REASONS, TAU_REASONS


def _all_rows(store: Store) -> list[tuple[object, ...]]:
    with store.read() as session:
        orders = session.execute(select(Order.id, Order.number, Order.total_minor)).all()
        lines = session.execute(select(OrderLine.id, OrderLine.variant_id, OrderLine.description)).all()
        rejected = session.execute(select(RejectedRow.row_number, RejectedRow.reason, RejectedRow.batch_id)).all()
        return sorted(tuple(map(str, row)) for row in [*orders, *lines, *rejected])


@pytest.mark.parametrize(("kind", "fixture"), [("online-retail", "retail_file"), ("tau-bench", "tau_folder")])
def test_the_same_file_again_changes_nothing(
    store: Store, kind: str, fixture: str, request: pytest.FixtureRequest, counts
):
    path = request.getfixturevalue(fixture)
    first = run(store, kind, path)
    before, rows = counts(store), _all_rows(store)
    again = run(store, kind, path)
    assert again.unchanged
    assert (again.batch_id, again.read, again.kept, again.rejected) == (
        first.batch_id, first.read, first.kept, first.rejected,
    )  # fmt: skip
    assert again.reasons == first.reasons
    assert counts(store) == before
    assert _all_rows(store) == rows


@pytest.mark.parametrize(
    ("kind", "fixture", "rows"), [("online-retail", "retail_file", 1), ("tau-bench", "tau_folder", 1)]
)
def test_a_run_that_breaks_off_anywhere_goes_on_without_doubles(
    store: Store, kind: str, fixture: str, rows: int, request: pytest.FixtureRequest
):
    """Broken off after every single chunk, the result is the same as in one go."""
    path = request.getfixturevalue(fixture)

    class Killed(BaseException):
        pass

    def kill_after_one_chunk(done: int, total: int) -> None:
        if done > started[0]:
            raise Killed

    resumed = []
    for _ in range(40):
        with store.read() as session:
            started = [session.scalar(select(ImportBatch.rows_read)) or 0]
        resumed.append(started[0])
        try:
            report = run(store, kind, path, kill_after_one_chunk, chunk_rows=rows)
            break
        except Killed:
            with store.read() as session:
                batch = session.scalars(select(ImportBatch)).one()
                assert batch.rows_read == batch.rows_kept + batch.rows_rejected
                assert batch.finished_at is None
    assert len(resumed) > 8
    assert report.resumed_at == resumed[-1]
    assert report.read == report.kept + report.rejected
    assert report.reasons == (RETAIL_REASONS if kind == "online-retail" else TAU_REASONS)
    with store.read() as session:
        assert session.scalars(select(ImportBatch)).one().finished_at is not None
    in_pieces = _all_rows(store)
    with store.write() as session:
        for table in reversed(ImportBatch.metadata.sorted_tables):
            session.execute(table.delete())
    run(store, kind, path)
    assert _all_rows(store) == in_pieces


_KILLED = """
import os, signal, sys
from rapport.imports import run
from rapport.store import Store

def progress(done, total):
    if done >= 6:
        os.kill(os.getpid(), signal.SIGKILL)

run(Store(sys.argv[1]), "online-retail", sys.argv[2], progress, chunk_rows=2)
"""


def test_a_killed_process_loses_nothing(sqlite_store: Store, retail_file: Path):
    url = sqlite_store.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", _KILLED, url, str(retail_file)], timeout=120, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    with sqlite_store.read() as session:
        assert 6 <= (session.scalar(select(ImportBatch.rows_read)) or 0) < 21
    report = run(sqlite_store, "online-retail", retail_file)
    assert report.resumed_at >= 6
    assert (report.read, report.kept, report.rejected) == (21, 12, 9)
    with sqlite_store.read() as session:
        assert len(session.scalars(select(OrderLine)).all()) == 9


def test_progress_goes_from_start_to_end(sqlite_store: Store, retail_file: Path):
    seen: list[tuple[int, int]] = []
    run(sqlite_store, "online-retail", retail_file, lambda done, total: seen.append((done, total)), chunk_rows=5)
    assert seen[0] == (0, 21)
    assert seen[-1] == (21, 21)
    assert len(seen) > 3
    assert seen == sorted(seen)


def test_two_at_once_do_not_double(store: Store, retail_file: Path):
    """The second to come to a chunk finds that it is done and stops."""
    called = []

    def meanwhile(done: int, total: int) -> None:
        if done == 0 and not called:
            called.append(True)
            run(store, "online-retail", retail_file)

    with pytest.raises(Problem) as caught:
        run(store, "online-retail", retail_file, meanwhile)
    assert caught.value.code == "import_running"
    assert run(store, "online-retail", retail_file).kept == 12
    with store.read() as session:
        assert len(session.scalars(select(OrderLine)).all()) == 9


def test_a_full_disk_is_told_and_the_chunk_taken_back(
    sqlite_store: Store, retail_file: Path, monkeypatch: pytest.MonkeyPatch, counts
):
    honest = OnlineRetail.write

    def full(self, session, rows):
        honest(self, session, rows)
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(OnlineRetail, "write", full)
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "online-retail", retail_file)
    assert caught.value.code == "import_stopped"
    assert "database or disk is full" in caught.value.what
    assert counts(sqlite_store)["Order"] == 0
    monkeypatch.setattr(OnlineRetail, "write", honest)
    assert run(sqlite_store, "online-retail", retail_file).kept == 12


def test_an_unknown_kind_names_the_known_ones(sqlite_store: Store, tmp_path: Path):
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "shopify", tmp_path)
    assert caught.value.code == "import_kind"
    assert caught.value.allowed == KINDS == ("online-retail", "tau-bench")


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_is_not_there(sqlite_store: Store, tmp_path: Path, kind: str):
    with pytest.raises(Problem) as caught:
        run(sqlite_store, kind, tmp_path / "nowhere")
    assert caught.value.code == "import_file"
    assert "nowhere" in caught.value.what


def test_a_folder_where_a_file_is_wanted(sqlite_store: Store, tmp_path: Path):
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "online-retail", tmp_path)
    assert caught.value.code == "import_file"


def test_the_kinds_are_known_without_loading_duckdb():
    code = "import sys, rapport.imports; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

"""The process: it follows, waits, and leaves on SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from rapport.ingest import Ingest
from rapport.ingest.__main__ import follow, main
from rapport.shop import Shop
from rapport.store import Store, Turn, schema

from .conftest import EVENTS, FakeRasa

DEADLINE_S = 60


def until(condition: Callable[[], bool]) -> None:
    """Poll until it holds."""
    pause, end = threading.Event(), time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "not within the deadline"
        pause.wait(0.05)


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Turn)) or 0


def test_it_follows_a_tracker_that_appears_later_and_leaves_on_sigterm(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(shop.store_url)
    schema.upgrade(store)
    process = subprocess.Popen(
        [sys.executable, "-m", "rapport.ingest"],
        env={**os.environ, "RAPPORT_SHOP": str(shop.folder)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        rasa = FakeRasa(shop.tracker_url)
        rasa.create()
        rasa.write(*EVENTS)
        until(lambda: count(store) == 8)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors
    assert "took 53 events" in errors
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest keeps its own Ctrl-C
    assert main(["--rebuild"]) == 0
    assert count(store) == 8
    rasa.engine.dispose()
    store.close()


def test_a_wrong_shop_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAPPORT_SHOP", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert main([]) == 1
    assert "rapport init" in capsys.readouterr().err


def test_a_locked_store_is_waited_for_and_said_once(
    sqlite_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stop, calls = threading.Event(), 0
    ingest = Ingest(sqlite_store, f"sqlite:///{tmp_path / 'none.sqlite'}")

    def step() -> int:
        nonlocal calls
        calls += 1
        if calls == 4:
            stop.set()
            return 0
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    ingest.step = step  # type: ignore[method-assign]
    with caplog.at_level("INFO", logger="rapport.ingest"):
        follow(ingest, stop, poll=0)
    assert [record.getMessage() for record in caplog.records] == [
        "waiting: the store: database is locked",
        "reading again",
    ]
    ingest.close()


def test_an_unforeseen_error_ends_nothing_and_quotes_nobody(
    sqlite_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stop, calls = threading.Event(), 0
    ingest = Ingest(sqlite_store, f"sqlite:///{tmp_path / 'none.sqlite'}")

    def step() -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            stop.set()
            return 0
        raise KeyError("anna@example.com")

    ingest.step = step  # type: ignore[method-assign]
    with caplog.at_level("INFO", logger="rapport.ingest"):
        follow(ingest, stop, poll=0)
    first, second = (record.getMessage() for record in caplog.records)
    assert "KeyError in test_main.py:" in first
    assert "anna" not in caplog.text
    assert second == "reading again"
    ingest.close()


def test_ingest_imports_no_heavy_package() -> None:
    heavy = {"pandas", "numpy", "duckdb", "ibis", "pydantic", "alembic"}
    code = f"import sys, rapport.ingest.__main__; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

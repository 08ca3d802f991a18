"""Compiled SQL is kept on disk, and Ibis stays away while it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rapport.metrics import compiled, queries
from rapport.metrics.compiled import definition_version, sql, warm
from rapport.store import Store

from .seed import seed


def test_a_kept_query_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_CACHE", str(tmp_path / "new"))
    first = sql(queries.turns)
    monkeypatch.setattr(compiled, "_compile", lambda *_: pytest.fail("compiled again"))
    assert sql(queries.turns) == first
    assert [file.name for file in (tmp_path / "new").iterdir()] == [f"turns-{definition_version()}-duckdb.sql"]


def test_another_dialect_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_CACHE", str(tmp_path))
    sql(queries.csat_summary)
    assert "FROM" in sql(queries.csat_summary, "postgres")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_changed_definition_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_CACHE", str(tmp_path))
    sql(queries.turns)
    monkeypatch.setattr(compiled, "definition_version", lambda: "another")
    sql(queries.turns)
    assert len(list(tmp_path.iterdir())) == 2


def test_half_a_file_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_CACHE", str(tmp_path))
    whole = sql(queries.turns)
    file = next(tmp_path.iterdir())
    file.write_text(whole[:40], encoding="utf-8")
    assert sql(queries.turns) == whole == file.read_text(encoding="utf-8")


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    monkeypatch.setenv("RAPPORT_CACHE", str(blocked / "below"))
    assert "FROM" in sql(queries.turns)


def test_warm_compiles_all(metric_cache: Path) -> None:
    assert warm() == len(list(metric_cache.glob(f"*-{definition_version()}-duckdb.sql"))) == 14


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAPPORT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiled.cache_folder() == tmp_path / "rapport" / "metrics"


def test_a_cached_metric_does_not_import_ibis(sqlite_store: Store) -> None:
    seed(sqlite_store)
    warm()
    heavy = {"ibis", "pandas", "sqlglot"}
    code = (
        "import sys; from rapport.metrics import compute; before = set(sys.modules);"
        f"print(compute({str(sqlite_store.url)!r}, 'csat').text(), sorted({heavy} & set(sys.modules)),"
        "sorted({'duckdb', 'pandas'} & before))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "50.0 % [] []"

"""Compiled SQL on disk: Ibis costs seconds to import and compile, and its answer changes only with the definition."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DIALECT = "duckdb"


def cache_folder() -> Path:
    """``$RAPPORT_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("RAPPORT_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "rapport" / "metrics"


@lru_cache(maxsize=1)
def definition_version() -> str:
    """A hash of everything compiled SQL depends on, so that nobody has to remember to raise a number."""
    digest = sha256()
    for file in ("queries.py", "tables.py", "compiled.py"):
        digest.update(Path(__file__).with_name(file).read_bytes())
    for package in ("ibis-framework", "sqlglot"):
        with contextlib.suppress(PackageNotFoundError):
            digest.update(version(package).encode())
    return digest.hexdigest()[:16]


def sql(query: Callable[[Any], Any], dialect: str = DIALECT) -> str:
    """The SQL of a query of :mod:`rapport.metrics.queries`, from the cache or compiled now.

    :param query: takes the tables, gives an Ibis expression.
    :param dialect: any that Ibis compiles to.
    """
    file = cache_folder() / f"{query.__name__}-{definition_version()}-{dialect}.sql"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        kept = file.read_text(encoding="utf-8")
        if kept.endswith("\n"):  # written whole
            return kept
    text = _compile(query, dialect) + "\n"
    _keep(file, text)
    return text


def _compile(query: Callable[[Any], Any], dialect: str) -> str:
    import ibis

    from .tables import expressions

    return str(ibis.to_sql(query(expressions()), dialect=dialect))


def _keep(file: Path, text: str) -> None:
    # A cache that can't be written (full disk, read-only home) costs seconds, not the answer.
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def warm() -> int:
    """Compile every query now, so that the first number in a notebook does not wait; returns how many."""
    from . import queries
    from .catalogue import CATALOGUE

    wanted = [query for each in CATALOGUE.values() for query in (each.rows, each.summary)]
    wanted += [queries.turns, queries.conversations, queries.turn_cube, queries.rating_cube]
    for query in wanted:
        sql(query)
    return len(wanted)

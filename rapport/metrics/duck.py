"""DuckDB over the store, in place, read-only and offline."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from rapport.store import Problem

from .tables import TABLES

if TYPE_CHECKING:
    import duckdb

DUCKDB_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "timestamp": "TIMESTAMP"}
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
# Beyond these DuckDB's and pandas' nanoseconds overflow.
EARLIEST = datetime(1700, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LOADED: dict[tuple[int, str], duckdb.DuckDBPyConnection] = {}  # (process, kind of store) -> a DuckDB that can read it
_LOADING = threading.Lock()
_NUMBER = count()


def extension(name: str) -> Path:
    """The file of a DuckDB extension that came as a wheel: nothing is downloaded.

    :param name: ``sqlite_scanner`` or ``postgres_scanner``.
    :raises Problem: when the wheel is missing or made for another DuckDB.
    """
    import duckdb

    wheel = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    try:
        package = importlib.import_module(f"duckdb_extension_{name}")
    except ImportError:
        package = None
    if package is not None:
        folder = Path(next(iter(package.__path__)))
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    raise Problem(
        f"DuckDB {duckdb.__version__} has no extension {name} here.",
        next_step=f"Install it with: uv pip install {wheel}",
        code="duckdb_extension",
    )


@contextmanager
def attached(store_url: str, since: datetime | None, until: datetime | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with a view for each table of the store, and the window in ``period``.

    :param since: first moment; none: from the beginning.
    :param until: first moment after it; none: to the end.
    :raises Problem: when the store is missing, can't be reached, or has another schema.
    """
    import duckdb

    url = _parsed(store_url)
    kind = "sqlite" if url.get_backend_name() == "sqlite" else "postgres"
    if kind == "sqlite" and not Path(url.database or "").is_file():
        raise Problem(
            f"There is no store at {url.database} yet.",
            next_step="Make the shop with `rapport init`, or run `rapport demo`.",
            code="store_missing",
        )
    place = (url.database or "") if kind == "sqlite" else url.set(drivername="postgresql").render_as_string(False)
    base = _loaded(kind)
    connection = base.cursor()  # views and tables are temporary: each use has its own
    store = f"store{next(_NUMBER)}"
    try:
        connection.execute("SET TimeZone = 'UTC'")  # PostgreSQL keeps a zone, SQLite none: both become UTC
        try:
            connection.execute(f"ATTACH {_quoted(place)} AS {store} (TYPE {kind}, READ_ONLY)")
            for table, columns in TABLES.items():
                connection.execute(_view(store, table, columns))
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise Problem(
                f"The store {url.render_as_string()} has not the tables that this version reads.",
                next_step="Run: rapport init (it upgrades in place).",
                code="store_older",
            ) from error
        except duckdb.Error:  # its text repeats the address with the password
            raise Problem(
                f"The store {url.render_as_string()} can't be opened.",
                next_step="Check that its database runs and [store] url in shop.toml; rapport doctor looks closer.",
                code="store_unreachable",
            ) from None
        # Literals, because binding a parameter makes DuckDB import pandas.
        period = f"{_moment(since or EARLIEST)} AS since, {_moment(until or LATEST)} AS until"
        connection.execute(f"CREATE TEMP TABLE period AS SELECT {period}")
        yield connection
    finally:
        connection.close()
        with base.cursor() as last:
            last.execute(f"DETACH DATABASE IF EXISTS {store}")  # the store's file is held no longer than needed


def _loaded(kind: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB of this process with the extension for a kind of store: loading takes a quarter of a second."""
    import duckdb

    key = (os.getpid(), kind)  # a forked child must not use its parent's
    with _LOADING:
        if key not in _LOADED:
            base = duckdb.connect(config=OFFLINE)
            try:
                base.execute(f"LOAD {_quoted(str(extension(f'{kind}_scanner')))}")
            except BaseException:
                base.close()
                raise
            _LOADED[key] = base
        return _LOADED[key]


def _view(store: str, table: str, columns: dict[str, str]) -> str:
    chosen = ", ".join(f'CAST("{name}" AS {DUCKDB_TYPES[kind]}) AS "{name}"' for name, kind in columns.items())
    return f'CREATE TEMP VIEW "{table}" AS SELECT {chosen} FROM {store}."{table}"'  # noqa: S608 (all names are ours)


def _parsed(store_url: str) -> URL:
    try:
        url = make_url(store_url)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise Problem(
            "The store address is not one that metrics can read.",
            allowed=["sqlite:///path/to/store.sqlite", "postgresql+psycopg://user@host/database"],
            next_step="Correct [store] url in shop.toml.",
            code="store_url",
        )
    return url


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"

"""Opening the store: SQLite in WAL mode, or PostgreSQL by URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker

from .problem import Problem

BUSY_TIMEOUT_MS = 10_000


def without_password(url: str) -> str:
    """An address as it may be shown: what stands between ``//`` and ``@`` is left out."""
    return re.sub(r"//[^@/]*@", "//***@", url)


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins too late for a read-then-write; see SQLAlchemy's pysqlite notes.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Store:
    """An open store.

    :param url: ``sqlite:///file`` or ``postgresql+psycopg://...``.
    :raises Problem: for any other kind of URL.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise Problem(
                f"The store address {without_password(url)!r} is not a database URL.",
                allowed=["sqlite:///path/to/store.sqlite", "postgresql+psycopg://user@host/database"],
                next_step="Correct [store] url in shop.toml.",
                code="store_url",
            ) from None
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.get_backend_name() != "sqlite":
            raise Problem(
                f"The store cannot be kept in {parsed.get_backend_name()!r}.",
                allowed=["sqlite", "postgresql"],
                next_step="Correct [store] url in shop.toml.",
                code="store_url",
            )
        self.url = parsed
        # hide_parameters: an error in a log must not carry what customers wrote.
        if parsed.get_backend_name() == "sqlite":
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = self._sqlite("BEGIN IMMEDIATE")
            # A pool of their own: with every writer waiting for the lock, readers still get a connection.
            self._read_engine = self._sqlite("BEGIN")
        else:
            self.engine = create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
            self._read_engine = self.engine
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self._read_engine, expire_on_commit=False)

    def _sqlite(self, begin: str) -> Engine:
        """A pool of connections whose transactions begin so.

        Writers take the lock at once: two deferred transactions that both read and then write would fail instead of
        waiting for each other.
        """
        engine = create_engine(self.url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on an error."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading only; what it changes is rolled back. What was loaded stays readable afterwards."""
        with self._readers() as session:
            yield session
            session.expunge_all()  # a rollback would otherwise empty the objects it hands out
            session.rollback()

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()
        self._read_engine.dispose()

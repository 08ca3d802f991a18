"""Rasa's SQL tracker store, read only: table ``events`` of Rasa 3.6.21, by id."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, bindparam, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from rapport.store import Problem

BUSY_TIMEOUT_S = 2.0

_COLUMNS = "SELECT id, sender_id, type_name, timestamp, data FROM events"
_AFTER = text(f"{_COLUMNS} WHERE id > :position ORDER BY id LIMIT :limit")
_ROWS = text(f"{_COLUMNS} WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
_NEWEST = text("SELECT max(id) FROM events")


class TrackerUnavailable(Exception):
    """The tracker store can't be read now: Rasa has not started yet, or holds the lock. Try again later."""


@dataclass(frozen=True)
class Row:
    """One row of ``events`` as it stands there; ``data`` is not parsed yet."""

    id: int
    sender_id: str | None
    type_name: str | None
    timestamp: float | None  # seconds since 1970
    data: str | None


class Tracker:
    """The tracker store at a URL.

    :param url: ``sqlite:///file`` or ``postgresql://...`` (any driver name; psycopg is used).
    :raises Problem: for any other kind of URL.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            backend = parsed.get_backend_name()
        except ArgumentError:
            backend = ""
        if backend == "sqlite":
            file = Path(parsed.database or "").resolve()
            self.engine: Engine = create_engine("sqlite://", creator=lambda: _open(file), poolclass=NullPool)
            self.has_gaps = False  # one writer at a time: an id is never committed after a higher one
        elif backend == "postgresql":
            self.engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
            self.has_gaps = True  # a sequence hands out ids before the transactions that use them commit
        else:
            raise Problem(
                f"The tracker address {url!r} is not one that ingest can read.",
                allowed=["sqlite:///path/to/tracker.sqlite", "postgresql://user@host/database"],
                next_step="Correct [assistant] tracker_url in shop.toml.",
                code="tracker_url",
            )
        self.name = parsed.render_as_string(hide_password=True)

    def after(self, position: int, limit: int) -> list[Row]:
        """Up to ``limit`` rows with an id above ``position``, by id.

        :raises TrackerUnavailable: when it is missing, empty of tables, or locked.
        """
        return _rows(self._read(_AFTER, {"position": position, "limit": limit}))

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """The rows with these ids, as far as they are there.

        :raises TrackerUnavailable: as :meth:`after`.
        """
        return _rows(self._read(_ROWS, {"ids": list(ids)})) if ids else []

    def newest(self) -> int:
        """The highest id; 0 when there is none.

        :raises TrackerUnavailable: as :meth:`after`.
        """
        return int(self._read(_NEWEST, {})[0][0] or 0)

    def _read(self, statement: Any, values: dict[str, Any]) -> list[Any]:
        try:
            with self.engine.connect() as connection:
                return list(connection.execute(statement, values))
        except (OperationalError, ProgrammingError) as error:
            raise TrackerUnavailable(str(error.orig)) from error

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def _rows(found: list[Any]) -> list[Row]:
    return [Row(int(row[0]), row[1], row[2], row[3], row[4]) for row in found]


def _open(file: Path) -> sqlite3.Connection:
    # mode=ro: opening must not create the file, or Rasa would find an empty one that is not its own.
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)

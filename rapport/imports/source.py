"""What the runner asks of a source, and small helpers all sources share."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy.orm import Session

from rapport.store import Base

MAX_QUANTITY = 10_000_000
MAX_PRICE_MINOR = 1_000_000_000


@dataclass(frozen=True)
class Rejected:
    """A row that could not be taken.

    :param number: its position in the file, from 1.
    :param reason: a key of the source's ``reasons``.
    :param row: the row as it was, safe for JSON.
    """

    number: int
    reason: str
    row: dict[str, Any]


class Source(Protocol):
    """A file that is open and whose columns are right. Its rows always come in the same order."""

    reasons: ClassVar[Mapping[str, str]]  # reason -> one sentence
    files: Sequence[Path]  # what the checksum is taken over
    total: int  # rows

    def pieces(self, start: int, size: int) -> Iterator[Sequence[Any]]:
        """Runs of about ``size`` rows that may be committed on their own, leaving out the first ``start`` rows."""

    def begin(self, session: Session) -> None:
        """Look up what the store already holds."""

    def write(self, session: Session, rows: Sequence[Any]) -> list[Rejected]:
        """Write one piece and return the rows not taken. The runner owns the transaction."""

    def close(self) -> None:
        """Give back the file."""


def sha256_of(files: Sequence[Path]) -> str:
    """The checksum of the files' contents, in their order.

    :raises OSError: when one cannot be read.
    """
    if len(files) == 1:
        with files[0].open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    each = "".join(sha256_of([file]) for file in files)
    return hashlib.sha256(each.encode()).hexdigest()


def minor_units(value: Any) -> int | None:
    """A price with at most two decimals as an integer of minor units, or none if it is not a number in range."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number) or abs(number) * 100 > MAX_PRICE_MINOR:
        return None
    return round(number * 100)


def whole_number(value: Any) -> int | None:
    """An integer within what the store takes, or none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = int(value)
        exact = number == float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if exact and abs(number) <= MAX_QUANTITY else None


def _storable(text: str) -> str:
    # PostgreSQL refuses NUL; a lone surrogate passes json.loads but no database's UTF-8.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def one_line(value: Any, limit: int = 255) -> str:
    """Text for a one-line column: single spaces, nothing a database refuses, cut to ``limit`` characters."""
    if value is None:
        return ""
    return " ".join(_storable(str(value)).replace("\ufffd", " ").split())[:limit]


def json_safe(value: Any) -> Any:
    """A copy that both databases take as JSON: NaN, NUL and foreign types become text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_storable(str(key)): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return _storable(str(value))


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows at once, in the session's transaction. Every row has the same keys."""
    if rows:
        session.connection().execute(model.__table__.insert(), list(rows))  # type: ignore[attr-defined]

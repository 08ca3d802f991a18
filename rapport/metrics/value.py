"""What a metric came out as, with all that is needed to judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rapport.store import Problem

from .interval import Interval

if TYPE_CHECKING:
    import pandas as pd

Moment = datetime | date | str | None


@dataclass(frozen=True)
class Window:
    """The half-open window ``since <= t < until``, in UTC; none: open on that side."""

    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        if self.since is None and self.until is None:
            return "all time"
        start = "the beginning" if self.since is None else _short(self.since)
        return f"{start} to {'now' if self.until is None else f'before {_short(self.until)}'} (UTC)"


@dataclass(frozen=True)
class MetricValue:
    """A metric over one window.

    :param value: a share 0..1 or a count; none when there was nothing to count (``message`` says what to do).
    :param n: observations behind ``value``.
    :param coverage: 0..1, the share of what could have been counted that was; none when nothing could.
    """

    name: str
    title: str
    value: float | None
    n: int
    numerator: int
    denominator: int
    interval: Interval | None
    coverage: float | None
    coverage_of: str
    window: Window
    formula: str
    sentence: str
    caution: str
    unit: str
    message: str | None
    _rows: Callable[[], pd.DataFrame] = field(repr=False, compare=False)

    def rows(self) -> pd.DataFrame:
        """The rows behind the number, one per observation (and per eligible one, where coverage is below 1)."""
        return self._rows()

    def text(self) -> str:
        """The number as people write it: ``87.5 %`` or ``1,204``; ``no data`` when there is none."""
        if self.value is None:
            return "no data"
        return f"{self.value * 100:.1f} %" if self.unit == "share" else f"{self.value:,.0f}"


def moment(value: Moment, name: str) -> datetime | None:
    """An aware UTC time from a time, a day (its first moment, UTC), or either in ISO 8601.

    :param name: ``since`` or ``until``, for the error.
    :raises Problem: when it is neither, or a time without a zone.
    """
    if value is None:
        return None
    given = value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise _no_moment(given, name) from None
        if value.tzinfo is None and len(str(given).strip()) <= len("2026-01-31"):
            return value.replace(tzinfo=UTC)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _no_moment(given, name, " has no time zone")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise _no_moment(given, name)


def _no_moment(given: object, name: str, what: str = " is neither a day nor a time") -> Problem:
    return Problem(
        f"{name}={given!r}{what}.",
        allowed=["2026-01-31", "2026-01-31T09:00+01:00", "a date", "an aware datetime"],
        code="moment",
    )


def _short(at: datetime) -> str:
    return at.strftime("%Y-%m-%d" if (at.hour, at.minute, at.second) == (0, 0, 0) else "%Y-%m-%d %H:%M")

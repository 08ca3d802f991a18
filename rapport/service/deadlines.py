"""Deadlines in working days: Monday to Friday in the shop's time zone, without the shop's holidays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
LAST_SECOND = time(23, 59, 59)


def working_days_after(start: datetime, days: int, timezone: str, holidays: Collection[date] = ()) -> datetime:
    """The last second of the n-th working day after the day of ``start``, in UTC.

    Days are the shop's calendar days: late on Friday evening in Leipzig may be Saturday elsewhere.

    :param start: aware.
    :param days: working days, 1 or more; what arrives on a Saturday with 1 day is due on Monday.
    :param timezone: an IANA name.
    :param holidays: days on which the shop does not work.
    """
    zone = ZoneInfo(timezone)
    day = start.astimezone(zone).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in holidays:
            left -= 1
    return datetime.combine(day, LAST_SECOND, zone).astimezone(UTC)

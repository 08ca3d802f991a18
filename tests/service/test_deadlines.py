"""Working days in the shop's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.service.deadlines import working_days_after

BERLIN = "Europe/Berlin"


def local(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-16T09:00", 1, "2026-11-17"),  # Monday -> Tuesday
        ("2026-11-20T10:00", 1, "2026-11-23"),  # Friday -> Monday
        ("2026-11-21T21:00", 1, "2026-11-23"),  # Saturday evening -> Monday, as the article says
        ("2026-11-22T12:00", 1, "2026-11-23"),  # Sunday -> Monday
        ("2026-11-20T10:00", 10, "2026-12-04"),
        ("2026-11-21T10:00", 10, "2026-12-04"),
        ("2026-11-19T23:30", 1, "2026-11-20"),  # Thursday late
        ("2026-12-31T23:59", 1, "2027-01-01"),
    ],
)
def test_dates(start: str, days: int, due: str) -> None:
    assert working_days_after(local(start), days, BERLIN) == local(f"{due}T23:59:59")


def test_the_day_is_the_shops_not_utcs() -> None:
    friday_late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # Saturday 00:30 in Leipzig, Friday in New York
    assert working_days_after(friday_late, 1, BERLIN).astimezone(ZoneInfo(BERLIN)).date() == date(2026, 11, 23)
    thursday_late = friday_late - timedelta(days=1)
    assert working_days_after(thursday_late, 1, BERLIN) == local("2026-11-23T23:59:59")
    assert working_days_after(thursday_late, 1, "America/New_York") == local("2026-11-20T23:59:59", "America/New_York")


def test_the_end_of_day_moves_with_summer_time() -> None:
    """The clocks change on Sunday 29 March 2026: Monday ends an hour earlier in UTC than Friday did."""
    assert working_days_after(local("2026-03-26T12:00"), 1, BERLIN).isoformat() == "2026-03-27T22:59:59+00:00"
    assert working_days_after(local("2026-03-27T12:00"), 1, BERLIN).isoformat() == "2026-03-30T21:59:59+00:00"


def test_holidays_do_not_count() -> None:
    holidays = {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}
    assert working_days_after(local("2026-12-24T12:00"), 1, BERLIN, holidays) == local("2026-12-28T23:59:59")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.integers(1, 40),
    st.sampled_from([BERLIN, "UTC", "Asia/Shanghai", "America/New_York", "Pacific/Auckland"]),
)
def test_exactly_so_many_weekdays_lie_between(start: datetime, days: int, zone: str) -> None:
    begin = start.replace(tzinfo=UTC)
    end = working_days_after(begin, days, zone)
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (begin, end))
    between = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    assert sum(day.weekday() < 5 for day in between) == days
    assert last.weekday() < 5

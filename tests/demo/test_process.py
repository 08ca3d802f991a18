"""The draws have the distributions they are said to have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random
from statistics import mean

import pytest

from rapport.demo import Process
from rapport.demo.process import (
    CHINA,
    EUROPEAN_UNION,
    LEAF_POINTS,
    POINTS_EXPIRE_DAYS,
    RETURN_WINDOW_DAYS,
    UNITED_KINGDOM,
    SeasonClock,
    delivery_to,
    pieces,
    poisson,
    purchase_days,
)
from rapport.shop import Shop

PROCESS = Process()
FIRST = date(2024, 11, 25)


def test_the_clock_gives_each_month_its_share():
    clock = SeasonClock(PROCESS, date(2025, 1, 1))
    steps = 200_000
    days = Counter(clock.day(clock.length * (step + 0.5) / steps) for step in range(steps))
    by_month = Counter[int]()
    for day, count in days.items():
        by_month[day.month] += count
    assert by_month[12] / by_month[7] == pytest.approx(1.63 / 0.70, rel=0.06)  # months have unequal Sundays
    sundays = mean(count for day, count in days.items() if day.weekday() == 6 and day.month == 5)
    fridays = mean(count for day, count in days.items() if day.weekday() == 4 and day.month == 5)
    assert sundays / fridays == pytest.approx(1.30 / 0.85, rel=0.03)
    assert clock.day(0.0) == date(2025, 1, 1)
    assert clock.day(clock.length - 1e-9) == date(2027, 1, 1)


def test_without_dropout_orders_follow_the_rate():
    """A gamma rate of huge shape is nearly one number: then orders per customer are known in closed form."""
    process = replace(PROCESS, rate_r=1e6, rate_alpha=1e6 * 20, dropout_a=1e-9, dropout_b=1e9)
    clock = SeasonClock(process, FIRST)
    random = Random(1)
    found = mean(len(purchase_days(process, clock, random)) for _ in range(3000))
    # The first order at a uniform time, then one per 20 days: 1 + mean remaining time / 20.
    assert found == pytest.approx(1 + clock.length / 2 / 20, rel=0.03)


def test_dropout_is_geometric_when_everybody_is_alike():
    process = replace(PROCESS, days=20_000, rate_r=1e6, rate_alpha=1e6, dropout_a=1e6 * 0.25, dropout_b=1e6 * 0.75)
    clock = SeasonClock(process, date(1980, 1, 1))
    random = Random(2)
    counts = [len(purchase_days(process, clock, random)) for _ in range(4000)]
    assert mean(counts) == pytest.approx(4, rel=0.05)  # 1 / p, the end of the window being far away
    assert sum(count == 1 for count in counts) / len(counts) == pytest.approx(0.25, abs=0.025)


def test_days_are_in_order_and_in_the_window():
    clock, random = SeasonClock(PROCESS, FIRST), Random(3)
    for _ in range(300):
        days = purchase_days(PROCESS, clock, random)
        assert days == sorted(days)
        assert days
        assert days[0] >= FIRST
        assert (days[-1] - FIRST).days <= PROCESS.days


def test_poisson_and_pieces():
    random = Random(4)
    drawn = [poisson(random, 0.85) for _ in range(20_000)]
    assert mean(drawn) == pytest.approx(0.85, abs=0.02)
    assert mean(count * count for count in drawn) - mean(drawn) ** 2 == pytest.approx(0.85, abs=0.04)
    assert mean(pieces(random, 0.35, most=99) for _ in range(20_000)) == pytest.approx(1 / 0.65, abs=0.03)
    assert max(pieces(random, 0.99) for _ in range(200)) == 6


def test_shares_and_factors_make_sense():
    assert len(PROCESS.months) == 12
    assert len(PROCESS.weekdays) == 7
    assert len(PROCESS.hours) == 24
    assert mean(PROCESS.months) == pytest.approx(1, abs=0.01)
    assert mean(PROCESS.weekdays) == pytest.approx(1, abs=0.01)
    assert max(PROCESS.months) == PROCESS.months[11]
    assert min(PROCESS.months) == PROCESS.months[6]


def test_delivery_and_loyalty_are_the_demo_shops_policy(shop: Shop):
    policy = shop.policy()
    for terms, key in ((EUROPEAN_UNION, "standard"), (UNITED_KINGDOM, "uk"), (CHINA, "china")):
        written = policy["delivery"][key]
        assert list(terms.days) == written["days"]
        assert terms.price_minor == written["price"]
        assert terms.free_from_minor == written.get("free_from")
    assert policy["returns"]["window_days"] == RETURN_WINDOW_DAYS
    assert policy["loyalty"]["expire_months"] * 365.25 / 12 == pytest.approx(POINTS_EXPIRE_DAYS, abs=1)
    leaf = next(tier for tier in policy["loyalty"]["tiers"] if tier["name"] == "Leaf")
    assert leaf["from"] == LEAF_POINTS
    assert policy["shop"]["currency"] == "EUR"
    assert [delivery_to(code) for code in ("GB", "CN", "DE")] == [UNITED_KINGDOM, CHINA, EUROPEAN_UNION]

"""Dates, money, names and example numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.formats import date_text, example_number, first_name, money_text


def test_the_day_is_the_shops():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert date_text(late, "en", "Europe/Berlin") == "25 November 2026"
    assert date_text(late, "zh", "Europe/Berlin") == "2026年11月25日"
    assert date_text(late, "en", "UTC") == "24 November 2026"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1000, "EUR", "€10"), (1050, "GBP", "£10.50"), (5, "USD", "$0.05"), (500, "JPY", "¥500"), (100, "SEK", "SEK 1")],
)
def test_money(minor, currency, text):
    assert money_text(minor, currency) == text


@pytest.mark.parametrize(("name", "called"), [("Anna Bauer", "Anna"), ("李娜", "李娜"), ("Cher", "Cher"), ("", "")])
def test_first_names(name, called):
    assert first_name(name) == called


@pytest.mark.parametrize(
    ("pattern", "example"),
    [(r"MM\d{6}", "MM123456"), (r"#?[0-9]{4,6}", "#?[0-9]{4,6}"), (r"W\d+", "W1"), ("[AB]x", "[AB]x")],
)
def test_an_example_matches_or_is_the_pattern(pattern, example):
    assert example_number(pattern) == example

"""Dates, money, names and example numbers as a reader of one language expects them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "CNY": "¥", "JPY": "¥", "CHF": "CHF ", "CAD": "CA$", "AUD": "A$"}
NO_MINOR = {"JPY", "KRW", "VND", "CLP", "ISK"}


def date_text(at: datetime, language: str, timezone: str) -> str:
    """``24 November 2026`` or ``2026年11月24日``: the shop's day.

    :param at: aware.
    :param timezone: an IANA name.
    """
    day = at.astimezone(ZoneInfo(timezone))
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B} {day.year}"


def money_text(minor: int, currency: str) -> str:
    """``€10`` or ``€10.50``: the symbol is read in both languages.

    :param minor: in the currency's smallest unit.
    """
    symbol = SYMBOLS.get(currency, f"{currency} ")
    if currency in NO_MINOR:
        return f"{symbol}{minor}"
    whole, cents = divmod(minor, 100)
    return f"{symbol}{whole}.{cents:02d}" if cents else f"{symbol}{whole}"


def first_name(name: str) -> str:
    """What to call a person: the first word of a Latin name, a Chinese name as a whole."""
    words = name.split()
    return words[0] if len(words) > 1 and words[0].isascii() else name.strip()


def example_number(pattern: str) -> str:
    """A number that shows what the shop's order numbers look like.

    Good for patterns of letters and digits; any other is shown as it is.
    """
    digits = "123456789012"
    example = re.sub(r"(?:\\d|\[0-9\])\{(\d+)(?:,\d*)?\}", lambda found: digits[: int(found.group(1))], pattern)
    example = re.sub(r"(?:\\d|\[0-9\])\+?", "1", example)
    return example if re.fullmatch(pattern, example) else pattern

"""What a complaint is about, and why somebody stayed away."""

from __future__ import annotations

import pytest

from actions.reasons import complaint_category, complaint_severity, says_what_happened, stayed_away


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I was charged twice", "payment"),
        ("退款一直没到", "payment"),
        ("your staff was rude", "service"),
        ("my parcel never came", "delivery"),
        ("包裹丢了", "delivery"),
        ("the zip broke", "quality"),
        ("毛巾破了个洞", "quality"),
        ("hello", "other"),
    ],
)
def test_categories(text, category):
    assert complaint_category(text) == category
    assert says_what_happened(text) is (category != "other")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("another shop had it cheaper", "choice"),
        ("太贵了", "price"),
        ("delivery took forever", "delivery"),
        ("质量不好", "quality"),
        ("your customer service was unfriendly", "service"),
        ("the sizes never fit me", "fit"),
        ("I just forgot", "forgot"),
        ("最近不需要", "no_need"),
        ("well...", "other"),
    ],
)
def test_reasons(text, reason):
    assert stayed_away(text) == reason


def test_severity():
    assert complaint_severity("I will call my lawyer", None) == "high"
    assert complaint_severity("it is broken", -0.9) == "high"
    assert complaint_severity("it is broken", -0.5) == "normal"

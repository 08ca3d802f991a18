"""Wilson's interval against published and hand-computed values."""

from __future__ import annotations

import pytest

from rapport.metrics import wilson


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (2, 3, 0.2077, 0.9385),
        (4, 5, 0.3755, 0.9638),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),  # Newcombe 1998, table I
        (0, 20, 0.0, 0.1611),  # Newcombe 1998, table I
        (1, 29, 0.0061, 0.1718),  # Newcombe 1998, table I
    ],
)
def test_wilson(numerator: int, denominator: int, low: float, high: float) -> None:
    found = wilson(numerator, denominator)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.method, found.level) == ("Wilson", 0.95)


def test_no_observations_no_interval() -> None:
    assert wilson(0, 0) is None

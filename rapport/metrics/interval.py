"""Intervals: how far the number may be from what it estimates."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054  # the 97.5 % point of the normal distribution


@dataclass(frozen=True)
class Interval:
    """Bounds in the metric's own unit."""

    low: float
    high: float
    method: str
    level: float = 0.95


def wilson(numerator: int, denominator: int) -> Interval | None:
    """Wilson's score interval of a share, 95 %; none without observations.

    Unlike the plain normal interval it stays within 0..1 and says something at 0 of n.
    """
    if denominator <= 0:
        return None
    share, n, z2 = numerator / denominator, denominator, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(max(0.0, centre - half), min(1.0, centre + half), "Wilson")

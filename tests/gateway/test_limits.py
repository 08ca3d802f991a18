"""The token bucket."""

from __future__ import annotations

import pytest

from gateway import limits
from gateway.limits import Rate, TooMany


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    rate = Rate(6, "calls", clock)
    for _ in range(6):
        rate.take("a")
    with pytest.raises(TooMany) as caught:
        rate.take("a")
    assert caught.value.retry_after == 10
    rate.take("b")  # someone else
    clock.now += 9.9
    with pytest.raises(TooMany):
        rate.take("a")
    clock.now += 0.2
    rate.take("a")
    clock.now += 3600  # a long rest gives one burst, not more
    for _ in range(6):
        rate.take("a")
    with pytest.raises(TooMany):
        rate.take("a")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    rate = Rate(1, "calls", Clock())
    for number in range(50):
        rate.take(str(number))
    assert len(rate._buckets) == 10
    with pytest.raises(TooMany):
        rate.take("49")

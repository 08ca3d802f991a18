"""Missing ids are waited for, then passed."""

from __future__ import annotations

from rapport.ingest.gaps import Gaps
from rapport.ingest.tracker import Row

NOW = 1_000_000.0


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def rows(*ids: int, age: float = 0.0) -> list[Row]:
    return [Row(id, "cnv", "user", NOW - age, "{}") for id in ids]


def gaps(clock: Clock) -> Gaps:
    return Gaps(2.0, clock, lambda: NOW)


def ids(found: list[Row]) -> list[int]:
    return [row.id for row in found]


def test_no_gap() -> None:
    assert ids(gaps(Clock()).ready(4, rows(5, 6, 7))) == [5, 6, 7]


def test_rows_before_a_gap_are_taken_at_once() -> None:
    assert ids(gaps(Clock()).ready(0, rows(1, 2, 4))) == [1, 2]


def test_a_gap_is_passed_after_the_grace() -> None:
    clock = Clock()
    waits = gaps(clock)
    assert ids(waits.ready(0, rows(2))) == []
    clock.at = 1.9
    assert ids(waits.ready(0, rows(2))) == []
    clock.at = 2.0
    assert ids(waits.ready(0, rows(2))) == [2]


def test_a_late_row_fills_the_gap() -> None:
    waits = gaps(Clock())
    assert ids(waits.ready(0, rows(2))) == []
    assert ids(waits.ready(0, rows(1, 2))) == [1, 2]


def test_two_gaps_expire_together() -> None:
    clock = Clock()
    waits = gaps(clock)
    waits.ready(0, rows(2, 4))
    clock.at = 2.0
    assert ids(waits.ready(0, rows(2, 4))) == [2, 4]


def test_a_new_gap_starts_its_own_grace() -> None:
    clock = Clock()
    waits = gaps(clock)
    waits.ready(0, rows(2))
    clock.at = 2.0
    assert ids(waits.ready(0, rows(2, 4))) == [2]


def test_old_gaps_are_not_waited_for() -> None:
    assert ids(gaps(Clock()).ready(0, rows(5, 9, age=61))) == [5, 9]

"""Missing ids: PostgreSQL hands out ids before the transactions commit, so a lower one may come later."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .tracker import Row

OLD_S = 60.0  # an event that old can't have a neighbour still waiting to commit


class Gaps:
    """Waits for missing ids up to a grace period, then passes them (a rolled-back transaction leaves one for ever).

    :param grace: seconds to wait for a missing id, counted from when it was first missed.
    :param clock: monotonic seconds.
    :param now: seconds since 1970.
    """

    def __init__(
        self, grace: float, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self.grace = grace
        self.clock = clock
        self.now = now
        self._missed: dict[int, float] = {}  # the lowest id of a gap -> when it was first missed

    def ready(self, position: int, rows: Sequence[Row]) -> list[Row]:
        """The rows that may be taken now: all before the first gap that is still waited for.

        :param position: the last id taken.
        :param rows: what follows it, by id.
        """
        at, expected, seen = self.clock(), position + 1, {}
        end: int | None = None
        for index, row in enumerate(rows):
            if row.id != expected:
                # All gaps are timed at once, so that several expire together rather than one after the other.
                seen[expected] = self._missed.get(expected, at)
                old = row.timestamp is not None and row.timestamp < self.now() - OLD_S
                if end is None and not old and at - seen[expected] < self.grace:
                    end = index
            expected = row.id + 1
        self._missed = seen
        return list(rows[:end])

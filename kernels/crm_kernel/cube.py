"""The dashboard's cube: small sums per day, so that no filter ever touches the store again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rapport.metrics import Moment, queries, window_of
from rapport.metrics.compiled import sql
from rapport.metrics.duck import attached

OUTCOMES = ("answered", "done", "chitchat", "abstained", "handed_off", "failed", "open")
HELPED = queries.HELPED_OUTCOMES
ASKED = queries.QUESTION_OUTCOMES
EMPTY = (
    "No customer turn lies in this window yet. Start the shop with `rapport serve`, talk to the assistant "
    "(%%chat works here too), and show the dashboard again; or widen since/until."
)


@dataclass(frozen=True)
class Cube:
    """Sums per day (UTC).

    :param turns: (day, language, outcome, number of turns), by day.
    :param ratings: (day of the conversation, its language, CSAT answers, of which 4 or 5), by day.
    """

    turns: tuple[tuple[str, str, str, int], ...]
    ratings: tuple[tuple[str, str, int, int], ...]

    @property
    def languages(self) -> list[str]:
        """The languages in it, sorted."""
        return sorted({row[1] for row in self.turns})

    def as_json(self) -> dict[str, Any]:
        """What the widget is given."""
        return {
            "turns": [list(row) for row in self.turns],
            "ratings": [list(row) for row in self.ratings],
            "outcomes": list(OUTCOMES),
            "helped": list(HELPED),
            "asked": list(ASKED),
            "empty": EMPTY,
        }


def read(store_url: str, since: Moment = None, until: Moment = None) -> Cube:
    """The cube of a window.

    :raises Problem: for a wrong window or a store that can't be read.
    """
    window = window_of(since, until)
    statements = sql(queries.turn_cube), sql(queries.rating_cube)
    with attached(store_url, window.since, window.until) as connection:
        turns = connection.execute(statements[0]).fetchall()
        ratings = connection.execute(statements[1]).fetchall()
    return Cube(
        tuple((_day(day), language or "und", outcome, int(n)) for day, language, outcome, n in turns),
        tuple((_day(day), language or "und", int(n), int(good or 0)) for day, language, n, good in ratings),
    )


def _day(value: date | datetime) -> str:
    return (value.date() if isinstance(value, datetime) else value).isoformat()

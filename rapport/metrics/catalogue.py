"""The catalogue of metrics: the kernel, its magics and dashboard, and docs/metrics.md all read this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rapport.store import Problem

from . import queries

Unit = Literal["share", "count"]


@dataclass(frozen=True)
class Definition:
    """What a metric is.

    :param sentence: what it says, in one sentence.
    :param formula: numerator over denominator, in words.
    :param coverage: what ``coverage`` is a share of, in words.
    :param caution: what it does not say.
    :param when_empty: what to do when there is nothing to count yet.
    :param rows: Ibis expression of the rows behind it.
    :param summary: Ibis expression of one row: numerator, denominator, covered, eligible.
    """

    name: str
    title: str
    sentence: str
    formula: str
    unit: Unit
    coverage: str
    caution: str
    when_empty: str
    rows: Callable[[Any], Any]
    summary: Callable[[Any], Any]


_TALK = "Start the shop with `rapport serve`, talk to the assistant, and look again; or widen since/until."

_DEFINITIONS = (
    Definition(
        name="csat",
        title="Satisfaction (CSAT)",
        sentence="Of the customers who rated their conversation, the share who gave 4 or 5 of 5.",
        formula="conversations rated 4 or 5 / conversations rated 1 to 5 (survey csat)",
        unit="share",
        coverage="rated conversations / conversations with a customer turn in the window",
        caution="Only those who answered are counted; with a low coverage they may differ from the rest.",
        when_empty="No conversation in this window was rated. Ratings come from the stars in the chat widget; "
        "rate one, or widen since/until.",
        rows=queries.csat_rows,
        summary=queries.csat_summary,
    ),
    Definition(
        name="containment",
        title="Containment",
        sentence="Of the conversations with a customer turn, the share in which no person was ever called.",
        formula="conversations never queued for or handed to a person / conversations with a customer turn",
        unit="share",
        coverage="analysed conversations / conversations that a customer wrote in within the window",
        caution="Contained is not resolved: who gave up is contained too. Confirmed and assumed resolution are not "
        "claimed here.",
        when_empty=f"No conversation has a customer turn in this window. {_TALK}",
        rows=queries.containment_rows,
        summary=queries.containment_summary,
    ),
    Definition(
        name="repeat_rate",
        title="Repeat rate",
        sentence="Of the customers who ordered in the window, the share who ordered at least twice in it.",
        formula="customers with 2 or more orders in the window / customers with 1 or more (cancelled orders left out)",
        unit="share",
        coverage="orders with a known customer / all orders in the window (cancelled orders left out)",
        caution="It grows with the length of the window: compare windows of equal length only.",
        when_empty="No order of a known customer lies in this window. Bring orders in with `rapport import`, fill the "
        "demo shop with `rapport demo`, or widen since/until.",
        rows=queries.repeat_rate_rows,
        summary=queries.repeat_rate_summary,
    ),
    Definition(
        name="conversation_count",
        title="Conversations",
        sentence="How many conversations had a customer turn.",
        formula="number of conversations with a customer turn in the window",
        unit="count",
        coverage="analysed conversations / conversations that a customer wrote in within the window",
        caution="A conversation that reaches over the edge of the window counts in both windows.",
        when_empty=f"No conversation has a customer turn in this window. {_TALK}",
        rows=queries.conversation_count_rows,
        summary=queries.conversation_count_summary,
    ),
    Definition(
        name="answered_share",
        title="Answered share",
        sentence="Of the customer turns that wanted something, the share answered from an article or done.",
        formula="turns with outcome answered or done / turns with an outcome other than chitchat and open",
        unit="share",
        coverage="turns that wanted something / all customer turns in the window",
        caution="It is what the assistant believes it did, not what customers confirmed; turns of one conversation "
        "are not independent, so the interval is a little too narrow.",
        when_empty=f"No customer turn in this window wanted something. {_TALK}",
        rows=queries.answered_share_rows,
        summary=queries.answered_share_summary,
    ),
)

CATALOGUE: dict[str, Definition] = {definition.name: definition for definition in _DEFINITIONS}


def definition(name: str) -> Definition:
    """The metric of that name.

    :raises Problem: when there is none, with the names there are.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise Problem(
            f"There is no metric {name!r}.",
            allowed=list(CATALOGUE),
            next_step="docs/metrics.md explains each.",
            code="metric_unknown",
        ) from None

"""Every query over the store, as Ibis expressions: one definition for DuckDB, PostgreSQL or a cluster engine.

Ibis is imported inside the functions only: with compiled SQL in the cache it is not imported at all.
"""

from __future__ import annotations

from typing import Any

QUESTION_OUTCOMES = ("answered", "done", "abstained", "handed_off", "failed")  # all but chitchat and open
HELPED_OUTCOMES = ("answered", "done")


def in_window(t: Any, table: Any, column: str) -> Any:
    """The rows of ``table`` whose ``column`` lies in the window."""
    return table.filter(table[column] >= t.period.since.as_scalar(), table[column] < t.period.until.as_scalar())


def spoken(t: Any) -> Any:
    """One row per conversation with a customer turn in the window: id, first turn, turns, channel, language."""
    from ibis import _

    turns = in_window(t, t.turn, "started_at")
    per = turns.group_by("conversation_id").agg(first_turn_at=_.started_at.min(), turns=_.count())
    known = t.conversation.select(conversation=_.id, channel=_.channel, language=_.language)
    joined = per.left_join(known, per.conversation_id == known.conversation)
    return joined.select("conversation_id", "first_turn_at", "turns", "channel", "language")


def wrote(t: Any) -> Any:
    """How many conversations a customer wrote in within the window, analysed or not."""
    from ibis import _

    turns = in_window(t, t.turn, "started_at").select("conversation_id")
    inbound = in_window(t, t.message, "created_at").filter(_.direction == "in").select("conversation_id")
    return turns.union(inbound, distinct=True).count()


def csat_rows(t: Any) -> Any:
    """Per conversation: its rating (none: not answered) and whether it is 4 or 5."""
    from ibis import _

    answers = t.survey_response.filter(_.survey_code == "csat", _.value.between(1, 5))
    ratings = answers.group_by(rated=_.conversation_id).agg(rating=_.value.mean())
    base = spoken(t)
    joined = base.left_join(ratings, base.conversation_id == ratings.rated).drop("rated")
    return joined.mutate(satisfied=(_.rating >= 4).cast("int64")).order_by("first_turn_at", "conversation_id")


def csat_summary(t: Any) -> Any:
    """Ratings of 4 or 5 over ratings; ratings over conversations."""
    from ibis import _

    return csat_rows(t).agg(
        numerator=_.satisfied.sum(), denominator=_.rating.count(), covered=_.rating.count(), eligible=_.count()
    )


def containment_rows(t: Any) -> Any:
    """Per conversation: whether it stayed with the assistant."""
    from ibis import _

    called = t.handoff.filter(_.to_state.isin(["queued", "human"]))
    called = called.group_by(called_in=_.conversation_id).agg(person_called_at=_["at"].min())
    base = spoken(t)
    joined = base.left_join(called, base.conversation_id == called.called_in).drop("called_in")
    return joined.mutate(contained=_.person_called_at.isnull().cast("int64")).order_by(
        "first_turn_at", "conversation_id"
    )


def containment_summary(t: Any) -> Any:
    """Contained over analysed conversations; analysed over written."""
    from ibis import _

    return containment_rows(t).agg(
        numerator=_.contained.sum(), denominator=_.count(), covered=_.count(), eligible=wrote(t).as_scalar()
    )


def _sales(t: Any) -> Any:
    from ibis import _

    return in_window(t, t.order, "placed_at").filter(_.state != "cancelled")


def repeat_rate_rows(t: Any) -> Any:
    """Per customer: orders in the window and whether there are two or more."""
    from ibis import _

    known = _sales(t).filter(_.contact_id.notnull())
    per = known.group_by("contact_id").agg(
        orders=_.count(), first_order_at=_.placed_at.min(), last_order_at=_.placed_at.max()
    )
    return per.mutate(repeated=(_.orders >= 2).cast("int64")).order_by("first_order_at", "contact_id")


def repeat_rate_summary(t: Any) -> Any:
    """Customers who came back over customers; orders with a known customer over orders."""
    from ibis import _

    return repeat_rate_rows(t).agg(
        numerator=_.repeated.sum(),
        denominator=_.count(),
        covered=_.orders.sum(),
        eligible=_sales(t).count().as_scalar(),
    )


def conversation_count_rows(t: Any) -> Any:
    """Per conversation with a customer turn in the window."""
    return spoken(t).order_by("first_turn_at", "conversation_id")


def conversation_count_summary(t: Any) -> Any:
    """Analysed conversations; analysed over written."""
    from ibis import _

    return spoken(t).agg(numerator=_.count(), denominator=_.count(), covered=_.count(), eligible=wrote(t).as_scalar())


def answered_share_rows(t: Any) -> Any:
    """Per turn that wanted something: whether it was answered or done."""
    from ibis import _

    turns = in_window(t, t.turn, "started_at").filter(_.outcome.isin(QUESTION_OUTCOMES))
    chosen = turns.select("id", "conversation_id", "started_at", "language", "intent", "outcome")
    return chosen.mutate(helped=_.outcome.isin(HELPED_OUTCOMES).cast("int64")).order_by("started_at", "id")


def answered_share_summary(t: Any) -> Any:
    """Helped turns over turns that wanted something; those over all turns."""
    from ibis import _

    return answered_share_rows(t).agg(
        numerator=_.helped.sum(),
        denominator=_.count(),
        covered=_.count(),
        eligible=in_window(t, t.turn, "started_at").count().as_scalar(),
    )


def turns(t: Any) -> Any:
    """The turns themselves, newest last."""
    return in_window(t, t.turn, "started_at").order_by("started_at", "id")


def conversations(t: Any) -> Any:
    """Conversations with a customer turn in the window: turns, outcomes, person called, rating."""
    from ibis import _

    per = (
        in_window(t, t.turn, "started_at")
        .group_by(talk=_.conversation_id)
        .agg(
            last_turn_at=_.started_at.max(),
            helped=_.outcome.isin(HELPED_OUTCOMES).cast("int64").sum(),
            abstained=(_.outcome == "abstained").cast("int64").sum(),
            negative=(_.sentiment == "negative").cast("int64").sum(),
        )
    )
    base = containment_rows(t)
    base = base.left_join(per, base.conversation_id == per.talk).drop("talk")
    rated = csat_rows(t).select(rated=_.conversation_id, rating=_.rating)
    return (
        base.left_join(rated, base.conversation_id == rated.rated)
        .drop("rated")
        .order_by("first_turn_at", "conversation_id")
    )


def turn_cube(t: Any) -> Any:
    """Turns per day (UTC), language and outcome: what the dashboard is drawn from."""
    from ibis import _

    days = in_window(t, t.turn, "started_at").mutate(day=_.started_at.truncate("D"))
    return days.group_by("day", "language", "outcome").agg(turns=_.count()).order_by("day", "language", "outcome")


def rating_cube(t: Any) -> Any:
    """CSAT answers per day of the conversation (UTC) and language: answers and how many are 4 or 5."""
    from ibis import _

    rated = csat_rows(t).filter(_.rating.notnull()).mutate(day=_.first_turn_at.truncate("D"))
    return (
        rated.group_by("day", "language")
        .agg(ratings=_.count(), satisfied=_.satisfied.sum())
        .order_by("day", "language")
    )

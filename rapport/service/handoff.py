"""Hand-off between the assistant and people: a small state machine, each step a row."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.store import Conversation, Handoff, Problem, new_id, utcnow
from rapport.store.conversation import HANDOFF_STATES

from .conversations import lock_conversation
from .text import storable

EDGES: dict[str, tuple[str, ...]] = {
    "bot": ("queued", "closed"),
    "queued": ("human", "bot", "closed"),
    "human": ("bot", "closed"),
    "closed": ("bot",),  # the customer writes again
}


def state_of(session: Session, conversation_id: str) -> str:
    """The hand-off state now: ``bot``, ``queued``, ``human`` or ``closed``.

    :raises Problem: ``conversation_unknown``.
    """
    state = session.scalar(select(Conversation.handoff_state).where(Conversation.id == storable(conversation_id)))
    if state is None:
        raise Problem(
            f"There is no conversation {conversation_id!r}.",
            next_step="Open a new session.",
            code="conversation_unknown",
        )
    return state


def last_handoff(session: Session, conversation_id: str) -> Handoff | None:
    """The newest transition; none while the assistant has had it from the start."""
    return session.scalars(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id)
        .order_by(Handoff.at.desc(), Handoff.id.desc())
        .limit(1)
    ).first()


def transition(
    session: Session,
    conversation_id: str,
    to_state: str,
    reason: str,
    by: str,
    expected: str | None = None,
    note: str | None = None,
) -> tuple[Handoff | None, bool]:
    """Move a conversation to another state, in the caller's transaction, and append the row that says so.

    A repeat (it is in ``to_state`` already) changes nothing. A claim is the exception: when another person has
    the conversation, asking for ``human`` is a conflict and not a repeat, so of two people who claim one wins.

    :param to_state: ``bot``, ``queued``, ``human`` or ``closed``.
    :param reason: one word, such as ``asked``, ``abstained_twice``, ``complaint``, ``claimed``, ``returned``.
    :param by: ``customer``, ``assistant``, ``system`` or an agent's id.
    :param expected: the state the caller saw; if it is another one by now, nothing happens and the call fails.
    :return: the newest transition (none: never left the assistant), and whether this call made it.
    :raises Problem: ``conversation_unknown``; ``handoff_state`` for an unknown state; ``handoff_conflict`` when
        someone else was faster; ``handoff_edge`` when there is no such step.
    """
    for state in (to_state, *(() if expected is None else (expected,))):
        if state not in HANDOFF_STATES:
            raise Problem(f"There is no hand-off state {state!r}.", allowed=HANDOFF_STATES, code="handoff_state")
    conversation = lock_conversation(session, conversation_id)
    now_in = conversation.handoff_state
    if now_in == to_state:
        last = last_handoff(session, conversation_id)
        if to_state == "human" and last is not None and last.by != by:
            raise Problem(
                "Another person has taken this conversation.",
                next_step="Choose another one from the queue.",
                code="handoff_conflict",
            )
        return last, False
    if expected is not None and now_in != expected:
        raise Problem(
            f"The conversation is in state {now_in!r} by now, not {expected!r}.",
            next_step="Load it again and decide on what it is now.",
            code="handoff_conflict",
        )
    if to_state not in EDGES[now_in]:
        raise Problem(
            f"A conversation cannot go from {now_in!r} to {to_state!r}.", allowed=EDGES[now_in], code="handoff_edge"
        )
    at = utcnow()
    conversation.handoff_state = to_state
    conversation.closed_at = at if to_state == "closed" else None
    row = Handoff(
        id=new_id("hof"),
        conversation_id=conversation_id,
        from_state=now_in,
        to_state=to_state,
        reason=reason,
        by=by,
        note=None if note is None else storable(note),
        at=at,
    )
    session.add(row)
    record(session, by, f"handoff.{to_state}", conversation_id, reason, {"from": now_in, "handoff": row.id}, at=at)
    return row, True

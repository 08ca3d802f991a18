"""Writing a conversation's turns from its copied events."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.store import Conversation, Message, TrackerEvent, Turn

from .notices import given_up
from .turns import UNDETERMINED, DraftTurn, fold


def derive(session: Session, conversation_id: str) -> set[str]:
    """Write the conversation's turns from its last one on; earlier ones can't change any more.

    :returns: the messages whose turns are still open.
    """
    last = session.scalar(
        select(Turn).where(Turn.conversation_id == conversation_id).order_by(Turn.number.desc()).limit(1)
    )
    events = session.scalars(
        select(TrackerEvent)
        .where(TrackerEvent.conversation_id == conversation_id)
        .where(TrackerEvent.id >= (last.tracker_event_id if last else 0))
        .order_by(TrackerEvent.id)
    )
    drafts = fold(events.all())
    texts = _texts(session, drafts)
    unanswered = {draft.message_id for draft in drafts if draft.message_id and draft.outcome == "open"}
    lost = given_up(session, unanswered)
    conversation = session.get(Conversation, conversation_id)
    fallback = conversation.language if conversation else UNDETERMINED
    for number, draft in enumerate(drafts, start=last.number if last else 1):
        turn = last if last and number == last.number else None
        if turn is None:
            turn = Turn(
                id=f"turn_{draft.tracker_event_id}",
                tracker_event_id=draft.tracker_event_id,
                conversation_id=conversation_id,
                number=number,
            )
            session.add(turn)
        turn.message_id = draft.message_id
        turn.text = texts.get(draft.message_id or "", draft.text)
        turn.language = draft.language or fallback
        turn.intent, turn.intent_confidence = draft.intent, draft.intent_confidence
        turn.sentiment, turn.sentiment_score = draft.sentiment, draft.sentiment_score
        turn.entities, turn.actions = draft.entities, draft.actions
        turn.outcome = "failed" if draft.outcome == "open" and draft.message_id in lost else draft.outcome
        turn.article_id = draft.article_id
        turn.reply_count = draft.reply_count
        turn.started_at, turn.answered_at = draft.started_at, draft.answered_at
    session.flush()
    return unanswered - lost


def _texts(session: Session, drafts: Iterable[DraftTurn]) -> dict[str, str]:
    """What the customers really wrote: Rasa may have been given a cleaned text."""
    ids = [draft.message_id for draft in drafts if draft.message_id]
    if not ids:
        return {}
    return {row.id: row.text for row in session.execute(select(Message.id, Message.text).where(Message.id.in_(ids)))}

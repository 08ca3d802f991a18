"""Copy Rasa's events by id and derive turns: restartable, each event exactly once, rebuildable."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.store import (
    Conversation,
    ImportBatch,
    IngestCursor,
    Message,
    Problem,
    RejectedRow,
    Store,
    TrackerEvent,
    Turn,
    utcnow,
)

from .gaps import Gaps
from .tracker import Row, Tracker, TrackerUnavailable
from .turns import UNDETERMINED, DraftTurn, at_of, fold, storable

SOURCE = "rasa"
BATCH_ID = "bat_ingest_rasa"
BATCH_ROWS = 500
GRACE_S = 2.0
MAX_SENDER = 40


class _Parsed(NamedTuple):
    sender: str
    at: datetime
    data: dict[str, Any]


class Ingest:
    """Follows one tracker store into one store.

    :param store: where copies and turns go.
    :param tracker_url: where Rasa writes; it may not exist yet.
    :param grace: seconds to wait for a missing id (PostgreSQL commits out of order).
    :param batch: rows per transaction.
    """

    def __init__(self, store: Store, tracker_url: str, *, grace: float = GRACE_S, batch: int = BATCH_ROWS) -> None:
        self.store = store
        self.tracker = Tracker(tracker_url)
        self.batch = batch
        self.gaps = Gaps(grace if self.tracker.has_gaps else 0.0)
        self.waiting: str | None = None  # why the last step could read nothing

    def step(self) -> int:
        """Take the next batch, in one transaction with the cursor.

        :returns: rows passed; 0 when there is nothing new, or the tracker store can't be read now (``waiting`` says
            why).
        :raises Problem: when the tracker store was replaced by a younger one.
        """
        self.waiting = None
        with self.store.read() as session:
            position = _position(session)
        try:
            found = self.tracker.after(position, self.batch)
            if not found and position and self.tracker.newest() < position:
                raise Problem(
                    f"The tracker store {self.tracker.name} ends before event {position}, which was already read: "
                    "it was replaced or cut.",
                    next_step="Put the old one back, or rebuild the turns from the one that is there with: "
                    "python -m rapport.ingest --rebuild",
                    code="tracker_replaced",
                )
        except TrackerUnavailable as error:
            self.waiting = str(error)
            return 0
        rows = self.gaps.ready(position, found)
        if not rows:
            return 0
        try:
            with self.store.write() as session:
                return self._take(session, position, rows)
        except IntegrityError:
            # Another ingest took the same rows first. Its transaction counts; ours left nothing.
            with self.store.read() as session:
                if _position(session) == position:
                    raise
            return 0

    def _take(self, session: Session, position: int, rows: list[Row]) -> int:
        cursor = session.get(IngestCursor, SOURCE, with_for_update=True)
        if (cursor.position if cursor else 0) != position:
            return 0
        if cursor is None:
            cursor = IngestCursor(source=SOURCE, position=0)
            session.add(cursor)
            session.flush()  # a second ingest that begins at the same time fails here, before it has done anything
        touched = self._copy(session, rows)
        for conversation_id in sorted(touched):
            _derive(session, conversation_id)
        cursor.position = rows[-1].id
        cursor.updated_at = utcnow()
        return len(rows)

    def _copy(self, session: Session, rows: list[Row]) -> set[str]:
        touched: set[str] = set()
        for row in rows:
            parsed = _parse(row)
            if isinstance(parsed, str):
                self._set_aside(session, row, parsed)
                continue
            session.add(
                TrackerEvent(
                    id=row.id,
                    conversation_id=parsed.sender,
                    type_name=storable(row.type_name)[:64],
                    at=parsed.at,
                    data=parsed.data,
                )
            )
            touched.add(parsed.sender)
        session.flush()
        return touched

    def _set_aside(self, session: Session, row: Row, reason: str) -> None:
        batch = session.get(ImportBatch, BATCH_ID)
        if batch is None:
            digest = sha256(self.tracker.name.encode()).hexdigest()
            batch = ImportBatch(
                id=BATCH_ID,
                kind="tracker",
                file=self.tracker.name[:255],
                sha256=digest,
                rows_read=0,
                rows_kept=0,
                rows_rejected=0,
            )
            session.add(batch)
            session.flush()
        batch.rows_read += 1
        batch.rows_rejected += 1
        # repr keeps a timestamp that is no JSON number
        kept = {
            "id": row.id,
            "sender_id": row.sender_id,
            "type_name": row.type_name,
            "timestamp": repr(row.timestamp),
            "data": row.data,
        }
        session.add(RejectedRow(id=f"rej_rasa_{row.id}", batch_id=BATCH_ID, row_number=row.id, reason=reason, row=kept))

    def close(self) -> None:
        """Give back the tracker's connections."""
        self.tracker.close()


def rebuild(store: Store, tracker_url: str, *, batch: int = BATCH_ROWS) -> int:
    """Drop turns, copies and cursor, and replay the tracker store from its beginning. The rows come out the same.

    Killed half way, any later :meth:`Ingest.step` goes on from there.

    :returns: events replayed.
    :raises Problem: when the tracker store can't be read; nothing is dropped then.
    """
    ingest = Ingest(store, tracker_url, batch=batch)
    try:
        try:
            ingest.tracker.newest()
        except TrackerUnavailable as error:
            raise Problem(
                f"The tracker store {ingest.tracker.name} can't be read: {error}.",
                next_step="Start Rasa once (rapport serve), or correct [assistant] tracker_url in shop.toml.",
                code="tracker_missing",
            ) from None
        with store.write() as session:
            for table in (Turn, TrackerEvent):
                session.execute(delete(table))
            session.execute(delete(RejectedRow).where(RejectedRow.batch_id == BATCH_ID))
            session.execute(delete(ImportBatch).where(ImportBatch.id == BATCH_ID))
            session.execute(delete(IngestCursor).where(IngestCursor.source == SOURCE))
        total = 0
        while taken := ingest.step():
            total += taken
        return total
    finally:
        ingest.close()


def _position(session: Session) -> int:
    return session.scalar(select(IngestCursor.position).where(IngestCursor.source == SOURCE)) or 0


def _finite(digits: str) -> float | None:
    number = float(digits)  # "1e999" is infinite, which is no JSON: PostgreSQL would refuse the whole batch
    return number if math.isfinite(number) else None


def _parse(row: Row) -> _Parsed | str:
    """The parsed event, or the reason why it is set aside."""
    if not row.sender_id or len(row.sender_id) > MAX_SENDER or storable(row.sender_id) != row.sender_id:
        return "sender_not_ours"
    if not row.data:
        return "no_data"
    try:
        data = json.loads(row.data, parse_constant=lambda name: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return "not_json"
    if not isinstance(data, dict):
        return "not_an_object"
    at = at_of(data.get("timestamp")) or at_of(row.timestamp)
    return "no_timestamp" if at is None else _Parsed(row.sender_id, at, data)


def _derive(session: Session, conversation_id: str) -> None:
    """Write the conversation's turns from its last one on; earlier ones can't change any more."""
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
        turn.outcome, turn.article_id = draft.outcome, draft.article_id
        turn.reply_count = draft.reply_count
        turn.started_at, turn.answered_at = draft.started_at, draft.answered_at
    session.flush()


def _texts(session: Session, drafts: Iterable[DraftTurn]) -> dict[str, str]:
    """What the customers really wrote: Rasa may have been given a cleaned text."""
    ids = [draft.message_id for draft in drafts if draft.message_id]
    if not ids:
        return {}
    return {row.id: row.text for row in session.execute(select(Message.id, Message.text).where(Message.id.in_(ids)))}

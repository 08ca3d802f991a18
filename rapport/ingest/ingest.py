"""Copy Rasa's events by id and derive turns: restartable, each event exactly once, rebuildable."""

from __future__ import annotations

import json
import logging
import math
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.store import ImportBatch, IngestCursor, Problem, RejectedRow, Store, TrackerEvent, Turn, utcnow

from .aside import BATCH_ID, is_poison, place_of, set_aside_conversation, set_aside_row
from .derive import derive
from .gaps import Gaps
from .notices import OpenTurns
from .tracker import Row, Tracker, TrackerUnavailable
from .turns import at_of, storable

SOURCE = "rasa"
BATCH_ROWS = 500
GRACE_S = 2.0
MAX_SENDER = 40
COMPARED = 5  # copies compared with the tracker store before more is taken from it
log = logging.getLogger("rapport.ingest")


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
        self.open_turns = OpenTurns()
        self.waiting: str | None = None  # why the last step could read nothing

    def step(self) -> int:
        """Take the next batch, in one transaction with the cursor.

        :returns: rows passed; 0 when there is nothing new, or the tracker store can't be read now (``waiting`` says
            why).
        :raises Problem: when the tracker store was replaced by another one.
        """
        self.waiting = None
        taken = self._advance()
        self.open_turns.settle(self.store)
        return taken

    def _advance(self) -> int:
        with self.store.read() as session:
            position = _position(session)
        try:
            found = self.tracker.after(position, self.batch)
            if found:
                self._recognise(position)
            elif position and self.tracker.newest() < position:
                raise self._replaced(f"ends before event {position}, which was already read")
        except TrackerUnavailable as error:
            self.waiting = str(error)
            return 0
        rows = self.gaps.ready(position, found)
        if not rows:
            return 0
        try:
            with self.store.write() as session:
                taken, unanswered = self._take(session, position, rows)
        except IntegrityError:
            # Another ingest took the same rows first. Its transaction counts; ours left nothing.
            with self.store.read() as session:
                if _position(session) == position:
                    raise
            return 0
        self.open_turns.watch(unanswered)
        return taken

    def _recognise(self, position: int) -> None:
        """Compare the newest copies with what the tracker store has under their ids: another one may be longer."""
        with self.store.read() as session:
            copies = session.execute(
                select(TrackerEvent.id, TrackerEvent.conversation_id, TrackerEvent.type_name, TrackerEvent.at)
                .where(TrackerEvent.id <= position)
                .order_by(TrackerEvent.id.desc())
                .limit(COMPARED)
            ).all()
        # One that is missing there says nothing: single conversations may be erased from a tracker store.
        rows = {row.id: row for row in self.tracker.rows([copy.id for copy in copies])}
        for copy in copies:
            row = rows.get(copy.id)
            if row is None:
                continue
            parsed = _parse(row)
            if isinstance(parsed, str) or (parsed.sender, _type_of(row), parsed.at) != tuple(copy)[1:]:
                raise self._replaced(f"has another event {copy.id} than the one that was read")

    def _replaced(self, how: str) -> Problem:
        return Problem(
            f"The tracker store {self.tracker.name} {how}: it was replaced or cut.",
            next_step="Put the old one back, or rebuild the turns from the one that is there with: "
            "python -m rapport.ingest --rebuild",
            code="tracker_replaced",
        )

    def _take(self, session: Session, position: int, rows: list[Row]) -> tuple[int, set[str]]:
        cursor = session.get(IngestCursor, SOURCE, with_for_update=True)
        if (cursor.position if cursor else 0) != position:
            return 0, set()
        if cursor is None:
            cursor = IngestCursor(source=SOURCE, position=0)
            session.add(cursor)
            session.flush()  # a second ingest that begins at the same time fails here, before it has done anything
        unanswered: set[str] = set()
        for conversation_id in sorted(self._copy(session, rows)):
            try:
                with session.begin_nested():
                    unanswered |= derive(session, conversation_id)
            except Exception as error:
                if not is_poison(error):
                    raise
                log.error("conversation %s is set aside: %s", conversation_id, place_of(error))
                set_aside_conversation(session, self.tracker.name, conversation_id, rows[-1].id, error)
        cursor.position = rows[-1].id
        cursor.updated_at = utcnow()
        return len(rows), unanswered

    def _copy(self, session: Session, rows: list[Row]) -> set[str]:
        good: list[tuple[Row, _Parsed]] = []
        for row in rows:
            parsed = _parse(row)
            if isinstance(parsed, str):
                set_aside_row(session, self.tracker.name, row, parsed)
            else:
                good.append((row, parsed))
        try:
            _insert(session, good)
        except Exception as error:
            if not is_poison(error):
                raise
            good = [pair for pair in good if self._copied(session, pair)]
        return {parsed.sender for _, parsed in good}

    def _copied(self, session: Session, pair: tuple[Row, _Parsed]) -> bool:
        """Insert one alone, because of all together one was refused."""
        try:
            _insert(session, [pair])
        except Exception as error:
            if not is_poison(error):
                raise
            set_aside_row(session, self.tracker.name, pair[0], "not_storable")
            return False
        return True

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


def _insert(session: Session, pairs: list[tuple[Row, _Parsed]]) -> None:
    with session.begin_nested():
        session.add_all(
            TrackerEvent(
                id=row.id, conversation_id=parsed.sender, type_name=_type_of(row), at=parsed.at, data=parsed.data
            )
            for row, parsed in pairs
        )


def _type_of(row: Row) -> str:
    return storable(row.type_name)[:64]


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

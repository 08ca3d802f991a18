"""What cannot be taken is set aside with its reason, so that one poison row or conversation stops nothing."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from rapport.store import ImportBatch, RejectedRow

from .tracker import Row

BATCH_ID = "bat_ingest_rasa"


def is_poison(error: Exception) -> bool:
    """Whether the data is at fault, and not the database (away, locked, of an older schema) or the machine."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError)
    return not isinstance(error, MemoryError)


def place_of(error: BaseException) -> str:
    """An error's kind and where it was raised. Its text is left out: it may quote what a customer wrote."""
    frames = extract_tb(error.__traceback__)
    return type(error).__name__ + (f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "")


def set_aside_row(session: Session, source: str, row: Row, reason: str) -> None:
    """Keep a tracker row that can't be copied.

    :param source: the tracker store's name.
    :param reason: one word.
    """
    # repr keeps a timestamp that is no JSON number
    kept = {
        "id": row.id,
        "sender_id": row.sender_id,
        "type_name": row.type_name,
        "timestamp": repr(row.timestamp),
        "data": row.data,
    }
    _keep(session, source, f"rej_rasa_{row.id}", row.id, reason, kept)


def set_aside_conversation(session: Session, source: str, conversation_id: str, number: int, error: Exception) -> None:
    """Keep word, once, of a conversation whose turns can't be derived. Its events are copied already.

    :param number: the id of the newest event it was tried with.
    """
    key = f"rej_fold_{sha256(conversation_id.encode()).hexdigest()[:24]}"
    if session.get(RejectedRow, key) is None:
        kept = {"conversation_id": conversation_id, "error": place_of(error)}
        _keep(session, source, key, number, "not_foldable", kept)


def _keep(session: Session, source: str, key: str, number: int, reason: str, row: dict[str, Any]) -> None:
    batch = session.get(ImportBatch, BATCH_ID)
    if batch is None:
        batch = ImportBatch(
            id=BATCH_ID,
            kind="tracker",
            file=source[:255],
            sha256=sha256(source.encode()).hexdigest(),
            rows_read=0,
            rows_kept=0,
            rows_rejected=0,
        )
        session.add(batch)
        session.flush()
    batch.rows_read += 1
    batch.rows_rejected += 1
    session.add(RejectedRow(id=key, batch_id=BATCH_ID, row_number=number, reason=reason, row=row))
    session.flush()

"""Turns: a customer message with its analysis and outcome, derived from Rasa's events and rebuildable from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Language, Ref, Word, utcnow

# answered: an article; done: a journey step; abstained: said it doesn't know; handed_off: a person was called;
# chitchat: greeting, thanks; failed: an error reached the customer; open: no reply yet.
OUTCOMES = ("answered", "done", "abstained", "handed_off", "chitchat", "failed", "open")


class TrackerEvent(Base):
    """Rasa's event as it stood in the tracker store, copied once by its id there."""

    __tablename__ = "tracker_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the tracker store's own id
    conversation_id: Mapped[Ref]
    type_name: Mapped[Word]
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    ingested_at: Mapped[datetime] = mapped_column(default=utcnow)


class Turn(Base):
    """One customer message and everything up to the next one."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
    )

    id: Mapped[Id]  # "turn_" + the tracker event's id: the same after a rebuild
    tracker_event_id: Mapped[int] = mapped_column(unique=True)
    conversation_id: Mapped[Ref]
    message_id: Mapped[str | None] = mapped_column(String(40), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[Language]
    intent: Mapped[Word]
    intent_confidence: Mapped[float] = mapped_column(Float)
    sentiment: Mapped[str | None] = mapped_column(String(16))  # negative, neutral, positive; none: abstained
    sentiment_score: Mapped[float | None] = mapped_column(Float)  # -1..1
    entities: Mapped[list[Any]] = mapped_column(default=list)
    actions: Mapped[list[Any]] = mapped_column(default=list)
    outcome: Mapped[Word]
    article_id: Mapped[str | None] = mapped_column(String(40), index=True)
    reply_count: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]


class IngestCursor(Base):
    """How far a source was read."""

    __tablename__ = "ingest_cursor"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

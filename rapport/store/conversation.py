"""Conversations and messages: what was said, stored before it is handled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Language, Ref, Word, utcnow

DIRECTIONS = ("in", "out", "trigger")
AUTHORS = ("customer", "assistant", "agent", "system")
# "pending" waits for Rasa (or, outbound, for the channel); "held" waits for a person; "failed" was given up.
MESSAGE_STATES = ("pending", "handled", "held", "failed")
HANDOFF_STATES = ("bot", "queued", "human", "closed")


class Conversation(Base):
    """A thread with one sender on one channel. Its id is Rasa's sender id, and says nothing about the person."""

    __tablename__ = "conversation"
    __table_args__ = (CheckConstraint(f"handoff_state IN {HANDOFF_STATES}", name="handoff_state"),)

    id: Mapped[Id]
    channel: Mapped[Word]
    language: Mapped[Language]
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"), index=True)  # by proof only
    handoff_state: Mapped[Word] = mapped_column(default="bot")
    last_seq: Mapped[int] = mapped_column(default=0)  # the newest message's seq; bumped in the same transaction
    lease_owner: Mapped[str | None] = mapped_column(String(64))  # which gateway copy is handling it now
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    closed_at: Mapped[datetime | None]


class Message(Base):
    """One utterance, in or out. Appended; only ``state``, ``attempts`` and ``note`` change.

    ``direction="trigger"`` is an internal cause to speak (a win-back invitation); customers never see it.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "idempotency_key"),
        UniqueConstraint("reply_to", "reply_index"),
        CheckConstraint(f"direction IN {DIRECTIONS}", name="direction"),
        CheckConstraint(f"author IN {AUTHORS}", name="author"),
        CheckConstraint(f"state IN {MESSAGE_STATES}", name="state"),
        Index("ix_message_direction_state", "direction", "state"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[Ref] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int]  # 1, 2, 3 ... in a conversation: the SSE event id
    direction: Mapped[Word]
    author: Mapped[Word]
    text: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)  # buttons, source article, order card
    idempotency_key: Mapped[str] = mapped_column(String(128))  # the client's for "in"; ours for the rest
    reply_to: Mapped[str | None] = mapped_column(ForeignKey("message.id"))
    reply_index: Mapped[int | None]
    state: Mapped[Word]
    attempts: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None] = mapped_column(Text)  # why it failed or waits
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    handled_at: Mapped[datetime | None]

"""Hand-off: each change between the assistant and a person is a row; bot and human time are spans between rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Ref, Word, utcnow


class Handoff(Base):
    """A transition of a conversation's hand-off state, appended."""

    __tablename__ = "handoff"

    id: Mapped[Id]
    conversation_id: Mapped[Ref] = mapped_column(ForeignKey("conversation.id"))
    from_state: Mapped[Word]
    to_state: Mapped[Word]
    reason: Mapped[Word]  # "asked", "abstained_twice", "complaint", "returned", "closed"
    by: Mapped[Word]  # "customer", "assistant", an agent's id
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)

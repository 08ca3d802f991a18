"""Complaints as cases, and what was given to make up for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Currency, Id, Ref, Word, utcnow

COMPLAINT_STATES = ("received", "acknowledged", "investigating", "remedied", "closed", "reopened")


class Complaint(Base):
    """A case. ``state`` is derived from its steps."""

    __tablename__ = "complaint"
    __table_args__ = (CheckConstraint(f"state IN {COMPLAINT_STATES}", name="state"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(32), unique=True)  # told to the customer: C-26-000017
    idempotency_key: Mapped[str] = mapped_column(String(128), unique=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"), index=True)
    order_number: Mapped[str | None] = mapped_column(String(64))  # as told; a claim, not a proof
    category: Mapped[Word]  # "delivery", "quality", "service", "payment", "other"
    severity: Mapped[Word]  # "low", "normal", "high"
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[Word]
    owner: Mapped[str | None] = mapped_column(String(64))
    acknowledge_by: Mapped[datetime]
    resolve_by: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class ComplaintStep(Base):
    """One timed step of a case, appended."""

    __tablename__ = "complaint_step"

    id: Mapped[Id]
    complaint_id: Mapped[Ref] = mapped_column(ForeignKey("complaint.id"))
    to_state: Mapped[Word]
    by: Mapped[Word]
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utcnow)


class Compensation(Base):
    """A voucher, refund or replacement within policy."""

    __tablename__ = "compensation"

    id: Mapped[Id]
    complaint_id: Mapped[Ref] = mapped_column(ForeignKey("complaint.id"))
    kind: Mapped[Word]
    amount_minor: Mapped[int]
    currency: Mapped[Currency]
    granted_by: Mapped[Word]
    at: Mapped[datetime] = mapped_column(default=utcnow)

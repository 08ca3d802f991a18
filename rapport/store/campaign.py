"""Campaigns, the offers made in them, and loyalty points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Currency, Id, Ref, Word, utcnow

OFFER_STATES = ("held_out", "invited", "shown", "accepted", "declined", "expired")


class Campaign(Base):
    """A reason to speak to an audience."""

    __tablename__ = "campaign"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Word]  # "win_back"
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Offer(Base):
    """What one contact gets in one campaign, with the chance it had of being treated."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id"),
        CheckConstraint(f"state IN {OFFER_STATES}", name="state"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[Ref] = mapped_column(ForeignKey("campaign.id"))
    contact_id: Mapped[Ref] = mapped_column(ForeignKey("contact.id"))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"))
    state: Mapped[Word]
    propensity: Mapped[float]
    value_minor: Mapped[int]
    currency: Mapped[Currency]
    voucher_code: Mapped[str | None] = mapped_column(String(32), unique=True)
    reason: Mapped[str | None] = mapped_column(String(64))  # why the customer had stayed away
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]


class LoyaltyEntry(Base):
    """Points earned, spent or expired, appended. The balance is their sum."""

    __tablename__ = "loyalty_entry"

    id: Mapped[Id]
    contact_id: Mapped[Ref] = mapped_column(ForeignKey("contact.id"))
    points: Mapped[int]
    reason: Mapped[Word]
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)

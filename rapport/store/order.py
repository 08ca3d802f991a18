"""Orders, their lines, and returns. Money is in minor units of the order's currency."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Currency, Id, Line, Ref, Word, utcnow

ORDER_STATES = ("placed", "packed", "sent", "delivered", "cancelled")
RETURN_STATES = ("announced", "arrived", "refunded", "refused")


class Order(Base):
    """One order. ``state`` is the present state; every change of it is also an audit entry."""

    __tablename__ = "order"
    __table_args__ = (CheckConstraint(f"state IN {ORDER_STATES}", name="state"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(64), unique=True)  # as printed for the customer
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"), index=True)  # a till sale has none
    state: Mapped[Word]
    placed_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    promised_from: Mapped[datetime | None]
    promised_to: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    carrier: Mapped[str | None] = mapped_column(String(64))
    tracking_number: Mapped[str | None] = mapped_column(String(64))
    total_minor: Mapped[int]
    currency: Mapped[Currency]
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[Word]

    lines: Mapped[list[OrderLine]] = relationship(back_populates="order")


class OrderLine(Base):
    """One position of an order. The price is what was paid, not today's."""

    __tablename__ = "order_line"

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("order.id"))
    variant_id: Mapped[Ref] = mapped_column(ForeignKey("variant.id"))
    description: Mapped[Line]
    quantity: Mapped[int]
    unit_price_minor: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines")


class Return(Base):
    """Goods that come back, or a whole invoice that was reversed."""

    __tablename__ = "return"
    __table_args__ = (CheckConstraint(f"state IN {RETURN_STATES}", name="state"),)

    id: Mapped[Id]
    external_id: Mapped[str | None] = mapped_column(String(128), unique=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"), index=True)
    order_line_id: Mapped[str | None] = mapped_column(ForeignKey("order_line.id"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"), index=True)
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[Currency]
    reason: Mapped[Word]
    state: Mapped[Word]
    announced_at: Mapped[datetime] = mapped_column(default=utcnow)
    refunded_at: Mapped[datetime | None]

"""Orders as a customer may see them: their own, and no others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from rapport.audit import record
from rapport.customers.identity import contact_of
from rapport.store import Contact, Order, Store

from .text import folded, number_forms


def order_of(session: Session, contact: Contact | None, number: str) -> Order | None:
    """The contact's order with this number, its lines loaded.

    Someone else's order and one that does not exist give the same answer: none.

    :param contact: from ``identity.contact_of``; none for a stranger, who has no orders.
    """
    if contact is None:
        return None
    return session.scalars(
        select(Order)
        .where(Order.contact_id == contact.id, Order.number.in_(number_forms(number)))
        .options(selectinload(Order.lines))
    ).first()


def latest_orders(session: Session, contact: Contact | None, limit: int = 5) -> list[Order]:
    """The contact's newest orders, newest first, their lines loaded.

    :param limit: how many at most.
    """
    if contact is None:
        return []
    found = session.scalars(
        select(Order)
        .where(Order.contact_id == contact.id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(limit)
        .options(selectinload(Order.lines))
    )
    return list(found)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def order_card(order: Order) -> dict[str, Any]:
    """The ``order`` item of a reply: JSON, times in ISO 8601 with their zone, money in minor units, no address."""
    return {
        "kind": "order",
        "number": order.number,
        "state": order.state,
        "placed_at": _iso(order.placed_at),
        "promised_to": _iso(order.promised_to),
        "delivered_at": _iso(order.delivered_at),
        "carrier": order.carrier,
        "tracking_number": order.tracking_number,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "lines": [{"description": line.description, "quantity": line.quantity} for line in order.lines],
    }


def show_order(
    store: Store, conversation_id: str, number: str, idempotency_key: str | None = None
) -> dict[str, Any] | None:
    """The card of an order of the person proved to be in this conversation, with an audit entry that it was shown.

    :param number: the order number as typed; empty for the newest order.
    :param idempotency_key: the turn's, so that a retried turn is audited once.
    :return: none for a stranger, for another customer's order, and for no order.
    """
    with store.write() as session:
        contact = contact_of(session, conversation_id)
        if contact is None:
            return None
        order = (
            order_of(session, contact, number)
            if folded(number)
            else next(iter(latest_orders(session, contact, 1)), None)
        )
        if order is None:
            return None
        record(
            session,
            f"customer:{contact.id}",
            "order.read",
            order.id,
            details={"conversation": conversation_id},
            idempotency_key=None if idempotency_key is None else f"order.read:{idempotency_key}",
        )
        return order_card(order)

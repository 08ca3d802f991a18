"""Customers, orders and a sender for the tests of identity, orders and win-back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rapport.customers.codes import CodeMessage
from rapport.service.conversations import open_conversation
from rapport.store import Contact, Order, OrderLine, Product, Store, Variant

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday
ADA, WANG = "cus_ada", "cus_wang"
ADA_ORDER, WANG_ORDER = "MM000001", "MM000002"


class Outbox:
    """A sender that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[CodeMessage] = []

    def send(self, message: CodeMessage) -> None:
        self.sent.append(message)


def an_order(number: str, contact_id: str | None, placed_at: datetime = NOW, **changes: object) -> Order:
    values = {
        "id": f"ord_{number}",
        "number": number,
        "contact_id": contact_id,
        "state": "sent",
        "placed_at": placed_at,
        "promised_to": placed_at + timedelta(days=5),
        "carrier": "DHL",
        "tracking_number": f"T-{number}",
        "total_minor": 4980,
        "currency": "EUR",
        "source": "test",
        **changes,
    }
    return Order(**values)


def settle(store: Store) -> None:
    """Two customers with one order each, and an order of nobody's (a till sale)."""
    with store.write() as session:
        session.add_all(
            [
                Contact(
                    id=ADA,
                    external_id="A-1",
                    name="Ada",
                    email="ada@example.com",
                    language="en",
                    country="DE",
                    source="test",
                ),
                Contact(
                    id=WANG,
                    external_id="A-2",
                    name="王芳",
                    email="wang@example.cn",
                    language="zh",
                    country="CN",
                    source="test",
                ),
                Contact(id="cus_mute", external_id="A-3", name="M", language="en", country="DE", source="test"),
                Product(id="prd_1", external_id="P-1", name="Scarf", category="wool", source="test"),
            ]
        )
        session.flush()
        session.add(Variant(id="var_1", product_id="prd_1", sku="S-1", options={}, price_minor=2490, currency="EUR"))
        session.add_all(
            [
                an_order(ADA_ORDER, ADA),
                an_order(WANG_ORDER, WANG),
                an_order("MM000003", None),
                an_order("MM000004", "cus_mute"),
            ]
        )
        session.flush()
        session.add(
            OrderLine(
                id="lin_1",
                order_id=f"ord_{ADA_ORDER}",
                variant_id="var_1",
                description="Scarf, moss",
                quantity=2,
                unit_price_minor=2490,
            )
        )


def opened(store: Store, channel: str = "web", language: str = "en") -> str:
    with store.write() as session:
        return open_conversation(session, channel, language).id

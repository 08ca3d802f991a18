"""The four fixed customers, at any moment and of any seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from rapport.demo import PERSONAS, generate
from rapport.store import Consent, Contact, Order, Store

from .conftest import everything, pairs

MOMENTS = [
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # the hour that Europe skips
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 23, 23, 59, tzinfo=UTC),  # already tomorrow in China
    datetime(2028, 2, 29, 4, tzinfo=UTC),
]


@pytest.mark.parametrize("now", MOMENTS)
def test_personas(sqlite_store: Store, now: datetime):
    generate(sqlite_store, seed=now.day, now=now, customers=3)
    contacts = {contact.external_id: contact for contact in everything(sqlite_store, Contact)}
    orders = {order.number: order for order in everything(sqlite_store, Order)}
    consents = [each for each in everything(sqlite_store, Consent) if each.purpose == "win_back" and each.granted]
    emma, wang = contacts["demo-emma"], contacts["demo-wangfang"]
    lucas, mei = contacts["demo-lucas"], contacts["demo-limei"]
    assert (emma.name, emma.email, emma.language) == ("Emma Hart", "emma.hart@example.com", "en")
    assert (wang.name, wang.email, wang.language) == ("王芳", "wang.fang@example.com", "zh")
    assert (lucas.name, lucas.email, lucas.language) == ("Lucas Weber", "lucas.weber@example.com", "en")
    assert (mei.name, mei.email, mei.language) == ("李梅", "li.mei@example.com", "zh")

    for number, contact in (("MM900001", emma), ("MM900002", wang)):
        parcel = orders[number]
        assert parcel.contact_id == contact.id
        assert parcel.state == "sent"
        assert parcel.sent_at is not None
        assert parcel.promised_to is not None
        assert parcel.placed_at < parcel.sent_at <= now < parcel.promised_to
        assert parcel.carrier
        assert parcel.tracking_number
        assert parcel.delivered_at is None

    for contact in (lucas, mei):
        own = [order for order in orders.values() if order.contact_id == contact.id]
        assert {order.state for order in own} == {"delivered"}
        assert sum(order.total_minor for order in own) >= 20000
        assert timedelta(days=230) < now - max(order.placed_at for order in own) < timedelta(days=245)
        assert contact.id in {consent.contact_id for consent in consents}
    for contact in (emma, wang):
        assert now - max(order.placed_at for order in orders.values() if order.contact_id == contact.id) < timedelta(8)


def test_their_tracking_numbers_do_not_change(sqlite_store: Store):
    generate(sqlite_store, seed=1, now=MOMENTS[0], customers=0)
    found = pairs(sqlite_store, select(Order.number, Order.tracking_number))
    assert found["MM900001"] == "PL688640201GB"
    assert set(found) == {order.number for persona in PERSONAS for order in persona.orders}

"""Customers see their own orders, and no others."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from rapport.customers.identity import link, unlink
from rapport.service.orders import latest_orders, order_card, order_of, show_order
from rapport.store import AuditEntry, Contact, Store
from tests.customers.people import ADA, ADA_ORDER, NOW, WANG, WANG_ORDER, an_order, opened, settle


def signed_in(store: Store, contact_id: str = ADA) -> str:
    conversation_id = opened(store)
    with store.write() as session:
        link(session, conversation_id, contact_id, "shop_token", NOW)
    return conversation_id


def test_only_the_own_order_is_found(store: Store) -> None:
    settle(store)
    with store.read() as session:
        ada = session.get_one(Contact, ADA)
        found = order_of(session, ada, f" {ADA_ORDER.lower()}")
        assert found is not None and found.number == ADA_ORDER
        for number in (WANG_ORDER, "MM000003", "MM999999", "", "%", "MM\0", "' OR 1=1 --", "M" * 999):
            assert order_of(session, ada, number) is None, number
        assert order_of(session, None, ADA_ORDER) is None
        assert order_of(session, None, "MM000003") is None  # nobody's order is not a stranger's


def test_the_latest_come_first_and_are_limited(store: Store) -> None:
    settle(store)
    with store.write() as session:
        session.add_all(an_order(f"MM0001{day:02d}", ADA, NOW - timedelta(days=day)) for day in range(1, 9))
    with store.read() as session:
        ada = session.get_one(Contact, ADA)
        assert [order.number for order in latest_orders(session, ada)] == [
            ADA_ORDER,
            *(f"MM0001{day:02d}" for day in range(1, 5)),
        ]
        assert len(latest_orders(session, ada, 2)) == 2
        assert latest_orders(session, None) == []


def test_the_card_is_json_without_an_address(store: Store) -> None:
    settle(store)
    with store.read() as session:
        order = order_of(session, session.get_one(Contact, ADA), ADA_ORDER)
        assert order is not None
        order.address = {"street": "Secret Lane 1"}
        card = order_card(order)
    assert json.loads(json.dumps(card)) == {
        "kind": "order",
        "number": ADA_ORDER,
        "state": "sent",
        "placed_at": "2026-11-20T10:00:00+00:00",
        "promised_to": "2026-11-25T10:00:00+00:00",
        "delivered_at": None,
        "carrier": "DHL",
        "tracking_number": f"T-{ADA_ORDER}",
        "total_minor": 4980,
        "currency": "EUR",
        "lines": [{"description": "Scarf, moss", "quantity": 2}],
    }


def test_attack_another_customers_number_after_login_shows_nothing_and_leaves_no_reading(store: Store) -> None:
    settle(store)
    conversation_id = signed_in(store, WANG)
    assert show_order(store, conversation_id, ADA_ORDER) is None
    assert show_order(store, conversation_id, "MM000003") is None
    with store.read() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "order.read")).all() == []


def test_showing_needs_a_proof_that_still_stands_and_is_audited_once_a_turn(store: Store) -> None:
    settle(store)
    conversation_id = opened(store)
    assert show_order(store, conversation_id, ADA_ORDER) is None
    conversation_id = signed_in(store)
    for _ in range(2):
        card = show_order(store, conversation_id, ADA_ORDER, "msg_1")
        assert card is not None and card["number"] == ADA_ORDER
    with store.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.read")).one()
        assert (entry.actor, entry.subject) == (f"customer:{ADA}", f"ord_{ADA_ORDER}")
    newest = show_order(store, conversation_id, " ")
    assert newest is not None and newest["number"] == ADA_ORDER
    unlink(store, conversation_id, "customer")
    assert show_order(store, conversation_id, ADA_ORDER) is None

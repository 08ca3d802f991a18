"""The audit trail appends, and a key is written once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from rapport.audit import record
from rapport.store import AuditEntry, Store


def test_an_entry_says_who_what_why(store: Store) -> None:
    with store.write() as session:
        record(session, "agent:ada", "order.read", "ord_1", "asked\0", {"number": "MM1"})
        record(session, "agent:ada", "order.read", "ord_1")
    with store.read() as session:
        first, second = session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id))
        assert (first.actor, first.action, first.subject) == ("agent:ada", "order.read", "ord_1")
        assert (first.why, first.details) == ("asked\ufffd", {"number": "MM1"})
        assert (second.why, second.details) == (None, {})


def test_an_act_that_fails_leaves_no_entry(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        record(session, "cli", "x.y", "z")
        raise RuntimeError
    with store.read() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_race_one_key_is_one_entry_and_spoils_no_transaction(store: Store) -> None:
    barrier = threading.Barrier(6)

    def write(number: int) -> str:
        barrier.wait()
        with store.write() as session:
            entry = record(session, "cli", "x.y", "z", idempotency_key="k")
            record(session, "cli", "x.after", str(number))
            return entry.id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(write, range(6)))) == 1
    with store.read() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "x.y")).all()) == 1
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "x.after")).all()) == 6

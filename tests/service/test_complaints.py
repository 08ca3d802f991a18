"""A complaint becomes one case with one number and the policy's deadlines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rapport.service.complaints import complaint_card, open_complaint
from rapport.shop import Shop
from rapport.store import AuditEntry, Complaint, ComplaintStep, Problem, Store
from tests.customers.people import ADA, NOW, opened, settle

POLICY = {"complaints": {"acknowledge_working_days": 1, "resolve_working_days": 10}}


def complain(store: Store, key: str = "msg_1", **changes: Any) -> Complaint:
    values: dict[str, Any] = {
        "idempotency_key": key,
        "conversation_id": None,
        "contact_id": None,
        "category": "delivery",
        "severity": "normal",
        "description": "The parcel is late.",
        "order_number": None,
        "policy": POLICY,
        "now": NOW,
        "timezone": "Europe/Berlin",
        **changes,
    }
    return open_complaint(store, **values)


def test_a_case_has_a_number_deadlines_a_step_and_an_audit_entry(store: Store) -> None:
    settle(store)
    conversation_id = opened(store)
    case = complain(
        store, conversation_id=conversation_id, contact_id=ADA, order_number=" ＭＭ１ ", description="太慢了\0"
    )
    assert case.number == "C-26-000001"
    assert (case.state, case.order_number, case.description) == ("received", "MM1", "太慢了\ufffd")
    assert case.acknowledge_by == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert case.resolve_by == datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)
    with store.read() as session:
        step = session.scalars(select(ComplaintStep)).one()
        assert (step.complaint_id, step.to_state, step.by, step.at) == (case.id, "received", "assistant", NOW)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject, entry.why) == ("complaint.open", case.id, "delivery")
        assert "太慢了" not in str(entry.details)


def test_the_demo_shops_policy_serves(store: Store, shop: Shop) -> None:
    case = complain(store, policy=shop.policy(), timezone=shop.settings.shop.timezone)
    assert complaint_card(case, "Europe/Berlin") == {
        "kind": "complaint",
        "number": "C-26-000001",
        "category": "delivery",
        "resolve_by": "2026-12-04T23:59:59+01:00",
    }


def test_numbers_count_per_year_of_the_shop_and_beyond_six_digits(store: Store) -> None:
    newyear = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 2027 in Berlin
    assert [complain(store, f"k{n}").number for n in range(3)] == [f"C-26-00000{n}" for n in (1, 2, 3)]
    assert complain(store, "k9", now=newyear).number == "C-27-000001"
    assert complain(store, "k10", now=newyear, timezone="UTC").number == "C-26-000004"
    with store.write() as session:
        session.get_one(
            Complaint, session.scalar(select(Complaint.id).where(Complaint.number == "C-26-000004"))
        ).number = "C-26-999999"
    assert complain(store, "k11").number == "C-26-1000000"
    assert complain(store, "k12").number == "C-26-1000001"


def test_a_repeat_is_the_first_case_unchanged(store: Store) -> None:
    first = complain(store)
    again = complain(store, description="another text", category="quality")
    assert (again.id, again.description, again.category) == (first.id, first.description, "delivery")
    with store.read() as session:
        assert len(session.scalars(select(ComplaintStep)).all()) == 1
        assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_attack_another_conversations_key_shows_nothing(store: Store) -> None:
    first, other = opened(store), opened(store)
    complain(store, conversation_id=first)
    with pytest.raises(Problem) as caught:
        complain(store, conversation_id=other)
    assert caught.value.code == "idempotency_conflict"


def test_holidays_of_the_policy_and_a_zone_in_it(store: Store) -> None:
    policy = {
        "shop": {"timezone": "Asia/Shanghai"},
        "complaints": {**POLICY["complaints"], "holidays": ["2026-11-23"]},
    }
    case = complain(store, policy=policy, timezone=None)
    assert complaint_card(case, "Asia/Shanghai")["resolve_by"] == "2026-12-07T23:59:59+08:00"
    assert case.acknowledge_by == datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"category": "weather"}, "complaint_category"),
        ({"severity": "urgent"}, "complaint_severity"),
        ({"description": "  "}, "complaint_empty"),
        ({"key": ""}, "idempotency_key"),
        ({"key": "k" * 129}, "idempotency_key"),
        ({"policy": {}}, "policy"),
        ({"policy": {"complaints": {"acknowledge_working_days": 1, "resolve_working_days": "ten"}}}, "policy"),
        ({"policy": {"complaints": {**POLICY["complaints"], "holidays": ["Christmas"]}}}, "policy"),
    ],
)
def test_wrong_values_are_named_and_nothing_is_opened(sqlite_store: Store, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as caught:
        complain(sqlite_store, **change)
    assert caught.value.code == code
    with sqlite_store.read() as session:
        assert session.scalars(select(Complaint)).all() == []


def test_a_broken_reference_is_not_taken_for_a_taken_number(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        complain(store, conversation_id="cnv_none")


def test_race_one_key_is_one_case_and_many_keys_are_many_numbers(store: Store) -> None:
    barrier = threading.Barrier(8)

    def send(number: int) -> tuple[str, str]:
        barrier.wait()
        return complain(store, "same").number, complain(store, f"own {number}").number

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(send, range(8)))
    assert len({same for same, _ in results}) == 1
    numbers = {results[0][0], *(own for _, own in results)}
    assert numbers == {f"C-26-{number:06d}" for number in range(1, 10)}
    with store.read() as session:
        assert len(session.scalars(select(ComplaintStep)).all()) == 9


def test_the_articles_promise_what_the_policy_says(root: Path) -> None:
    """One and ten working days stand in the text that customers read."""
    policy = Shop(root / "shops" / "demo").policy()["complaints"]
    text = (root / "shops/demo/articles/en/complaints/complaint-duration.md").read_text(encoding="utf-8")
    assert f"{policy['acknowledge_working_days']} working day" in text
    assert f"{policy['resolve_working_days']} working days" in text

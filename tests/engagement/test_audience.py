"""Who counts as valued and lapsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rapport.engagement.audience import Rules, valued_lapsed
from rapport.store import Campaign, Consent, Contact, Offer, Problem, Return, Store
from tests.customers.people import NOW, an_order

POLICY: dict[str, Any] = {
    "shop": {"currency": "EUR"},
    "winback": {
        "lapsed_after_days": 180,
        "valued_from": 15000,
        "voucher": 1000,
        "voucher_valid_days": 45,
        "hold_out_share": 0.2,
    },
}
RULES = Rules.of(POLICY)
LONG_AGO = NOW - timedelta(days=200)


class Town:
    """Contacts by name, each with orders of (amount in minor units, days ago)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.orders = 0

    def add(self, name: str, *orders: tuple[int, float], **changes: object) -> None:
        with self.store.write() as session:
            session.add(Contact(id=name, external_id=name, name=name, language="en", country="DE", source="test"))
            session.flush()
            for amount, days in orders:
                self.orders += 1
                values = {"total_minor": amount, **changes}
                session.add(an_order(f"T{self.orders:06d}", name, NOW - timedelta(days=days), **values))

    def found(self, campaign_id: str | None = None) -> list[str]:
        with self.store.read() as session:
            return valued_lapsed(session, RULES, NOW, campaign_id)


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def test_spend_and_absence_decide_and_the_limits_are_exact(town: Town) -> None:
    town.add("exactly", (15000, 181))
    town.add("a cent short", (14999, 181))
    town.add("together", (10000, 500), (5000, 200))
    town.add("on the day", (15000, 180))
    town.add("back again", (20000, 400), (100, 3))
    town.add("never bought")
    assert town.found() == ["exactly", "together"]


def test_cancelled_orders_neither_earn_nor_count_as_visits(town: Town) -> None:
    town.add("cancelled", (20000, 200), state="cancelled")
    town.add("valued", (20000, 200))
    with town.store.write() as session:
        session.add(an_order("T9", "valued", NOW - timedelta(days=1), state="cancelled"))
    assert town.found() == ["valued"]


def test_other_currencies_are_visits_but_no_euros(town: Town) -> None:
    town.add("pounds only", (90000, 200), currency="GBP")
    town.add("both", (20000, 300))
    with town.store.write() as session:
        session.add(an_order("T9", "both", NOW - timedelta(days=10), currency="GBP"))
    assert town.found() == []


def test_refunds_are_taken_off_but_refused_returns_are_not(town: Town) -> None:
    for name, state in (("refunded", "refunded"), ("refused", "refused")):
        town.add(name, (20000, 200))
        with town.store.write() as session:
            session.add(
                Return(
                    id=f"ret_{name}",
                    contact_id=name,
                    quantity=1,
                    amount_minor=5001,
                    currency="EUR",
                    reason="fit",
                    state=state,
                )
            )
    assert town.found() == ["refused"]


def test_the_newest_word_on_win_back_counts(town: Town) -> None:
    for name, words in {
        "silent": [],
        "refused": [("win_back", False)],
        "changed mind": [("win_back", False), ("win_back", True)],
        "withdrew": [("win_back", True), ("win_back", False)],
        "no newsletter": [("newsletter", False)],
    }.items():
        town.add(name, (20000, 200))
        with town.store.write() as session:
            for number, (purpose, granted) in enumerate(words):
                session.add(
                    Consent(
                        id=f"con_{name}_{number}",
                        contact_id=name,
                        purpose=purpose,
                        granted=granted,
                        source="test",
                        at=LONG_AGO + timedelta(days=number),
                    )
                )
    assert town.found() == ["changed mind", "no newsletter", "silent"]


def test_one_absence_is_asked_about_once(town: Town) -> None:
    """Also a held-out one: treated in the next month, it would be no hold-out."""
    for name, days, state in (("asked", 30, "declined"), ("held", 30, "held_out"), ("before", 400, "accepted")):
        town.add(name, (20000, 200))
        with town.store.write() as session:
            session.add(Campaign(id=f"cam_{name}", code=f"old-{name}", kind="win_back", rules={}))
            session.flush()
            session.add(
                Offer(
                    id=f"off_{name}",
                    campaign_id=f"cam_{name}",
                    contact_id=name,
                    state=state,
                    propensity=0.8,
                    value_minor=1000,
                    currency="EUR",
                    created_at=NOW - timedelta(days=days),
                )
            )
    assert town.found() == ["before"]
    assert town.found("cam_asked") == ["asked", "before"]


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("winback", {"valued_from": 0}),
        ("winback", {"lapsed_after_days": "180"}),
        ("winback", {"voucher": 10.0}),
        ("winback", {"voucher_valid_days": True}),
        ("winback", {"hold_out_share": 1}),
        ("winback", {"hold_out_share": -0.1}),
        ("winback", {"hold_out_share": None}),
        ("shop", {"currency": "euro"}),
    ],
)
def test_a_wrong_number_in_the_policy_is_named(section: str, change: dict[str, object]) -> None:
    with pytest.raises(Problem) as caught:
        Rules.of({**POLICY, section: {**POLICY[section], **change}})
    assert caught.value.code == "policy"
    assert next(iter(change)) in caught.value.what

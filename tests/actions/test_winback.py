"""The win-back talk: asked, listened to, offered, respected."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from actions.reasons import STAYED_AWAY
from actions.session import Stop
from actions.winback import AskAnswer, AskReason, WinbackFinish, WinbackForm
from rapport.engagement import winback
from rapport.store import Complaint, Offer, Order, utcnow


@pytest.fixture
def invited(known, house):
    """Anna, who spent enough, stayed away, and is invited."""
    long_ago = utcnow() - timedelta(days=300)
    with house.store.write() as session:
        session.execute(update(Order).values(placed_at=long_ago, delivered_at=long_ago, state="delivered",
                                             total_minor=20_000))  # fmt: skip
    policy = copy.deepcopy(house.policy)
    policy["winback"]["hold_out_share"] = 0.0
    assert winback.select(house.store, policy, utcnow(), 1).invited >= 1
    return known


def offer_of(house):
    with house.store.read() as session:
        offer = session.scalars(select(Offer).where(Offer.contact_id == "cus_anna")).one()
        session.expunge(offer)
        return offer


def begin(talk):
    talk.hear('/start_winback{"language":"en"}', "start_winback", language="en").run(WinbackForm())
    assert talk.asked == "winback_reason"
    talk.loop = "winback_form"
    return talk.run(AskReason())


def test_price_then_yes(invited, house, said, item):
    hello = begin(invited)
    assert said(hello) == ["utter_winback_hello"]
    assert hello[0]["name"] == "Anna"
    assert said(invited.hear("way too expensive", "give_reason").run(WinbackForm())) == ["utter_winback_price"]
    assert invited.asked == "winback_answer"
    ask = invited.run(AskAnswer())
    assert (said(ask), ask[0]["value"]) == (["utter_winback_offer"], "€10")
    invited.hear("yes", "affirm").run(WinbackForm())
    assert invited.asked is None
    messages = invited.run(WinbackFinish())
    offer = offer_of(house)
    assert (offer.state, offer.reason) == ("accepted", "price")
    assert said(messages) == ["utter_winback_accepted"]
    assert messages[0]["code"] == offer.voucher_code == item(messages, "offer")["code"]


def test_a_retried_yes_is_the_same_voucher(invited, house, item):
    begin(invited)
    invited.hear("too expensive", "give_reason").run(WinbackForm())
    invited.run(AskAnswer())
    before = dict(invited.slots)
    codes = set()
    for _ in range(2):
        invited.slots = dict(before)
        invited.hear("yes", "affirm", message_id="msg_yes").run(WinbackForm())
        codes.add(item(invited.run(WinbackFinish()), "offer")["code"])
    assert len(codes) == 1


def test_our_fault_may_become_a_case_and_no_is_respected(invited, house, said):
    begin(invited)
    messages = invited.hear("the quality was bad", "give_reason").run(WinbackForm())
    assert said(messages) == ["utter_winback_quality"]
    assert invited.asked == "winback_complaint"
    messages = invited.hear("yes please", "affirm").run(WinbackForm())
    assert said(messages) == ["utter_complaint_opened"]
    with house.store.read() as session:
        case = session.scalars(select(Complaint)).one()
        assert (case.description, case.category) == ("the quality was bad", "quality")
    invited.run(AskAnswer())
    invited.hear("no thanks", "deny").run(WinbackForm())
    assert said(invited.run(WinbackFinish())) == ["utter_winback_declined"]
    assert offer_of(house).state == "declined"


def test_stop_is_a_no(invited, house, said):
    begin(invited)
    invited.hear("stop", "stop").run(WinbackForm())
    assert said(invited.run(Stop())) == ["utter_winback_declined"]
    assert offer_of(house).state == "declined"


def test_no_to_the_question_why_ends_it(invited, house, said):
    begin(invited)
    assert invited.hear("no", "deny").run(WinbackForm()) == []
    assert invited.asked is None
    assert said(invited.run(WinbackFinish())) == ["utter_winback_declined"]
    assert offer_of(house).reason is None


def test_neither_yes_nor_no_is_asked_once_more_and_then_a_no(invited, house, said):
    begin(invited)
    invited.hear("too expensive", "give_reason").run(WinbackForm())
    invited.run(AskAnswer())
    assert said(invited.hear("hm", "nlu_fallback").run(WinbackForm())) == ["utter_winback_yes_or_no"]
    assert invited.asked == "winback_answer"
    invited.hear("hmm", "nlu_fallback").run(WinbackForm())
    invited.run(WinbackFinish())
    assert offer_of(house).state == "declined"


def test_nothing_due_is_just_a_hello(known_zh, talk, said):
    known_zh.hear("/start_winback", "start_winback").run(WinbackForm())
    assert known_zh.asked is None
    messages = known_zh.run(WinbackFinish())
    assert (said(messages), messages[0]["name"]) == (["utter_winback_hello_only"], "李娜")
    talk.hear("/start_winback", "start_winback").run(WinbackForm())
    assert said(talk.run(WinbackFinish())) == ["utter_winback_nobody"]


def test_reasons_are_those_the_store_takes():
    assert {*STAYED_AWAY, "other"} == set(winback.REASONS)


def test_a_complaint_is_no_reason_but_a_fault_is(invited, house, said):
    begin(invited)
    assert said(invited.hear("I want to complain", "make_complaint").run(WinbackForm())) == []
    assert invited.asked == "winback_reason"  # a rule takes over
    messages = invited.hear("I complain about the quality", "make_complaint").run(WinbackForm())
    assert said(messages) == ["utter_winback_quality"]
    invited.hear("yes, a complaint", "make_complaint").run(WinbackForm())
    assert invited.slots["winback_complaint"] == "yes"
    invited.hear("lovely!", "praise").run(WinbackForm())
    assert invited.slots["winback_answer"] == "yes"

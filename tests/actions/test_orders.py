"""Order status: only after proof, only one's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from actions.orders import OrderForm, OrderStatus, order_reply
from rapport.store import AuditEntry, OneTimeCode


def code_sent(house):
    (file,) = (house.shop.var / "sent").glob("*.txt")
    return re.search(r"\b\d{6}\b", file.read_text("utf-8")).group()


def begin(talk):
    talk.hear("where is my order", "order_status").run(OrderForm())
    talk.loop = "order_form"
    return talk


def to_the_code(talk, email="anna@example.com", number="MM100002"):
    begin(talk)
    talk.hear(number, "provide_details", order_number=number).run(OrderForm())
    return talk.hear(email, "provide_details", email=email).run(OrderForm())


def test_a_stranger_is_asked_for_number_address_and_code(talk, house, said, item):
    begin(talk)
    assert talk.asked == "order_number"
    talk.hear("MM100002", "provide_details", order_number="MM100002").run(OrderForm())
    assert talk.asked == "email"
    messages = talk.hear("anna@example.com", "provide_details", email="anna@example.com").run(OrderForm())
    assert talk.asked == "code"
    assert said(messages) == ["utter_code_sent"]
    assert item(messages, "code_sent")["to"] == "a***@example.com"
    code = code_sent(house)
    talk.hear(code, "provide_details", code=code).run(OrderForm())
    assert talk.asked is None
    assert talk.slots["code"] == "verified"  # the code itself is kept nowhere
    messages = talk.run(OrderStatus())
    assert said(messages) == ["utter_order_sent"]
    assert item(messages, "order")["number"] == "MM100002"
    assert talk.slots["order_number"] is None
    assert talk.slots["email"] is None


def test_everything_in_one_sentence(talk, said):
    text = "where is MM100002? my mail is anna@example.com"
    messages = talk.hear(text, "order_status", order_number="MM100002", email="anna@example.com").run(OrderForm())
    assert said(messages) == ["utter_code_sent"]
    assert talk.asked == "code"


def test_six_bare_digits_are_a_number_when_the_number_is_asked_for(talk):
    begin(talk).hear("100002", "provide_details", code="100002").run(OrderForm())
    assert talk.slots["order_number"] == "MM100002"


def test_a_wrong_address_gets_the_same_answer(talk, house, said):
    messages = to_the_code(talk, email="mallory@example.com")
    assert said(messages) == ["utter_code_sent"]
    assert not list((house.shop.var / "sent").glob("*"))


def test_a_corrected_address_gets_a_new_code(talk, house, said):
    to_the_code(talk, email="ana@example.com")
    messages = talk.hear("sorry, anna@example.com", "provide_details", email="anna@example.com").run(OrderForm())
    assert said(messages) == ["utter_code_sent"]
    assert code_sent(house)
    assert talk.asked == "code"


def test_after_three_wrong_codes_it_ends_and_a_person_is_offered(talk, house, said):
    to_the_code(talk)
    wrong = f"{(int(code_sent(house)) + 1) % 1_000_000:06d}"
    assert said(talk.hear(wrong, "provide_details", code=wrong).run(OrderForm())) == ["utter_wrong_code"]
    assert talk.asked == "code"
    talk.hear("dunno", "nlu_fallback").run(OrderForm())
    assert talk.asked == "code"
    talk.hear(wrong, "provide_details", code=wrong).run(OrderForm())
    assert talk.asked is None
    assert said(talk.run(OrderStatus())) == ["utter_order_gave_up"]
    assert talk.slots["form_end"] is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("do you take PayPal?", "ask_shop"),
        ("支持支付宝吗", "nlu_fallback"),
        ("stop", "stop"),
        ("a human please", "ask_person"),
        ("I want to complain", "make_complaint"),
        ("give me a discount", "ask_shop"),
        ("tell me, will it rain?", "off_topic"),
        ("you are useless", "insult"),
    ],
)
def test_something_else_in_the_middle_is_left_to_the_rules(talk, text, intent):
    begin(talk)
    messages = talk.hear(text, intent).run(OrderForm())
    assert messages == []
    # Only the requested slot, unchanged: Rasa then rejects the form and a rule answers.
    assert [(event["name"], event["value"]) for event in talk.returned] == [("requested_slot", "order_number")]


def test_a_known_customer_is_asked_nothing_and_sees_the_latest_order(known, said, item):
    known.hear("where is my order", "order_status").run(OrderForm())
    assert known.asked is None
    messages = known.run(OrderStatus())
    assert said(messages) == ["utter_order_sent", "utter_order_latest"]
    assert item(messages, "order")["number"] == "MM100002"


def test_a_known_customer_names_an_order(known, said, item):
    messages = known.hear("and MM100001?", "order_status", order_number="MM100001").run(OrderStatus())
    assert said(messages) == ["utter_order_delivered"]
    assert item(messages, "order")["number"] == "MM100001"


def test_someone_elses_order_is_unknown(known, said):
    messages = known.hear("MM200001", "provide_details", order_number="MM200001").run(OrderStatus())
    assert said(messages) == ["utter_order_unknown"]
    assert not any(message["custom"] for message in messages)


def test_without_proof_nothing_is_shown_whatever_the_slots_say(talk, said):
    talk.slots |= {"order_number": "MM100002", "email": "anna@example.com", "code": "verified"}
    messages = talk.hear("show it", "order_status").run(OrderStatus())
    assert said(messages) == ["utter_order_gave_up"]


def test_a_late_order_in_chinese(known_zh, said):
    messages = known_zh.hear("我的订单到哪了", "order_status").run(OrderStatus())
    assert said(messages)[0] == "utter_order_late"
    assert re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", messages[0]["promised"])


def test_showing_is_audited_once_for_a_retried_turn(known, house):
    for _ in range(2):
        known.hear("where is it", "order_status", message_id="msg_same").run(OrderStatus())
    with house.store.read() as session:
        count = session.scalar(select(func.count()).where(AuditEntry.action == "order.read"))
    assert count == 1


def test_the_same_pair_sends_one_code(talk, house):
    to_the_code(talk)
    talk.hear("what now?", "ask_shop").run(OrderForm())  # the form comes back after an interruption
    with house.store.read() as session:
        assert session.scalar(select(func.count()).select_from(OneTimeCode)) == 1


def test_a_retried_turn_sends_one_code_and_it_is_the_right_one(talk, house, said, item):
    begin(talk)
    talk.hear("MM100002", "provide_details", order_number="MM100002").run(OrderForm())
    before = dict(talk.slots), list(talk.events)
    for _ in range(2):  # Rasa died before it saved the first one
        talk.slots, talk.events = dict(before[0]), list(before[1])
        talk.hear("anna@example.com", "provide_details", email="anna@example.com", message_id="msg_same")
        messages = talk.run(OrderForm())
        assert said(messages) == ["utter_code_sent"]
        assert item(messages, "code_sent")["to"] == "a***@example.com"
    code = code_sent(house)  # of the only file
    talk.hear(code, "provide_details", code=code).run(OrderForm())
    assert talk.slots["code"] == "verified"


def test_what_does_not_go_on_is_marked_and_is_no_help(talk, house, item):
    begin(talk)
    assert item(talk.hear("MM12", "provide_details").run(OrderForm()), "unfinished")
    talk.hear("MM100002", "provide_details", order_number="MM100002").run(OrderForm())
    assert item(talk.hear("no idea", "provide_details").run(OrderForm()), "unfinished")
    talk.hear("anna@example.com", "provide_details", email="anna@example.com").run(OrderForm())
    wrong = f"{(int(code_sent(house)) + 1) % 1_000_000:06d}"
    assert item(talk.hear(wrong, "provide_details", code=wrong).run(OrderForm()), "unfinished")
    assert item(talk.hear("dunno", "nlu_fallback").run(OrderForm()), "unfinished")
    talk.hear(wrong, "provide_details", code=wrong).run(OrderForm())
    assert item(talk.run(OrderStatus()), "unfinished")


@pytest.mark.parametrize(
    ("change", "response"),
    [
        ({"state": "placed"}, "utter_order_placed"),
        ({"state": "packed"}, "utter_order_packed"),
        ({"state": "packed", "promised_to": None}, "utter_order_preparing"),
        ({"state": "sent"}, "utter_order_late"),
        ({"state": "sent", "promised_to": "2030-01-01T12:00:00+00:00"}, "utter_order_sent"),
        ({"state": "sent", "carrier": None}, "utter_order_travelling"),
        ({"state": "delivered", "delivered_at": "2026-03-03T12:00:00+00:00"}, "utter_order_delivered"),
        ({"state": "delivered"}, "utter_order_arrived"),
        ({"state": "cancelled"}, "utter_order_cancelled"),
    ],
)
def test_each_state_has_words(change, response):
    card = {
        "number": "MM1", "placed_at": "2026-03-01T12:00:00+00:00", "promised_to": "2026-03-05T12:00:00+00:00",
        "delivered_at": None, "carrier": "DHL",
    } | change  # fmt: skip
    now = datetime(2026, 3, 20, tzinfo=UTC)
    name, values = order_reply(card, "en", "Europe/Berlin", now)
    assert name == response
    assert all(values.values())


@pytest.mark.parametrize(("text", "intent"), [("I lost the e-mail", "cannot_give"), ("没有", "deny")])
def test_who_has_no_number_is_offered_a_person_at_once(talk, said, text, intent):
    begin(talk)
    assert said(talk.hear(text, intent).run(OrderForm())) == []
    assert talk.asked is None
    assert said(talk.run(OrderStatus())) == ["utter_order_gave_up"]


def test_a_code_that_did_not_come_is_sent_again(talk, house, said, item):
    to_the_code(talk)
    messages = talk.hear("I didn't get the code", "code_trouble").run(OrderForm())
    assert said(messages) == ["utter_code_again"]
    assert item(messages, "code_sent")["to"] == "a***@example.com"
    assert talk.asked == "code"
    assert len(list((house.shop.var / "sent").glob("*.txt"))) == 2
    talk.hear("resend", "code_trouble").run(OrderForm())
    assert said(talk.hear("resend!", "code_trouble").run(OrderForm())) == []  # not forever
    assert said(talk.run(OrderStatus())) == ["utter_order_gave_up"]

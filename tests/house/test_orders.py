"""Where is my order: only after proof of identity."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from rapport.store import AuditEntry, Store
from tools.house import Chat, House, wait_for

from .conftest import shop_token

PEOPLE = {
    "en": ("demo-emma", "MM900001", "emma.hart@example.com", "Where is my order?", "MM900001"),
    "zh": ("demo-wangfang", "MM900002", "wang.fang@example.com", "我的订单到哪了？", "MM900002"),
}


def the_code(house: House, email: str, before: set[str]) -> str:
    """The code in the newest message that the file sender 'sent' to an address."""

    def probe() -> str | None:
        for file in sorted((house.shop.var / "sent").glob("*.txt")):
            text = file.read_text("utf-8")
            if file.name not in before and email in text:
                return re.search(r"\b(\d{6})\b", text.replace(email, "")).group(1)  # type: ignore[union-attr]
        return None

    return wait_for("a code", probe)


def sent(house: House) -> set[str]:
    return {f.name for f in (house.shop.var / "sent").glob("*.txt")}


def cards(replies: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    return [m["payload"]["order"] for m in replies if "order" in m["payload"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_order_status_after_a_code(house: House, house_store: Store, language: str) -> None:
    _, number, email, question, _ = PEOPLE[language]
    chat = house.chat(language)
    before = sent(house)
    assert not cards(chat.say(question))
    assert not cards(chat.say(number))
    replies = chat.say(email)
    assert not cards(replies)
    assert email not in " ".join(m["text"] for m in replies)  # the address is shown masked
    (card,) = cards(chat.say(the_code(house, email, before)))
    assert card["number"] == number
    with house_store.read() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.actor.like("customer:%"))).all()
    assert actions
    # Once proven, the next question needs no code.
    (again,) = cards(chat.say(f"{question} {number}"))
    assert again["number"] == number


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_signed_in_customer_needs_no_code(house: House, language: str) -> None:
    customer, number, _, question, _ = PEOPLE[language]
    chat = house.chat(language)
    assert chat.login(shop_token(house.shop, customer)).is_success
    replies = chat.say(f"{question} {number}")
    (card,) = cards(replies)
    assert card["number"] == number


def test_someone_elses_order_is_not_shown(house: House) -> None:
    chat = house.chat("en")
    chat.login(shop_token(house.shop, "demo-emma"))
    replies = chat.say("Where is my order MM900002?")
    assert all(card["number"] != "MM900002" for card in cards(replies))


def test_a_wrong_address_gets_the_same_answer_and_no_code(house: House) -> None:
    answers = []
    for email in ("emma.hart@example.com", "mallory@example.com"):
        chat, before = house.chat("en"), sent(house)
        chat.say("Where is my order?")
        chat.say("MM900001")
        replies = chat.say(email)
        answers.append([re.sub(r"\S+@\S+", "<address>", m["text"]) for m in replies])
        if email.startswith("mallory"):
            assert sent(house) == before
    assert answers[0] == answers[1]


def test_a_wrong_code_shows_nothing(house: House) -> None:
    chat = house.chat("en")
    before = sent(house)
    chat.say("Where is my order?")
    chat.say("MM900001")
    chat.say("emma.hart@example.com")
    right = the_code(house, "emma.hart@example.com", before)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert not cards(chat.say(wrong))


def test_another_visitors_session_cannot_be_used(house: House) -> None:
    mine: Chat = house.chat("en")
    mine.login(shop_token(house.shop, "demo-emma"))
    stranger = house.chat("en")
    assert not cards(stranger.say("Where is my order MM900001?"))
    forged = mine.http.headers["Authorization"][:-3] + uuid.uuid4().hex[:3]
    answer = stranger.http.get("/v1/messages", headers={"Authorization": forged})
    assert answer.status_code == 401

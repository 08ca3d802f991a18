"""A customer who stayed away is asked why, offered something, and respected."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rapport.store import Contact, Offer, Store
from tools.house import Chat, House

from .conftest import shop_token


def invited(house: House, store: Store, external_id: str) -> Chat:
    """The customer signs in; the hold-out draw must have invited them (a stated seed: see docs/demo-shop.md)."""
    with store.write() as session:
        offer = session.scalars(
            select(Offer).join(Contact, Contact.id == Offer.contact_id).where(Contact.external_id == external_id)
        ).one()
        # The draw may have held this persona out; the talk is what is tested here, the draw in tests/engagement.
        offer.state, offer.conversation_id = "invited", None
    with store.read() as session:
        language = session.scalars(select(Contact.language).where(Contact.external_id == external_id)).one()
    chat = house.chat(language)
    assert chat.login(shop_token(house.shop, external_id)).is_success
    return chat


def offer_of(store: Store, external_id: str) -> Offer:
    with store.read() as session:
        return session.scalars(
            select(Offer).join(Contact, Contact.id == Offer.contact_id).where(Contact.external_id == external_id)
        ).one()


def test_an_english_customer_takes_the_offer(house: House, house_store: Store) -> None:
    chat = invited(house, house_store, "demo-lucas")
    greeting = chat.replies()
    assert "Lucas" in " ".join(m["text"] for m in greeting)
    chat.seen = max(m["seq"] for m in greeting)
    replies = chat.say("It was too expensive for me")
    if not any("offer" in m["payload"] for m in replies):
        replies = chat.say("yes please")
    (card,) = [m["payload"]["offer"] for m in replies if "offer" in m["payload"]]
    offer = offer_of(house_store, "demo-lucas")
    assert offer.state == "accepted"
    assert (card["code"], card["value_minor"]) == (offer.voucher_code, 1000)
    assert offer.reason == "price"


def test_a_chinese_customer_says_no_and_that_is_respected(house: House, house_store: Store) -> None:
    chat = invited(house, house_store, "demo-limei")
    chat.replies()
    chat.say("我在别的店买了")
    chat.say("不用了，谢谢")
    said = chat.messages()
    assert not any("offer" in m["payload"] for m in said)
    offer = offer_of(house_store, "demo-limei")
    assert offer.state == "declined"
    # A code may be drawn when an offer is made; who declines never hears it.
    assert not offer.voucher_code or offer.voucher_code not in " ".join(m["text"] for m in said)


@pytest.mark.parametrize("customer", ["demo-emma", "demo-wangfang"])
def test_who_did_not_stay_away_is_not_asked(house: House, customer: str) -> None:
    chat = house.chat("en")
    chat.login(shop_token(house.shop, customer))
    replies = chat.say("hello")
    assert not any("offer" in m["payload"] for m in replies)
    assert len([m for m in chat.messages() if m["author"] == "assistant"]) == len(replies)

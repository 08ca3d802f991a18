"""Running actions without Rasa: a tracker that remembers, a real store, and the demo shop's folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action

from actions import house as house_module
from actions.house import House
from rapport.customers.identity import link
from rapport.shop import Shop
from rapport.store import Contact, Conversation, Order, OrderLine, Product, Store, Variant, new_id, utcnow


@dataclass
class Talk:
    """A conversation as Rasa keeps it, as far as actions see it."""

    id: str
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    latest: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None
    messages: int = 0
    returned: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, text: str, intent: str, **entities: str) -> Talk:
        """A customer's message, classified. ``message_id`` among the keywords gives it an id of the gateway's."""
        self.messages += 1
        message_id = entities.pop("message_id", f"msg_{self.id}_{self.messages}")
        self.latest = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": {"message_id": message_id},
        }
        self.events.append({"event": "user", "text": text})
        return self

    def run(self, action: Action) -> list[dict[str, Any]]:
        """Run an action, keep its slots and words; returns what was said."""
        form = getattr(action, "form", None)
        if form:
            self.events.append({"event": "action", "name": form})
        tracker = Tracker(
            self.id, dict(self.slots), self.latest, list(self.events), False, None,
            {"name": self.loop} if self.loop else {}, "action_listen",
        )  # fmt: skip
        dispatcher = CollectingDispatcher()
        self.returned = asyncio.run(action.run(dispatcher, tracker, {}))
        for event in self.returned:
            self.events.append(event)
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        for message in dispatcher.messages:
            data = {"custom": message["custom"] or None}
            self.events.append({"event": "bot", "data": data, "metadata": {"utter_action": message["response"]}})
        return dispatcher.messages

    @property
    def asked(self) -> Any:
        """The slot whose question is open."""
        return self.slots.get("requested_slot")


def responses(messages: list[dict[str, Any]]) -> list[str]:
    """The names of the responses that were said."""
    return [message["response"] for message in messages if message["response"]]


def custom(messages: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The one custom item of a kind; it must follow a text."""
    (at,) = [place for place, message in enumerate(messages) if message["custom"].get("kind") == kind]
    assert at > 0
    assert messages[at - 1]["response"]
    return dict(messages[at]["custom"])


@pytest.fixture
def said() -> Callable[[list[dict[str, Any]]], list[str]]:
    return responses


@pytest.fixture
def item() -> Callable[[list[dict[str, Any]], str], dict[str, Any]]:
    return custom


@pytest.fixture
def house(store: Store, shop: Shop) -> Iterator[House]:
    """The process's house on a store of each kind: two customers, Anna (en) and Li Na (zh), with orders."""
    one = House(shop, store)
    house_module.use(one)
    now = utcnow()
    with store.write() as session:
        session.add(Product(id="prd_1", external_id="towel", name="Towel", category="home", source="test"))
        session.flush()
        session.add(Variant(id="var_1", product_id="prd_1", sku="t1", price_minor=2500, currency="EUR"))
        for who, name, email, language in (
            ("anna", "Anna Bauer", "anna@example.com", "en"),
            ("lina", "李娜", "li.na@example.com", "zh"),
        ):
            session.add(
                Contact(id=f"cus_{who}", external_id=who, name=name, email=email, language=language, country="DE",
                        source="test")
            )  # fmt: skip
        for conversation, language in (("cnv_1", "en"), ("cnv_2", "zh")):
            session.add(Conversation(id=conversation, channel="web", language=language))
        session.flush()
        for number, who, state, placed, promised in (
            ("MM100001", "anna", "delivered", 40, -30),
            ("MM100002", "anna", "sent", 3, 2),
            ("MM200001", "lina", "sent", 12, -4),
        ):
            order = Order(
                id=new_id("ord"), number=number, contact_id=f"cus_{who}", state=state,
                placed_at=now - timedelta(days=placed), promised_to=now + timedelta(days=promised),
                delivered_at=now - timedelta(days=33) if state == "delivered" else None, carrier="DHL",
                total_minor=2500, currency="EUR", source="test",
            )  # fmt: skip
            session.add(order)
            session.flush()
            session.add(
                OrderLine(id=new_id("lin"), order_id=order.id, variant_id="var_1", description="Towel", quantity=1,
                          unit_price_minor=2500)
            )  # fmt: skip
    yield one
    house_module.use(None)


@pytest.fixture
def talk(house: House) -> Talk:
    """A stranger, in English."""
    return Talk("cnv_1", {"language": "en"})


@pytest.fixture
def known(house: House) -> Talk:
    """Anna, proved, in English."""
    with house.store.write() as session:
        link(session, "cnv_1", "cus_anna", "shop_token", utcnow())
    return Talk("cnv_1", {"language": "en"})


@pytest.fixture
def known_zh(house: House) -> Talk:
    """Li Na, proved, in Chinese."""
    with house.store.write() as session:
        link(session, "cnv_2", "cus_lina", "shop_token", utcnow())
    return Talk("cnv_2", {"language": "zh"})

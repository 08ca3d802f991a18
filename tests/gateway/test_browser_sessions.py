"""Who is in front of the browser: signing in and out, the next customer, two tabs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from browser_kit import SHOTS, Visit, answers, ask, browser, said, store, visit  # noqa: F401  (fixtures)
from fake_rasa import FakeRasa
from gateway_kit import until
from playwright.sync_api import expect
from sqlalchemy import select

from rapport.shop import Shop
from rapport.store import Contact, Conversation, Store, new_id

pytestmark = pytest.mark.browser


def customers(store: Store, shop: Shop, *numbers: str) -> list[str]:
    """Customers of the shop, and a login token for each."""
    with store.write() as session:
        for number in numbers:
            session.add(
                Contact(id=new_id("cus"), external_id=number, name=number, language="en", country="DE", source="test")
            )
    key = shop.secret("login_key")
    return [jwt.encode({"sub": number, "exp": int(time.time()) + 60}, key, "HS256") for number in numbers]


LOG_IN = "(token) => { document.querySelector('rapport-chat').login = token; }"
PENDING = "() => Object.entries(localStorage).filter(([name]) => name.startsWith('rapport-out:')).length"


def conversations(store: Store) -> list[tuple[str | None, str]]:
    """Whose each conversation is by now, and its state, oldest first."""
    with store.read() as session:
        numbers = dict(session.execute(select(Contact.id, Contact.external_id)).all())
        rows = session.scalars(select(Conversation).order_by(Conversation.started_at)).all()
        return [(numbers.get(row.contact_id), row.handoff_state) for row in rows]


def test_the_next_customer_of_a_browser_sees_nothing_of_the_last(
    visit: Callable[..., Visit], rasa: FakeRasa, store: Store, shop: Shop
) -> None:
    """Ada leaves without signing out, Bo signs in on the same page."""
    ada, bo = customers(store, shop, "ada", "bo")
    rasa.script = answers
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    page.evaluate(LOG_IN, ada)
    ask(page, "Where is my order?")
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()
    page.evaluate(LOG_IN, bo)
    expect(page.get_by_text("JD0146000012345678")).to_have_count(0)
    ask(page, "hello from Bo")
    expect(page.get_by_text("You said: hello from Bo")).to_be_visible()
    assert said(page, "customer") == ["hello from Bo"]
    assert conversations(store) == [("ada", "bot"), ("bo", "bot")]


def test_the_next_customer_of_a_browser_after_a_reload(
    visit: Callable[..., Visit], rasa: FakeRasa, store: Store, shop: Shop
) -> None:
    """A page that comes with Bo's login: Ada's messages are never shown on it, not even for a moment."""
    ada, bo = customers(store, shop, "ada", "bo")
    rasa.script = answers
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    page.evaluate(LOG_IN, ada)
    ask(page, "Where is my order?")
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()

    def with_bo(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<rapport-chat ", f'<rapport-chat login="{bo}" '))

    page.route(f"{one.url}/", with_bo)
    history: list[str] = []
    page.on("response", lambda got: history.append(got.text()) if "/v1/messages?" in got.url else None)
    page.reload()
    ask(page, "hello from Bo")
    expect(page.get_by_text("You said: hello from Bo")).to_be_visible()
    assert said(page, "customer") == ["hello from Bo"]
    assert history and not any("JD0146000012345678" in text for text in history)
    assert conversations(store) == [("ada", "bot"), ("bo", "bot")]


@pytest.mark.parametrize("way", ["attribute", "reload"])
def test_signing_out_of_the_shop_ends_the_chat_in_this_browser(
    visit: Callable[..., Visit], rasa: FakeRasa, store: Store, shop: Shop, way: str
) -> None:
    (ada,) = customers(store, shop, "ada")
    rasa.script = answers
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    page.evaluate(LOG_IN, ada)
    ask(page, "Where is my order?")
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()
    if way == "attribute":
        page.evaluate("() => document.querySelector('rapport-chat').removeAttribute('login')")
    else:
        page.reload()  # to a page without the attribute
    expect(page.get_by_text("JD0146000012345678")).to_have_count(0)
    ask(page, "hello from a stranger")
    expect(page.get_by_text("You said: hello from a stranger")).to_be_visible()
    assert said(page, "customer") == ["hello from a stranger"]

    def ended() -> bool:
        page.wait_for_timeout(20)
        return conversations(store) == [(None, "closed"), (None, "bot")]

    assert until(ended)
    one.check()


def test_what_two_tabs_wrote_offline_is_all_sent(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    """One tab is closed before the network is back: the other one sends its message too, in their order, once."""
    one = visit()
    first, second = one.page, one.context.new_page()
    for page in (first, second):
        page.goto(one.url)
        page.get_by_role("button", name="Chat with us").click()
    ask(first, "hello")
    expect(second.get_by_text("You said: hello")).to_be_visible()  # the tabs share the session
    one.context.set_offline(True)
    for page, text in ((first, "from tab one"), (second, "from tab two"), (first, "and again")):
        ask(page, text)
        expect(page.locator("rapport-chat .row.waiting", has_text=text)).to_be_visible()
    assert second.evaluate(PENDING) == 3
    first.close()
    one.context.set_offline(False)
    for text in ("from tab one", "from tab two", "and again"):
        expect(second.get_by_text(f"You said: {text}")).to_be_visible(timeout=20_000)
    assert sorted(rasa.texts) == sorted(["hello", "from tab one", "from tab two", "and again"])
    assert second.evaluate(PENDING) == 0


def test_without_a_free_stream_the_answers_still_come(visit: Callable[..., Visit]) -> None:
    one = visit()
    refusal = {"error": {"code": "too_many", "what": "x", "allowed": [], "next_step": "x"}}
    one.page.route("**/v1/events", lambda route: route.fulfill(status=429, json=refusal))
    one.page.goto(one.url)
    one.page.get_by_role("button", name="Chat with us").click()
    ask(one.page, "hello")
    expect(one.page.get_by_text("You said: hello")).to_be_visible(timeout=20_000)
    expect(one.page.get_by_text("Connection lost")).to_be_hidden()


def test_the_shops_login_is_passed_on(visit: Callable[..., Visit], store: Store, shop: Shop) -> None:
    (token,) = customers(store, shop, "C-1")
    one = visit()
    one.page.goto(one.url)
    one.page.evaluate(LOG_IN, token)

    def linked() -> str | None:
        one.page.wait_for_timeout(20)
        with store.read() as session:
            return session.scalar(select(Conversation.contact_id))

    assert until(linked)
    one.check()

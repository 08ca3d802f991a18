"""The shop page and the widget in Chromium: by keyboard, over a reload, within its CSP, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser_kit import SHOTS, Visit, answers, ask, browser, said, store, visit  # noqa: F401  (fixtures)
from fake_rasa import FakeRasa
from playwright.sync_api import expect
from sqlalchemy import select

from gateway import catalogue
from rapport.service.handoff import transition
from rapport.store import Conversation, Message, Store

pytestmark = pytest.mark.browser


def test_chat_by_keyboard_and_find_it_again(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    rasa.script = answers
    one = visit()
    page = one.page
    page.goto(one.url)
    launcher = page.get_by_role("button", name="Chat with us")
    expect(launcher).to_be_visible()
    one.shot("desktop-closed")
    launcher.focus()
    page.keyboard.press("Enter")
    box = page.get_by_label("Your message")
    expect(box).to_be_focused()
    page.keyboard.type("How long is delivery?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("takes 3 to 5 days")).to_be_visible()
    link = page.get_by_role("link", name="How long does delivery in the EU take?")
    assert link.get_attribute("href") == f"{one.url}/articles/en/delivery-eu"
    page.keyboard.type("<img src=x onerror=alert(1)> and /restart")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You said: <img src=x onerror=alert(1)> and /restart")).to_be_visible()
    page.keyboard.type("Where is my order?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()
    expect(page.get_by_text("€113.50")).to_be_visible()
    expect(page.get_by_text("2 × Towel")).to_be_in_viewport()
    expect(page.get_by_role("button", name="End chat")).to_be_visible()
    one.shot("desktop-open")
    before = (said(page, "customer"), said(page, "assistant"))
    assert len(before[0]) == 3

    page.reload()
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()
    assert (said(page, "customer"), said(page, "assistant")) == before
    assert len(rasa.received) == 3

    page.get_by_label("Your message").focus()
    page.keyboard.press("Escape")
    expect(launcher).to_be_focused()
    expect(page.get_by_role("log")).to_be_hidden()
    one.check()


def test_buttons_speak_plain_text(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    rasa.script = answers
    one = visit()
    one.page.goto(one.url)
    one.page.get_by_role("button", name="Ask the assistant").click()
    ask(one.page, "It arrived broken")
    expect(one.page.get_by_text("Case C-26-000017")).to_be_visible()
    one.shot("desktop-complaint")
    one.page.get_by_role("button", name="Yes, please").click()
    expect(one.page.get_by_text("You said: yes please")).to_be_visible()
    expect(one.page.get_by_role("button", name="Yes, please")).to_have_count(0)
    assert rasa.texts == ["It arrived broken", "yes please"]
    ask(one.page, "voucher")
    expect(one.page.get_by_text("WELCOME-7F3K")).to_be_visible()
    one.shot("desktop-offer")
    one.check()


def test_a_sample_question_of_the_page_is_asked(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    rasa.script = answers
    one = visit()
    one.page.goto(one.url)
    one.page.get_by_role("button", name="How long does delivery take?").click()
    expect(one.page.get_by_text("takes 3 to 5 days")).to_be_visible()
    one.check()


def test_typing_and_what_comes_late(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    one = visit()
    one.page.goto(one.url)
    one.page.get_by_role("button", name="Chat with us").click()
    rasa.gate.clear()
    ask(one.page, "slow one")
    expect(one.page.locator("rapport-chat .typing")).to_be_visible()
    one.shot("desktop-typing")
    one.page.keyboard.press("Escape")
    rasa.gate.set()
    expect(one.page.get_by_role("button", name="Chat with us, 1 new")).to_be_visible()
    one.shot("desktop-unread")
    one.page.get_by_role("button", name="Chat with us, 1 new").click()
    expect(one.page.locator("rapport-chat .typing")).to_be_hidden()
    assert said(one.page, "assistant") == ["You said: slow one"]
    one.check()


def test_offline_the_message_waits_and_is_sent_once(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    ask(page, "first")
    expect(page.get_by_text("You said: first")).to_be_visible()
    one.context.set_offline(True)
    ask(page, "from a tunnel")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.get_by_text("Not sent.")).to_be_visible(timeout=20_000)
    one.shot("desktop-offline")
    one.context.set_offline(False)
    expect(page.get_by_text("You said: from a tunnel")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Not sent.")).to_have_count(0)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    assert rasa.texts == ["first", "from a tunnel"]
    assert said(page, "customer") == ["first", "from a tunnel"]
    one.context.close()  # the failed requests are in the console, as they should be


def test_an_answer_lost_on_the_way_is_retried_with_the_same_key(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    one = visit()
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()  # it reaches the gateway, its answer does not reach us
            route.abort()
        else:
            route.continue_()

    one.page.route("**/v1/messages", lose_the_first)
    one.page.goto(one.url)
    one.page.get_by_role("button", name="Chat with us").click()
    ask(one.page, "only once")
    expect(one.page.get_by_text("You said: only once")).to_be_visible()
    expect(one.page.get_by_text("Sending…")).to_have_count(0)
    assert lost and rasa.texts == ["only once"]
    assert said(one.page, "customer") == ["only once"]


def test_hand_off_and_back(visit: Callable[..., Visit], store: Store) -> None:
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    ask(page, "a person please")
    expect(page.get_by_text("You said: a person please")).to_be_visible()
    with store.write() as session:
        transition(session, session.scalars(select(Conversation.id)).one(), "queued", "asked", "assistant")
    expect(page.get_by_text("You are in line")).to_be_visible()
    ask(page, "hello?")
    expect(page.get_by_text(catalogue.notice("held", "en"))).to_be_visible()
    one.shot("desktop-queued")
    page.get_by_role("button", name="Back to the assistant").click()
    expect(page.get_by_text("You are in line")).to_be_hidden()
    expect(page.get_by_text(catalogue.notice("returned", "en"))).to_be_visible()
    one.check()


def test_end_and_rate(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    ask(page, "thanks")
    expect(page.get_by_text("You said: thanks")).to_be_visible()
    page.get_by_role("button", name="End chat").click()
    expect(page.get_by_text("How satisfied are you with this chat?")).to_be_visible()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    one.shot("desktop-rating")
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("Thank you. Your answer helps us improve.")).to_be_visible()
    one.check()


def test_a_session_the_gateway_forgot_begins_afresh(visit: Callable[..., Visit], store: Store) -> None:
    one = visit()
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    ask(page, "before")
    expect(page.get_by_text("You said: before")).to_be_visible()
    page.evaluate("""() => {
      const key = Object.keys(localStorage).find((one) => one.startsWith("rapport:"));
      localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage[key]), token: "forged.token.here" }));
    }""")
    page.reload()
    ask(page, "after")
    expect(page.get_by_text("You said: after")).to_be_visible()
    assert said(page, "customer") == ["after"]


def test_chinese(visit: Callable[..., Visit], rasa: FakeRasa, store: Store) -> None:
    rasa.script = answers
    one = visit(locale="zh-CN")
    page = one.page
    page.goto(one.url)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("button", name="在线咨询").click()
    box = page.get_by_label("您的消息")
    box.fill("配送要多久？")
    # Enter that picks a word from the input method is not "send".
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert said(page, "customer") == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("欧盟境内标准配送需要 3 到 5 天")).to_be_visible()
    box.fill("我的订单")
    page.keyboard.press("Enter")
    expect(page.get_by_text("运输中")).to_be_visible()
    one.shot("desktop-zh")
    with store.read() as session:
        assert session.scalars(select(Conversation.language)).one() == "zh"
        assert session.scalars(select(Message.text).where(Message.seq == 1)).one() == "配送要多久？"
    one.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_screen(visit: Callable[..., Visit], rasa: FakeRasa, scheme: str) -> None:
    rasa.script = answers
    one = visit(viewport={"width": 360, "height": 720}, color_scheme=scheme, has_touch=True)
    page = one.page
    page.goto(one.url)
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    one.shot(f"mobile-{scheme}-closed")
    page.get_by_role("button", name="Chat with us").click()
    for text, answer in (("delivery?", "takes 3 to 5 days"), ("order?", "JD0146000012345678")):
        ask(page, text)
        expect(page.get_by_text(answer)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    one.shot(f"mobile-{scheme}-open")
    one.check()


def test_dark_desktop_and_an_article(visit: Callable[..., Visit], rasa: FakeRasa) -> None:
    rasa.script = answers
    one = visit(color_scheme="dark")
    page = one.page
    page.goto(one.url)
    page.get_by_role("button", name="Chat with us").click()
    ask(page, "where is my order?")
    expect(page.get_by_text("JD0146000012345678")).to_be_visible()
    one.shot("desktop-dark")
    page.goto(f"{one.url}/articles/en/delivery-eu")
    expect(page.get_by_role("heading", name="How long does delivery in the EU take?")).to_be_visible()
    one.shot("article-dark")
    one.check()

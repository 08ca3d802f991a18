"""The shop page and the widget in Chromium: by keyboard, over a reload, within its CSP, and nowhere else."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from fake_rasa import FakeRasa
from gateway_kit import Running, until
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select

from gateway import catalogue
from rapport.service.handoff import transition
from rapport.shop import Shop
from rapport.store import Article, Contact, Conversation, Message, Product, Store, Variant, new_id, utcnow

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("RAPPORT_SHOTS")  # a folder: the tests leave their screenshots there
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PRODUCTS = [
    ("Linen duvet cover", "亚麻被套", "bedding", 8900),
    ("Waffle bath towel", "华夫格浴巾", "towels", 2450),
    ("Merino cardigan", "美利奴开衫", "knitwear", 11900),
    ("Oxford shirt", "牛津纺衬衫", "shirts", 5900),
    ("Linen curtains", "亚麻窗帘", "curtains", 7450),
    ("Wool socks, 3 pairs", "羊毛袜三双装", "socks", 1990),
]


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite alone: what is tested here does not touch SQL."""
    return sqlite_store


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("RAPPORT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium: install Debian's chromium, or set RAPPORT_CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


class Visit:
    """A page, with everything it complained about and every host it asked."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        settings = {"locale": "en-GB", "viewport": {"width": 1200, "height": 860}, "reduced_motion": "reduce"}
        self.context = browser.new_context(**settings | options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", lambda line: line.type in ("error", "warning") and self.complaints.append(line.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: asked.url.startswith(url) or self.foreign.append(asked.url))
        self.url = url

    def shot(self, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{name}.png")

    def check(self) -> None:
        assert self.complaints == []
        assert self.foreign == []
        self.context.close()


@pytest.fixture
def visit(gateway: Running, browser: Browser, store: Store) -> Iterator[Callable[..., Visit]]:
    with store.write() as session:
        for number, (name, chinese, category, minor) in enumerate(PRODUCTS):
            product = Product(
                id=new_id("prd"),
                external_id=f"P{number}",
                name=name,
                names={"en": name, "zh": chinese},
                category=category,
                source="test",
            )
            session.add(product)
            session.flush()
            session.add(
                Variant(id=new_id("var"), product_id=product.id, sku=f"S{number}", price_minor=minor, currency="EUR")
            )
        session.add(
            Article(
                id=new_id("art"),
                key="delivery-eu",
                language="en",
                version=1,
                title="How long does delivery in the EU take?",
                topic="delivery",
                body="It takes **three to five days**.\n\n- from €60 it is free\n- below that it costs €4.90",
                sha256="0" * 64,
            )
        )
    made: list[Visit] = []

    def one(**options: Any) -> Visit:
        made.append(Visit(browser, gateway.url, **options))
        return made[-1]

    yield one
    for each in made:
        each.context.close()


def answers(body: dict[str, Any]) -> list[dict[str, Any]]:
    """A shop's assistant in miniature: one of each card."""
    now = utcnow()
    text = body["message"].lower()
    if "delivery" in text or "配送" in text:
        chinese = "配送" in text
        said = (
            "欧盟境内标准配送需要 3 到 5 天，运费 €4.90，满 €60 免运费。"
            if chinese
            else "Standard delivery in the EU takes 3 to 5 days and costs €4.90. From €60 it is free."
        )
        title = "欧盟配送需要多久？" if chinese else "How long does delivery in the EU take?"
        language = "zh" if chinese else "en"
        return [
            {"text": said},
            {"custom": {"kind": "source", "title": title, "language": language, "url": "/articles/en/delivery-eu"}},
        ]
    if "order" in text or "订单" in text:
        order = {
            "kind": "order",
            "number": "MM123456",
            "state": "sent",
            "placed_at": (now - timedelta(days=3)).isoformat(),
            "promised_to": (now + timedelta(days=1)).isoformat(),
            "carrier": "DHL",
            "tracking_number": "JD0146000012345678",
            "total_minor": 11350,
            "currency": "EUR",
            "lines": [
                {"description": "Linen duvet cover, moss", "quantity": 1},
                {"description": "Towel", "quantity": 2},
            ],
        }
        said = "这是您的订单。" if "订单" in text else "Here is your order."
        return [{"text": said}, {"custom": order}]
    if "broken" in text:
        case = {"kind": "complaint", "number": "C-26-000017", "category": "quality", "resolve_by": now.isoformat()}
        yes_no = [{"title": "Yes, please", "payload": "yes please"}, {"title": "No, thank you", "payload": "no thanks"}]
        return [
            {"text": "I'm sorry. I opened a case for you."},
            {"custom": case},
            {"text": "Shall I call a person?", "buttons": yes_no},
        ]
    if "voucher" in text:
        offer = {
            "kind": "offer",
            "code": "WELCOME-7F3K",
            "value_minor": 1000,
            "currency": "EUR",
            "valid_until": (now + timedelta(days=45)).isoformat(),
        }
        return [{"text": "A little thank-you from us."}, {"custom": offer}]
    return [{"text": f"You said: {body['message']}"}]


def said(page: Page, author: str) -> list[str]:
    found = page.locator(f"rapport-chat .log .row.{author} .bubble").all_inner_texts()
    return [text.strip() for text in found]


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


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


def test_the_shops_login_is_passed_on(visit: Callable[..., Visit], store: Store, shop: Shop) -> None:
    with store.write() as session:
        session.add(
            Contact(id=new_id("cus"), external_id="C-1", name="Ada", language="en", country="DE", source="test")
        )
    token = jwt.encode({"sub": "C-1", "exp": int(time.time()) + 60}, shop.secret("login_key"), "HS256")
    one = visit()
    one.page.goto(one.url)
    one.page.evaluate("(token) => { document.querySelector('rapport-chat').login = token; }", token)

    def linked() -> str | None:
        one.page.wait_for_timeout(20)
        with store.read() as session:
            return session.scalar(select(Conversation.contact_id))

    assert until(linked)
    one.check()


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

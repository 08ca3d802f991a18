"""What the browser tests share: a Chromium, a visit that watches for errors, and the fake Rasa's answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gateway_kit import Running
from playwright.sync_api import Browser, Page, sync_playwright

from rapport.store import Article, Product, Store, Variant, new_id, utcnow

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
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
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

"""A customer in Chromium: chats in both languages, reloads, and finds the conversation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.house import House

pytestmark = pytest.mark.browser

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield opened
        opened.close()


@pytest.fixture
def shots(root: Path, tmp_path: Path) -> Path:
    """Where screenshots go: into the docs when they are to be renewed, else away."""
    folder = root / "docs" / "images" if os.environ.get("RAPPORT_SHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ask(page: Page, text: str) -> None:
    box = page.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")


def test_chat_reload_history_in_both_languages(house: House, browser: Browser, shots: Path) -> None:
    errors: list[str] = []
    foreign: list[str] = []
    page = browser.new_context(viewport={"width": 1200, "height": 860}, locale="en-GB").new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith(house.shop.gateway_url) else foreign.append(r.url))
    page.goto(house.shop.gateway_url + "/")
    page.get_by_role("button", name="chat").click()
    log = page.get_by_role("log")
    ask(page, "How long does delivery take?")
    expect(log).to_contain_text("3 to 5 days", timeout=60_000)
    expect(log.get_by_role("link").first).to_be_visible()
    ask(page, "退款多久能到账？")
    expect(log).to_contain_text("5 个工作日", timeout=60_000)
    page.screenshot(path=shots / "chat.png")

    page.reload()
    log = page.get_by_role("log")
    if not log.is_visible():
        page.get_by_role("button", name="chat").click()
    expect(log).to_contain_text("How long does delivery take?")
    expect(log).to_contain_text("5 个工作日")
    ask(page, "Where is my order?")
    expect(log).to_contain_text("order number", timeout=60_000)
    assert errors == []
    assert foreign == []
    page.context.close()

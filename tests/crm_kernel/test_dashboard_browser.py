"""The dashboard in Chromium, from a file: keyboard, filters, themes, and no request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crm_kernel.cube import EMPTY, Cube
from crm_kernel.dashboard import Dashboard
from crm_kernel.figure import bars

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CUBE = Cube(
    (
        ("2026-03-01", "en", "answered", 3),
        ("2026-03-01", "zh", "answered", 2),
        ("2026-03-02", "en", "abstained", 1),
        ("2026-03-04", "zh", "chitchat", 4),
    ),
    (("2026-03-01", "en", 2, 1), ("2026-03-04", "zh", 1, 1)),
)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def show(browser: Browser, tmp_path: Path, cube: Cube, **options: str) -> tuple[Page, list[str]]:
    file = tmp_path / "dashboard.html"
    file.write_text(Dashboard(cube).to_html(), encoding="utf-8")
    page = browser.new_page(**options)  # type: ignore[arg-type]
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(file.as_uri())
    return page, troubles


def seq(page: Page, number: int) -> None:
    page.wait_for_selector(f'section[data-seq="{number}"]', state="attached")


def test_filters_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    page, troubles = show(browser, tmp_path, CUBE)
    seq(page, 1)
    assert page.get_by_role("status").inner_text() == "10 customer turns from 2026-03-01 to 2026-03-04."
    assert page.locator("svg rect").count() == 3
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    seq(page, 3)
    assert page.get_by_role("status").inner_text() == "6 customer turns from 2026-03-01 to 2026-03-04, 中文."
    assert page.locator("dd").all_inner_texts()[2] == "100%"
    assert page.evaluate("document.activeElement.tagName") == "SELECT", "an update took the focus away"
    page.get_by_label("First day").fill("2026-03-03")
    seq(page, 4)
    assert page.get_by_role("status").inner_text().startswith("4 customer turns from 2026-03-04")
    page.get_by_label("Language").select_option("en")
    seq(page, 5)
    assert "Choose Show all" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Show all").press("Enter")
    seq(page, 6)
    assert page.locator("svg rect").count() == 3
    page.locator("summary").press("Enter")
    assert page.locator("tbody tr").count() == 3
    assert troubles == []
    page.close()


def test_the_script_draws_the_same_bars_as_the_static_figure(browser: Browser, tmp_path: Path) -> None:
    days = [f"2026-{month:02d}-{day:02d}" for month in range(1, 5) for day in (1, 9, 20)]
    cube = Cube(tuple((day, "en", "done", index + 1) for index, day in enumerate(days)), ())
    page, troubles = show(browser, tmp_path, cube)
    seq(page, 1)
    drawn = [re.sub(r" .*: ", " ", title) for title in page.locator("svg title").all_text_contents()]
    assert drawn == [f"{day} {sum(counts.values())}" for day, counts in bars(cube) if counts]
    assert troubles == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(browser: Browser, tmp_path: Path, scheme: str) -> None:
    page, _ = show(browser, tmp_path, CUBE, color_scheme=scheme)
    seq(page, 1)
    colour = page.evaluate("getComputedStyle(document.querySelector('.crm-dashboard')).color")
    assert (max(map(int, re.findall(r"\d+", colour)[:3])) > 128) is (scheme == "dark")
    page.close()


def test_the_empty_state(browser: Browser, tmp_path: Path) -> None:
    page, troubles = show(browser, tmp_path, Cube((), ()))
    seq(page, 1)
    assert page.get_by_role("status").inner_text() == EMPTY
    assert not page.get_by_label("Language").is_visible()
    assert troubles == []
    page.close()

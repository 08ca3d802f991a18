"""An analyst in Chromium: `rapport lab`, the notebook run from its menu, the numbers and the dashboard on the page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tools.house import ROOT, House, wait_for

from .test_browser import ARGS

pytestmark = pytest.mark.browser


@pytest.fixture
def lab_address(house: House) -> Iterator[str]:
    """What `rapport lab` prints for a person to open."""
    log = house.folder / "lab.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "rapport.cli.main", "lab"],
            env=house.environment(), cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip

        def printed() -> str | None:
            assert process.poll() is None, log.read_text()
            words = log.read_text().split()
            return next((word for word in words if word.startswith("http://") and "token=" in word), None)

        yield wait_for("the lab", printed, 120)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_the_notebook_in_jupyterlab(house: House, lab_address: str, chromium: str, root: Path, tmp_path: Path) -> None:
    house.chat("en").say("How long does delivery take?")
    shots = root / "docs" / "images" if os.environ.get("RAPPORT_SHOTS") else tmp_path
    foreign: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(120_000)
        page.on(
            "request",
            lambda r: None if "127.0.0.1" in r.url or r.url[:5] in ("data:", "blob:") else foreign.append(r.url),
        )
        page.goto(lab_address)
        # Only now is the notebook's own kernel there; before, running would ask for one.
        expect(page.get_by_role("button", name="Rapport CRM | Idle")).to_be_visible(timeout=120_000)
        page.get_by_role("menuitem", name="Run", exact=True).first.click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        dashboard = page.get_by_text("customer turns from").first
        dashboard.wait_for(state="attached")
        dashboard.scroll_into_view_if_needed()
        expect(dashboard).to_be_visible(timeout=120_000)
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        page.screenshot(path=shots / "lab.png")
        browser.close()
    assert foreign == []

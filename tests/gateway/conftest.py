"""A gateway on a real socket beside a fake Rasa."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from rapport.service.survey_definitions import load_definitions
from rapport.shop import Shop
from rapport.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode gives test folders no package

from fake_rasa import FakeRasa
from gateway_kit import QUICK, Running, Visitor


@pytest.fixture
def rasa(tmp_path: Path) -> Iterator[FakeRasa]:
    """A fake Rasa that answers."""
    fake = FakeRasa(tmp_path / "tracker.sqlite")
    fake.start()
    yield fake
    fake.gate.set()
    fake.stop()


@pytest.fixture
def gateways(shop: Shop, store: Store, rasa: FakeRasa, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts gateway copies on the one store; stopped at the end."""
    load_definitions(store, shop.folder / "surveys")
    running: list[Running] = []

    def start(**options: Any) -> Running:
        tracker = f"sqlite:///{tmp_path / 'tracker.sqlite'}"
        settings = {"rasa_url": rasa.url, "tracker_url": tracker, "pace": QUICK, "stream_poll": 0.05} | options
        one = Running(create_app(shop, store, **settings)).start()
        running.append(one)
        return one

    yield start
    rasa.gate.set()
    for one in running:
        if one._thread.is_alive():
            one.stop()


@pytest.fixture
def gateway(gateways: Callable[..., Running]) -> Running:
    """One running gateway."""
    return gateways()


@pytest.fixture
def visitor(gateway: Running) -> Iterator[Visitor]:
    """A visitor with a session."""
    one = Visitor(gateway.url)
    yield one
    one.http.close()

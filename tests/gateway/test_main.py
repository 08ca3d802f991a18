"""``python -m gateway`` as a process: it serves, stops cleanly on SIGTERM, and says plainly why it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gateway_kit import until

from rapport.shop import Shop
from rapport.store import Store, schema


@pytest.fixture
def served(shop: Shop) -> Shop:
    """The demo shop on a free port, with a store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = shop.folder / "shop.toml"
    file.write_text(
        file.read_text().replace("port = 8600", f"port = {port}").replace("rasa_port = 8605", "rasa_port = 9")
    )
    store = Store(shop.store_url)
    schema.upgrade(store)
    store.close()
    return Shop(shop.folder)


@pytest.fixture
def process(served: Shop, root: Path) -> Iterator[subprocess.Popen[str]]:
    one = start(served, root)
    yield one
    if one.poll() is None:
        one.kill()
    one.communicate()


def start(shop: Shop, root: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"RAPPORT_SHOP": str(shop.folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway"], cwd=root, env=environment, stderr=subprocess.PIPE, text=True
    )


def healthy(shop: Shop) -> bool:
    try:
        return httpx.get(f"{shop.gateway_url}/healthz", trust_env=False).json()["status"] == "degraded"  # no Rasa here
    except httpx.TransportError:
        return False


def test_it_serves_and_stops_even_with_an_open_stream(served: Shop, process: subprocess.Popen[str]) -> None:
    until(lambda: healthy(served), 60)
    with httpx.Client(base_url=served.gateway_url, trust_env=False, timeout=20) as http:
        token = http.post("/v1/sessions", json={}).json()["token"]
        with http.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"}) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            process.send_signal(signal.SIGTERM)
            list(lines)  # the stream ends
    assert process.wait(15) == 0


def test_a_taken_port(served: Shop, root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", served.settings.gateway.port))
        taken.listen()
        process = start(served, root)
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "cannot listen on 127.0.0.1" in said and "port in shop.toml" in said
    assert "Traceback" not in said


def test_no_store_yet(shop: Shop, root: Path) -> None:
    process = start(shop, root)
    _out, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "rapport init" in said and "Traceback" not in said

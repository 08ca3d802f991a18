"""A whole shop for tests and benchmarks: a copy of the demo shop on free ports, started with ``rapport serve``."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import jwt
import tomlkit

from rapport.shop import Shop

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300
T = TypeVar("T")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            # Below the range from which the system takes ports for outgoing connections, so that what is free now
            # is still free when the servers start, minutes later.
            while True:
                try:
                    one.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                    break
                except OSError:
                    continue
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for(what: str, probe: Callable[[], T | None], seconds: float = 60) -> T:
    """Call ``probe`` until it returns something true.

    :raises TimeoutError: naming what did not happen.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


class House:
    """A shop folder and the processes that serve it."""

    def __init__(self, folder: Path, **settings: dict[str, Any]) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "shops" / "demo", folder, ignore=shutil.ignore_patterns("var"))
        self.configure(settings)
        self.process: subprocess.Popen[str] | None = None
        self._visitors: list[Chat] = []

    def configure(self, settings: dict[str, dict[str, Any]] | None = None) -> None:
        """Give the shop free ports, and change other settings (``section -> name -> value``)."""
        file = self.folder / "shop.toml"
        document = tomlkit.parse(file.read_text("utf-8"))
        gateway, rasa, actions, lab = free_ports(4)
        changes: dict[str, dict[str, Any]] = {
            "gateway": {"port": gateway, "messages_per_minute": 10_000, "sessions_per_minute": 10_000},
            "assistant": {"rasa_port": rasa, "actions_port": actions},
            "lab": {"port": lab},
        }
        for section, values in (settings or {}).items():
            changes.setdefault(section, {}).update(values)
        for section, values in changes.items():
            document[section].update(values)  # type: ignore[union-attr]
        file.write_text(tomlkit.dumps(document), encoding="utf-8")
        self.shop = Shop(self.folder)

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run ``rapport`` on this shop to its end."""
        return subprocess.run(
            [sys.executable, "-m", "rapport.cli.main", *arguments],
            capture_output=True, text=True, timeout=600, env=self.environment(), cwd=ROOT, **more,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """The environment of ``rapport`` on this shop."""
        return os.environ | {"RAPPORT_SHOP": str(self.folder), "COLUMNS": "160"}

    def start(self, *arguments: str) -> None:
        """``rapport serve`` and wait until all is healthy.

        :raises RuntimeError: with its output when it ended instead.
        """
        self._log = (self.folder / "serve.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rapport.cli.main", "serve", *arguments],
            env=self.environment(), cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

        def up() -> bool:
            assert self.process
            if self.process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(f"rapport serve ended with {self.process.returncode}:\n{self._log.read()}")
            return "Ctrl-C stops all of it" in (self.folder / "serve.log").read_text()

        wait_for("rapport serve", up, START_SECONDS)

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        for visitor in self._visitors:
            visitor.http.close()
        self._visitors.clear()
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.process = None
        self._log.close()
        return code

    def chat(self, language: str = "en") -> Chat:
        """A new visitor."""
        visitor = Chat(self.shop.gateway_url, language)
        self._visitors.append(visitor)
        return visitor


class Chat:
    """One visitor on the web channel."""

    def __init__(self, url: str, language: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, headers={"Origin": url})
        answer = self.http.post("/v1/sessions", json={"language": language})
        answer.raise_for_status()
        token = answer.json()["token"]
        self.conversation_id: str = jwt.decode(token, options={"verify_signature": False})["sub"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.seen = max((m["seq"] for m in self.messages()), default=0)

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        """The conversation as the customer sees it, from a seq on."""
        answer = self.http.get("/v1/messages", params={"after": after})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def send(self, text: str, key: str | None = None) -> httpx.Response:
        """Post a message and return the raw response."""
        return self.http.post("/v1/messages", json={"text": text}, headers={"Idempotency-Key": key or uuid.uuid4().hex})

    def say(self, text: str, seconds: float = 60) -> list[dict[str, Any]]:
        """Post a message and wait for everything that answers it."""
        answer = self.send(text)
        answer.raise_for_status()
        mine = answer.json()["message"]["seq"]
        return self.replies(mine, seconds)

    def replies(self, after: int = 0, seconds: float = 60) -> list[dict[str, Any]]:
        """What came from the other side after a seq, once something did. One turn's replies commit together."""

        def probe() -> list[dict[str, Any]]:
            return [m for m in self.messages(after) if m["author"] != "customer"]

        return wait_for("a reply", probe, seconds)

    def login(self, token: str) -> httpx.Response:
        """Prove who the visitor is with the shop's token."""
        return self.http.post("/v1/login", json={"token": token})

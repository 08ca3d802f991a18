"""What the gateway's tests share: a gateway on a real socket, and a visitor."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from gateway.dispatcher import Pace

QUICK = Pace(poll=0.05, lease=10.0, retry_first=0.02, retry_most=0.1, grace=0.2)
DEADLINE = 15.0  # seconds; generous, the machine is shared


def until(true: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """What ``true`` returns as soon as it is truthy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"not true within {seconds} s")


class Running:
    """One gateway copy on a port of its own."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, server_header=False, timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def start(self) -> Running:
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def stop(self) -> None:
        context = self.app.state.context
        self._server.should_exit = True
        context.bell.closing = True
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()
        self._socket.close()


class Visitor:
    """A browser's view of the gateway: one session."""

    def __init__(self, url: str, language: str = "en", **options: Any) -> None:
        self.http = httpx.Client(base_url=url, timeout=20, trust_env=False, **options)
        answer = self.http.post("/v1/sessions", json={"language": language})
        assert answer.status_code == 201, answer.text
        self.session = answer.json()
        self.headers = {"Authorization": f"Bearer {self.session['token']}"}

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.http.post(path, json={} if body is None else body, headers=self.headers | headers)

    def say(self, text: str, key: str | None = None) -> httpx.Response:
        return self.http.post(
            "/v1/messages",
            json={"text": text},
            headers=self.headers | {"Idempotency-Key": key or uuid.uuid4().hex},
        )

    def again(self) -> None:
        """Another session in the same browser."""
        self.session = self.http.post("/v1/sessions", json={}).json()
        self.headers = {"Authorization": f"Bearer {self.session['token']}"}

    def history(self, after: int = 0) -> dict[str, Any]:
        answer = self.http.get("/v1/messages", params={"after": after}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def seen(self, author: str = "assistant") -> list[str]:
        return [message["text"] for message in self.history()["messages"] if message["author"] == author]

    def wait_for(self, *texts: str, author: str = "assistant") -> None:
        until(lambda: self.seen(author) == list(texts))

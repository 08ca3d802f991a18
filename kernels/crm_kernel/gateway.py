"""A customer's side of the gateway's HTTP API, for ``%%chat``."""

from __future__ import annotations

import time
import uuid
from types import TracebackType
from typing import Any

import httpx

from rapport.store import Problem

REPLY_DEADLINE_S = 30.0
POLL_S = 0.2
START = "Start the house with: rapport serve (or make demo), and run the cell again."


class Gateway:
    """One conversation over HTTP.

    :param url: the gateway's address.
    :param client: an HTTP client of the caller's, for tests.
    """

    def __init__(self, url: str, client: httpx.Client | None = None, deadline: float = REPLY_DEADLINE_S) -> None:
        self.url = url
        self.deadline = deadline
        # trust_env=False: a proxy of the analyst's must not stand between two processes of one machine
        self._client = client or httpx.Client(base_url=url, timeout=10.0, trust_env=False)
        self._token = ""

    def open(self, language: str | None = None) -> None:
        """Begin a conversation.

        :raises Problem: when the gateway doesn't run or refuses.
        """
        self._token = str(self._call("POST", "/v1/sessions", {"language": language} if language else {})["token"])

    def say(self, text: str) -> tuple[str, list[dict[str, Any]], str]:
        """Send one message and wait for what comes back.

        :returns: the message's id, the replies (``text``, ``payload`` ...), and the message's state: ``handled``,
            ``held`` (a person has the conversation), or ``pending`` when no answer came in time.
        :raises Problem: when the gateway doesn't run or refuses.
        """
        message = self._call("POST", "/v1/messages", {"text": text}, uuid.uuid4().hex)["message"]
        seq, end = int(message["seq"]), time.monotonic() + self.deadline
        while True:
            history = self._call("GET", f"/v1/messages?after={seq - 1}")["messages"]
            state = next((str(m["state"]) for m in history if m["seq"] == seq), "pending")
            if state != "pending" or time.monotonic() > end:
                return str(message["id"]), [m for m in history if m["seq"] > seq and m["author"] != "customer"], state
            time.sleep(POLL_S)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if key:
            headers["Idempotency-Key"] = key
        try:
            response = self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            what = f"The assistant doesn't answer at {self.url} ({type(error).__name__})."
            raise Problem(what, next_step=START, code="gateway_down") from None
        try:
            content = response.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            what = f"What answers at {self.url} is not the gateway (HTTP {response.status_code})."
            raise Problem(what, next_step="Check [gateway] port in shop.toml. " + START, code="gateway_other")
        if response.is_success:
            return content
        said = content.get("error") or {}
        raise Problem(
            str(said.get("what") or f"The gateway answered HTTP {response.status_code}."),
            allowed=[str(value) for value in said.get("allowed", [])],
            next_step=str(said.get("next_step") or ""),
            code=str(said.get("code") or "gateway"),
        )

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

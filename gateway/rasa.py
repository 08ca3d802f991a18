"""Rasa over its REST channel, on loopback."""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT = httpx.Timeout(30.0, connect=2.0)  # seconds; a turn takes well under one, a cold action a few


class RasaDown(Exception):
    """Rasa did not answer, or not properly; the message may or may not have reached it."""


class RasaClient:
    """Sends messages to Rasa.

    :param url: such as ``http://127.0.0.1:8605``.
    :param timeout: seconds one turn may take.
    """

    def __init__(self, url: str, timeout: httpx.Timeout | float = TIMEOUT) -> None:
        # trust_env off: a proxy variable must never carry customers' words off this machine.
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False)

    async def send(self, conversation_id: str, text: str, message_id: str, language: str) -> list[dict[str, Any]]:
        """Rasa's items for one message.

        :param language: the conversation's, for messages that don't show one, such as an order number.
        :raises RasaDown: when there was no proper answer.
        """
        body = {
            "sender": conversation_id,
            "message": text,
            "metadata": {"message_id": message_id, "language": language},
        }
        try:
            response = await self._http.post("/webhooks/rest/webhook", json=body)
            response.raise_for_status()
            items = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RasaDown(f"{type(error).__name__}: {error}"[:200]) from error
        if not isinstance(items, list):
            raise RasaDown(f"a list was expected, Rasa sent {type(items).__name__}")
        return [item for item in items if isinstance(item, dict)]

    async def reachable(self) -> bool:
        """Whether Rasa's REST channel answers at all."""
        try:
            return (await self._http.get("/webhooks/rest/", timeout=2.0)).status_code < 500
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

"""Server-sent events of one conversation: messages by seq, its state, and typing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from anyio import to_thread

from rapport.store import Problem, Store

from . import inbox
from .bell import Bell

POLL = 1.0  # seconds between looks, for what another gateway copy or the desk wrote
KEEPALIVE = 15.0  # seconds; proxies close a silent connection after 30 to 60
RETRY_MS = 2000  # what the client waits before it connects again


def event(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    """One event in the wire format."""
    number_line = f"id: {number}\n" if number is not None else ""
    return f"{number_line}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def events(
    store: Store, bell: Bell, conversation_id: str, address: str, after: int, ends_at: float, poll: float = POLL
) -> AsyncIterator[bytes]:
    """Everything after a seq, and then what comes, until the server stops or the session ends.

    :param address: where the listener is; each address may have a number of streams.
    :param after: the last seq the client has (``Last-Event-ID``).
    :param ends_at: when to end the stream, in seconds of :func:`time.monotonic`.
    :param poll: seconds between looks at the store without a ring.
    """
    told: dict[str, dict[str, Any]] = {}
    before: object = None
    with bell.listen(conversation_id, address) as heard:
        yield f"retry: {RETRY_MS}\n\n".encode()
        quiet_since = time.monotonic()
        while not bell.closing and time.monotonic() < ends_at:
            heard.clear()
            glance = await to_thread.run_sync(inbox.glance, store, conversation_id)
            more = False
            if glance != before or glance is None:  # the whole look costs several queries, and most find nothing
                before = glance
                try:
                    page = await to_thread.run_sync(inbox.history, store, conversation_id, after)
                except Problem:
                    return  # the session is over; the client is told when it connects again
                for message in page["messages"]:
                    after = message["seq"]
                    yield event("message", message, after)
                now = {"state": {"handoff_state": page["handoff_state"]}, "typing": {"active": page["typing"]}}
                for name, data in now.items():
                    if told.get(name) != data:
                        told[name] = data
                        quiet_since = time.monotonic()
                        yield event(name, data)
                if page["messages"]:
                    quiet_since = time.monotonic()
                more = page["more"]
                before = None if more else before
            if time.monotonic() - quiet_since >= KEEPALIVE:
                quiet_since = time.monotonic()
                yield b": keepalive\n\n"
            if not more and not bell.closing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), poll)

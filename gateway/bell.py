"""Tells waiting event streams of this gateway copy that their conversation changed."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from .limits import TooMany

MAX_STREAMS = 6  # open event streams of one conversation: a few tabs
MAX_ADDRESS_STREAMS = 20  # of one network address: a household
RETRY_AFTER = 15  # seconds


class Bell:
    """One event per listener, set when its conversation changes. Use it on the event loop only."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._addresses: Counter[str] = Counter()
        self.closing = False

    def admit(self, conversation_id: str, address: str) -> None:
        """Do nothing while there is room for one more listener.

        :raises TooMany: when the conversation or the network address has too many already.
        """
        if len(self._listeners.get(conversation_id, ())) >= MAX_STREAMS:
            raise TooMany(f"The conversation already has {MAX_STREAMS} open event streams.", RETRY_AFTER)
        if self._addresses[address] >= MAX_ADDRESS_STREAMS:
            raise TooMany(f"The address already has {MAX_ADDRESS_STREAMS} open event streams.", RETRY_AFTER)

    @contextmanager
    def listen(self, conversation_id: str, address: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change, while the block runs."""
        heard = asyncio.Event()
        listeners = self._listeners[conversation_id]
        listeners.add(heard)
        self._addresses[address] += 1
        try:
            yield heard
        finally:
            listeners.discard(heard)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
            if not listeners and self._listeners.get(conversation_id) is listeners:
                del self._listeners[conversation_id]

    def ring(self, conversation_id: str) -> None:
        """Wake the listeners of one conversation."""
        for heard in self._listeners.get(conversation_id, ()):
            heard.set()

    def close(self) -> None:
        """Wake every listener for the last time, so that streams end before the server stops."""
        self.closing = True
        for listeners in self._listeners.values():
            for heard in listeners:
                heard.set()

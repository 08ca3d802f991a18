"""Store calls off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a blocking call in a worker thread, and never leave it running behind.

    A cancelled ``to_thread.run_sync`` returns while its thread goes on; here a cancellation waits for it, so that
    no transaction is open any more when the store is closed.
    """
    call = asyncio.ensure_future(to_thread.run_sync(function, *arguments))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait({call})
        if not call.cancelled():
            call.exception()  # taken note of; the cancellation goes first
        raise

"""Limits on rate and size at the door."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from rapport.store import Problem

MAX_BODY = 16 * 1024  # bytes
MAX_KEYS = 20_000  # senders remembered per limit; the longest unused is forgotten first
READ_FACTOR = 60  # looking costs less than writing, and programs without the event stream look often
ADDRESS_FACTOR = 5  # one address may send as much as this many conversations: people share an address


class TooMany(Problem):
    """A rate limit was reached.

    :param retry_after: seconds until the next try can succeed.
    """

    def __init__(self, what: str, retry_after: int) -> None:
        super().__init__(what, next_step=f"Try again in {retry_after} s.", code="too_many")
        self.retry_after = retry_after


class Rate:
    """A token bucket per key, in memory: each gateway copy counts for itself.

    :param per_minute: how many calls a minute; as many may come at once after a rest.
    :param what: what is counted, for the error text.
    :param clock: seconds, monotonic.
    """

    def __init__(self, per_minute: int, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._what = what
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one call.

        :raises TooMany: when there were too many in the last minute.
        """
        now = self._clock()
        level, at = self._buckets.pop(key, (float(self.per_minute), now))
        level = min(float(self.per_minute), level + (now - at) * self.per_minute / 60)
        allowed = level >= 1
        self._buckets[key] = (level - 1 if allowed else level, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, math.ceil((1 - level) * 60 / self.per_minute))
            raise TooMany(f"More than {self.per_minute} {self._what} a minute.", wait)


def address(request: Request) -> str:
    """The network address a request came from; behind a proxy that is the proxy's, for no header is believed."""
    return request.client.host if request.client else "unknown"


def _too_large(size: str) -> Problem:
    return Problem(
        f"The request body is {size} bytes.",
        allowed=[f"up to {MAX_BODY} bytes"],
        next_step="Send a shorter message.",
        code="body_too_large",
    )


async def read_json(request: Request) -> dict[str, Any]:
    """The request's JSON object, read no further than :data:`MAX_BODY`.

    :raises Problem: when it is not declared as JSON, is too large, or is not a JSON object.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(
            f"The content type is {kind or 'missing'!r}.",
            allowed=["application/json"],
            next_step="Set the header Content-Type: application/json.",
            code="content_type",
        )
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise _too_large(declared)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _too_large(f"more than {MAX_BODY}")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(
            "The request body is not JSON.", allowed=["a JSON object"], next_step="Send a JSON object.", code="not_json"
        ) from None
    if not isinstance(value, dict):
        raise Problem(
            f"The request body is a JSON {type(value).__name__}.",
            allowed=["a JSON object"],
            next_step="Send a JSON object.",
            code="not_json",
        )
    return value

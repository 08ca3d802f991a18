"""Ids that are the same whenever the same thing is written again."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 10


@lru_cache(maxsize=4096)  # the lines of an order share its time
def _time_part(milliseconds: int) -> str:
    value = milliseconds
    digits = []
    for _ in range(_TIME_DIGITS):
        value, rest = divmod(value, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def stable_id(prefix: str, at: datetime, *parts: object) -> str:
    """An id laid out and sorted like :func:`rapport.store.new_id`, but drawn from what it names.

    :param prefix: a short noun, such as ``ord``.
    :param at: the aware time the thing is from; ids sort by it.
    :param parts: what makes the thing the one it is, such as a source and its number there.
    """
    key = "\x1f".join(map(str, parts)).encode()
    return f"{prefix}_{_time_part(int(at.timestamp() * 1000))}{hashlib.blake2b(key, digest_size=8).hexdigest()}"

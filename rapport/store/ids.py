"""Opaque, time-sortable identifiers."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case


def _encode(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def new_id(prefix: str) -> str:
    """Return e.g. ``msg_01jd...``: 48 bits of milliseconds, then 80 random bits (the ULID layout).

    :param prefix: a short noun that says what the id names.
    """
    return f"{prefix}_{_encode(int(time.time() * 1000), 10)}{_encode(secrets.randbits(80), 16)}"

"""The shop's own login as a proof: a short token that the shop's site signs for its signed-in visitor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from rapport.store import Problem

ALGORITHM = "HS256"
MIN_KEY_BYTES = 32
MAX_TOKEN = 4096  # characters
CLOCK_SKEW_S = 30  # for a token "not valid before" now; an expired one gets no grace


@dataclass(frozen=True)
class Login:
    """What a token says: the shop's customer number, and the token's own number if it has one."""

    customer: str
    token_id: str | None


def _refused(code: str = "login_token") -> Problem:
    # One text for every fault: which check failed helps only someone who makes tokens up.
    return Problem(
        "The login token is not valid.",
        next_step="Let the shop's site sign a new one; docs/shop.md shows how.",
        code=code,
    )


def _seconds(claims: dict[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if value is None:
        return None
    # JSON's Infinity would be a token that never expires; true is 1 in Python.
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refused()
    return value


def read_token(token: str, key: str, now: datetime) -> Login:
    """Check a token and say whom it names.

    :param token: a JWT, HS256, with ``sub`` (the shop's customer number), ``exp``, and optionally ``jti`` and ``nbf``.
    :param key: the secret ``login_key``, at least 32 bytes.
    :raises Problem: ``login_token``, ``login_token_expired``; ``secret_missing`` when the key is too short to trust.
    """
    if len(key.encode()) < MIN_KEY_BYTES:
        raise Problem(
            f"The secret login_key is missing or shorter than {MIN_KEY_BYTES} bytes.",
            next_step="Make one with: rapport init",
            code="secret_missing",
        )
    if not token or len(token) > MAX_TOKEN:
        raise _refused()
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],  # named here: a token must not choose how it is checked
            options={"require": ["sub", "exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError):
        raise _refused() from None
    expires, starts = _seconds(claims, "exp"), _seconds(claims, "nbf")
    if expires is None or (starts is not None and starts > now.timestamp() + CLOCK_SKEW_S):
        raise _refused()
    if expires <= now.timestamp():
        raise _refused("login_token_expired")
    subject, token_id = claims["sub"], claims.get("jti")
    if not isinstance(subject, str) or not subject or not isinstance(token_id, str | None):
        raise _refused()
    return Login(subject, token_id)

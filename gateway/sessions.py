"""Session tokens: which conversation a visitor holds. The server alone chooses the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from rapport.store import Problem, utcnow

ALGORITHM = "HS256"
AUDIENCE = "rapport-web"
AGAIN = "Ask for a new session: POST /v1/sessions."


@dataclass(frozen=True)
class Token:
    """A signed token and when it ends (aware, UTC)."""

    value: str
    expires_at: datetime


class Sessions:
    """Issues and reads session tokens.

    :param key: the signing secret, at least 32 bytes.
    :param hours: how long a token is good.
    """

    def __init__(self, key: str, hours: int) -> None:
        self._key = key
        self._life = timedelta(hours=hours)

    def issue(self, conversation_id: str, now: datetime | None = None) -> Token:
        """A token for one conversation, good from now."""
        now = now or utcnow()
        ends = (now + self._life).replace(microsecond=0)
        claims = {"sub": conversation_id, "aud": AUDIENCE, "iat": int(now.timestamp()), "exp": int(ends.timestamp())}
        return Token(jwt.encode(claims, self._key, ALGORITHM), ends)

    def conversation_of(self, authorization: str | None) -> str:
        """The conversation a request speaks for.

        :param authorization: the header's value, ``Bearer <token>``.
        :raises Problem: when it is missing, forged, or expired.
        """
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise Problem(
                "The request carries no session.",
                allowed=["Authorization: Bearer <token>"],
                next_step=AGAIN,
                code="session_missing",
            )
        try:
            claims = jwt.decode(
                value.strip(),
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "exp", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Problem("The session has expired.", next_step=AGAIN, code="session_expired") from None
        except jwt.InvalidTokenError:
            raise Problem("The session token is not one of ours.", next_step=AGAIN, code="session_invalid") from None
        conversation_id: str = claims["sub"]
        return conversation_id

"""Session tokens."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from gateway.sessions import Sessions
from rapport.store import Problem, utcnow

KEY = "k" * 40


def test_a_token_names_its_conversation_and_ends() -> None:
    sessions = Sessions(KEY, 24)
    token = sessions.issue("cnv_1")
    assert sessions.conversation_of(f"Bearer {token.value}") == "cnv_1"
    assert timedelta(hours=23, minutes=59) < token.expires_at - utcnow() <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("claims", "key"),
    [
        ({"sub": "cnv_1", "aud": "rapport-web"}, KEY),  # never ends
        ({"aud": "rapport-web", "exp": 4_000_000_000}, KEY),
        ({"sub": "cnv_1", "exp": 4_000_000_000}, KEY),  # made for something else
        ({"sub": "cnv_1", "aud": "other", "exp": 4_000_000_000}, KEY),
        ({"sub": 5, "aud": "rapport-web", "exp": 4_000_000_000}, KEY),
        ({"sub": "cnv_1", "aud": "rapport-web", "exp": 4_000_000_000}, "x" * 40),
    ],
)
def test_tokens_that_are_not_ours(claims: dict[str, object], key: str) -> None:
    token = jwt.encode(claims, key, "HS256", sort_headers=True) if claims.get("sub") != 5 else _raw(claims, key)
    with pytest.raises(Problem) as caught:
        Sessions(KEY, 24).conversation_of(f"Bearer {token}")
    assert caught.value.code == "session_invalid"


def _raw(claims: dict[str, object], key: str) -> str:
    import json

    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, "HS256")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
def test_no_token(header: str | None) -> None:
    with pytest.raises(Problem) as caught:
        Sessions(KEY, 24).conversation_of(header)
    assert caught.value.code == "session_missing"

"""Every error of the gateway has one shape:

{"error": {"code": "word", "what": "one sentence", "allowed": ["..."], "next_step": "what to do"}}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from gateway_kit import Running, Visitor
from starlette.requests import Request
from starlette.routing import Route

from gateway import inbox
from gateway.app import create_app
from gateway.origins import CSP
from rapport.shop import Shop
from rapport.store import Store


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite alone: what is tested here does not touch SQL."""
    return sqlite_store


def assert_shape(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"code", "what", "allowed", "next_step"}
    assert error["code"] == code
    assert error["what"].endswith(".")
    assert isinstance(error["allowed"], list) and all(isinstance(one, str) for one in error["allowed"])
    assert isinstance(error["next_step"], str) and error["next_step"]


KEY = {"Idempotency-Key": "key-12345678"}
JSON = {"Content-Type": "application/json"}
CASES: dict[str, tuple[int, str, str, str, dict[str, Any]]] = {
    "nothing there": (404, "not_found", "GET", "/nowhere", {}),
    "nothing there in v1": (404, "not_found", "GET", "/v1/nowhere", {}),
    "no such file": (404, "not_found", "GET", "/widget/nowhere.js", {}),
    "wrong method": (405, "method", "DELETE", "/v1/messages", {}),
    "evil origin": (403, "origin", "GET", "/v1/messages", {"headers": {"Origin": "https://evil.example"}}),
    "null origin": (403, "origin", "GET", "/v1/messages", {"headers": {"Origin": "null"}}),
    "other site's page": (403, "origin", "GET", "/v1/messages", {"headers": {"Sec-Fetch-Site": "cross-site"}}),
    "not json": (422, "not_json", "POST", "/v1/messages", {"headers": KEY | JSON, "content": b"{"}),
    "a json list": (422, "not_json", "POST", "/v1/messages", {"headers": KEY | JSON, "content": b"[]"}),
    "an empty body": (422, "not_json", "POST", "/v1/messages", {"headers": KEY | JSON, "content": b""}),
    "not utf-8": (422, "not_json", "POST", "/v1/messages", {"headers": KEY | JSON, "content": b'{"text": "\xff"}'}),
    "deep json": (422, "not_json", "POST", "/v1/messages", {"headers": KEY | JSON, "content": b"[" * 9000}),
    "plain text": (
        415,
        "content_type",
        "POST",
        "/v1/messages",
        {"headers": KEY | {"Content-Type": "text/plain"}, "content": b'{"text": "hi"}'},
    ),
    "no content type": (415, "content_type", "POST", "/v1/messages", {"headers": KEY, "content": b'{"text": "hi"}'}),
    "empty text": (422, "text_empty", "POST", "/v1/messages", {"headers": KEY, "json": {"text": ""}}),
    "no text": (422, "text_type", "POST", "/v1/messages", {"headers": KEY, "json": {}}),
    "no key": (422, "idempotency_key", "POST", "/v1/messages", {"json": {"text": "hi"}}),
    "5 MB": (413, "body_too_large", "POST", "/v1/messages", {"headers": KEY, "json": {"text": "x" * 5_000_000}}),
    "rating": (422, "survey_value", "POST", "/v1/ratings", {"json": {"value": 11}}),
    "hand-off": (422, "handoff_action", "POST", "/v1/handoff", {"json": {"action": ["return"]}}),
    "login": (403, "login_token", "POST", "/v1/login", {"json": {"token": "x"}}),
    "seq": (422, "seq", "GET", "/v1/messages?after=x", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_shape(visitor: Visitor, case: str) -> None:
    status, code, method, path, options = CASES[case]
    options = options | {"headers": visitor.headers | options.get("headers", {})}
    assert_shape(visitor.http.request(method, path, **options), status, code)


@pytest.mark.parametrize(
    ("headers", "code"), [({}, "session_missing"), ({"Authorization": "Bearer x.y.z"}, "session_invalid")]
)
def test_sessions(visitor: Visitor, headers: dict[str, str], code: str) -> None:
    for method, path in (("GET", "/v1/messages"), ("GET", "/v1/events"), ("POST", "/v1/ratings")):
        answer = visitor.http.request(method, path, headers=headers)
        assert_shape(answer, 401, code)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_body_that_never_ends_is_not_read_to_its_end(visitor: Visitor) -> None:
    """No Content-Length: the door stops reading at its limit."""
    sent = 0

    def body() -> Any:
        nonlocal sent
        for _ in range(5000):
            sent += 1000
            yield b" " * 1000

    headers = visitor.headers | KEY | JSON
    assert_shape(visitor.http.post("/v1/messages", headers=headers, content=body()), 413, "body_too_large")
    assert sent < 5_000_000


def test_too_many(gateways: Callable[..., Running], shop: Shop) -> None:
    visitor = Visitor(gateways().url)
    for _ in range(shop.settings.gateway.messages_per_minute):
        visitor.say("hi")
    answer = visitor.say("hi")
    assert_shape(answer, 429, "too_many")
    assert int(answer.headers["retry-after"]) >= 1
    visitor.http.close()


def test_a_fault_of_ours_tells_nothing_of_its_insides(
    gateways: Callable[..., Running], shop: Shop, store: Store
) -> None:
    async def broken(_request: Request) -> None:
        raise ValueError("the secret inside")

    gateway = gateways()
    gateway.app.router.routes.insert(0, Route("/broken", broken))
    answer = httpx.get(f"{gateway.url}/broken", trust_env=False)
    assert_shape(answer, 500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert create_app(shop, store).debug is False


def test_a_fault_of_ours_can_be_read_on_a_shops_site(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(inbox, "accept", broken)
    headers = visitor.headers | KEY | {"Origin": str(visitor.http.base_url).rstrip("/")}
    answer = visitor.http.post("/v1/messages", json={"text": "hi"}, headers=headers)
    assert_shape(answer, 500, "internal")
    assert answer.headers["access-control-allow-origin"] == headers["Origin"]

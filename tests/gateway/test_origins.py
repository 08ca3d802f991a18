"""Origins, CORS, and the headers of every page."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from gateway_kit import Running

from rapport.shop import Shop
from rapport.store import Store

PARTNER = "https://shop.example"


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite alone: what is tested here does not touch SQL."""
    return sqlite_store


@pytest.fixture
def url(gateways: Callable[..., Running], shop: Shop) -> str:
    shop.settings.gateway.origins.append(PARTNER)
    return gateways().url


def test_our_own_and_listed_origins_are_answered_with_exactly_themselves(url: str) -> None:
    for origin in (url, PARTNER):
        answer = httpx.post(f"{url}/v1/sessions", json={}, headers={"Origin": origin}, trust_env=False)
        assert answer.status_code == 201
        assert answer.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "null",
        "https://shop.example:8443",
    ],
)
def test_others_are_refused_without_cors(url: str, origin: str) -> None:
    for method in ("POST", "OPTIONS"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Content-Type": "application/json"}
        answer = httpx.request(method, f"{url}/v1/sessions", headers=headers, content="{}", trust_env=False)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_preflight(url: str) -> None:
    headers = {"Origin": PARTNER, "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{url}/v1/messages", headers=headers, trust_env=False)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PARTNER
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert "*" not in str(answer.headers)


def test_programs_without_an_origin_are_welcome(url: str) -> None:
    assert httpx.post(f"{url}/v1/sessions", json={}, trust_env=False).status_code == 201


@pytest.mark.parametrize("path", ["/", "/healthz", "/widget/rapport-chat.js", "/v1/messages", "/nowhere"])
def test_security_headers_everywhere(url: str, path: str) -> None:
    headers = httpx.get(url + path, trust_env=False).headers
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_another_site_may_load_the_widget_but_not_the_pages(url: str) -> None:
    script = httpx.get(f"{url}/widget/rapport-chat.js", headers={"Origin": PARTNER}, trust_env=False)
    assert script.headers["access-control-allow-origin"] == PARTNER
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    page = httpx.get(f"{url}/", headers={"Origin": PARTNER}, trust_env=False)
    assert "access-control-allow-origin" not in page.headers

"""Which sites may talk to the gateway from a browser, and the headers that keep pages safe.

The rule for ``/v1``: an ``Origin`` must be the gateway's own or one in shop.toml, else 403. A request without an
``Origin`` is allowed only if it does not come from another site's page: browsers leave the header out on same-origin
GETs alone, and other programs (the notebook, tests, a shop's server) send neither it nor ``Sec-Fetch-Site``. Sessions
are bearer tokens, never cookies, so a request without Origin carries no one's authority by itself.
"""

from __future__ import annotations

from starlette.datastructures import URL, Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rapport.store import Problem

from .errors import on_crash, response_for

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
SHARED = ("/v1/", "/widget")  # what another site's page may load


class Door:
    """The outermost middleware: origins, CORS and security headers.

    :param origins: sites of the shop that may carry the widget, such as ``https://shop.example``.
    """

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self.app = app
        self.origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    def _refusal(self, origin: str | None, headers: Headers, own: str) -> Problem | None:
        if origin is not None:
            if origin.lower() == own or origin.lower() in self.origins:
                return None
            said = repr(origin)
        elif headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
            return None
        else:
            said = "another site's page"
        return Problem(
            f"Requests from {said} are not accepted.",
            allowed=sorted({own, *self.origins}),
            next_step="Add the site to [gateway] origins in shop.toml.",
            code="origin",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, answer preflights, and add headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        url = URL(scope=scope)
        own = f"{url.scheme}://{url.netloc}".lower()
        shared = scope["path"].startswith(SHARED)
        refusal = self._refusal(origin, headers, own)
        cors = shared and origin is not None and refusal is None

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                out = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    out[name] = value
                out["Cross-Origin-Resource-Policy"] = "cross-origin" if shared else "same-origin"
                if shared:
                    out.add_vary_header("Origin")
                if cors and origin is not None:
                    out["Access-Control-Allow-Origin"] = origin
                    out["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        if refusal is not None and scope["path"].startswith("/v1/"):
            await response_for(refusal)(scope, receive, send_with_headers)
        elif cors and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            preflight = Response(
                status_code=204,
                headers={
                    "Access-Control-Allow-Methods": "GET, POST",
                    "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                    "Access-Control-Max-Age": "600",
                },
            )
            await preflight(scope, receive, send_with_headers)
        else:
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception as error:
                # Answered here, not by Starlette's outermost layer, which knows nothing of these headers: without
                # them the widget on a shop's site could not even read that it went wrong.
                if started:
                    raise
                answer = await on_crash(Request(scope), error)
                await answer(scope, receive, send_with_headers)

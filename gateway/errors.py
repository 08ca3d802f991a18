"""Every error the door gives: :meth:`Problem.as_dict` with the right status."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rapport.store import Problem

from .limits import TooMany

log = logging.getLogger("gateway")

STATUS = {
    "session_missing": 401,
    "session_invalid": 401,
    "session_expired": 401,
    "conversation_unknown": 401,
    "session_over": 401,
    "origin": 403,
    "login_token": 403,
    "login_token_expired": 403,
    "customer_unknown": 404,
    "not_found": 404,
    "survey_unknown": 404,
    "method": 405,
    "handoff_conflict": 409,
    "handoff_edge": 409,
    "idempotency_reused": 409,
    "login_token_used": 409,
    "session_other": 409,
    "body_too_large": 413,
    "content_type": 415,
    "too_many": 429,
    "secret_missing": 500,
}
UNREAD_BODY = (413, 415)


def response_for(problem: Problem, status: int | None = None) -> Response:
    """The answer that tells a problem; 422 for a code without a status of its own."""
    status = status or STATUS.get(problem.code, 422)
    headers = {"Cache-Control": "no-store"}
    if isinstance(problem, TooMany):
        headers["Retry-After"] = str(problem.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in UNREAD_BODY:
        headers["Connection"] = "close"  # the rest of the body is not wanted
    return JSONResponse(problem.as_dict(), status, headers)


async def on_problem(_request: Request, error: Exception) -> Response:
    """Answer a :class:`Problem`."""
    assert isinstance(error, Problem)  # noqa: S101 - registered for Problem only
    return response_for(error)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown address, a wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for HTTPException only
    if error.status_code == 405:
        allowed = [word.strip() for word in (error.headers or {}).get("Allow", "").split(",") if word.strip()]
        problem = Problem(
            f"{request.method} is not possible at {request.url.path}.",
            allowed=allowed,
            next_step="Use one of the allowed methods.",
            code="method",
        )
    else:
        problem = Problem(
            f"There is nothing at {request.url.path}.",
            next_step="Check the address; the shop page is at /.",
            code="not_found",
        )
    return response_for(problem, error.status_code)


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer an error of ours without telling its insides; the log has them."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    problem = Problem(
        "The gateway could not finish this request.",
        next_step="Try again; the same Idempotency-Key makes that safe. The operator finds the reason in the log.",
        code="internal",
    )
    return response_for(problem, 500)

"""``GET /healthz``: can messages be stored, can they be answered, and how many wait."""

from __future__ import annotations

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .context import Context
from .outbox import pending_count


async def health(request: Request) -> Response:
    """200 while messages can be stored, even if Rasa is away (``degraded``: they wait); 503 when they cannot."""
    context = Context.of(request)
    pending: int | None
    try:
        pending = await to_thread.run_sync(pending_count, context.store)
    except SQLAlchemyError:
        pending = None
    rasa = await context.rasa.reachable()
    working = pending is not None and context.dispatcher.alive
    body = {
        "status": "failed" if not working else "ok" if rasa else "degraded",
        "store": pending is not None,
        "rasa": rasa,
        "dispatcher": context.dispatcher.alive,
        "pending": pending,
    }
    return JSONResponse(body, 200 if working else 503, {"Cache-Control": "no-store"})

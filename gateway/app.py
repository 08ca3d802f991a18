"""The gateway as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from rapport.shop import Shop
from rapport.store import Problem, Store

from . import errors, site
from .bell import Bell
from .channels import web
from .context import Context, rates
from .dispatcher import Dispatcher, Pace
from .health import health
from .origins import Door
from .rasa import TIMEOUT, RasaClient
from .sessions import Sessions
from .tracker import Tracker


def create_app(
    shop: Shop,
    store: Store,
    *,
    rasa_url: str | None = None,
    tracker_url: str | None = None,
    pace: Pace | None = None,
    rasa_timeout: float | None = None,
    stream_poll: float = 1.0,
) -> Starlette:
    """The gateway of one shop.

    :param shop: its folder; the gateway takes limits, origins, languages and secrets from it.
    :param store: open, and at this version's schema.
    :param rasa_url: Rasa's address; the shop's when not given.
    :param tracker_url: Rasa's tracker store; the shop's when not given.
    :param pace: how eager the dispatcher is.
    :param rasa_timeout: seconds one turn may take.
    :param stream_poll: seconds between an event stream's looks at the store.
    :raises Problem: when the secret ``session_key`` is missing or short.
    """
    limits = shop.settings.gateway
    sessions = Sessions(shop.secret("session_key"), limits.session_hours)
    messages_rate, address_rate, sessions_rate, reads_rate = rates(shop)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        rasa = RasaClient(rasa_url or shop.rasa_url, rasa_timeout or TIMEOUT)
        tracker = Tracker(tracker_url or shop.tracker_url)
        bell = Bell()
        dispatcher = Dispatcher(store, rasa, tracker, bell, pace)
        app.state.context = Context(
            shop=shop,
            store=store,
            sessions=sessions,
            rasa=rasa,
            bell=bell,
            dispatcher=dispatcher,
            messages_rate=messages_rate,
            address_rate=address_rate,
            sessions_rate=sessions_rate,
            reads_rate=reads_rate,
            poll=stream_poll,
        )
        dispatcher.start()
        try:
            yield
        finally:
            bell.close()
            await dispatcher.stop()
            await rasa.close()
            tracker.close()

    return Starlette(
        routes=[
            Mount("/v1", routes=web.ROUTES),
            Route("/healthz", health, methods=["GET"]),
            *site.ROUTES,
        ],
        middleware=[Middleware(Door, origins=limits.origins)],
        exception_handlers={
            Problem: errors.on_problem,
            HTTPException: errors.on_http,
            Exception: errors.on_crash,
        },
        lifespan=lifespan,
    )

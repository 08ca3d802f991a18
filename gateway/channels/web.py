"""The web channel: what the widget calls, under ``/v1``."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway import inbox, plain
from gateway.context import Context
from gateway.limits import address, read_json
from gateway.stream import events
from rapport.customers import identity
from rapport.engagement import winback
from rapport.service import surveys
from rapport.service.conversations import lock_conversation, open_conversation
from rapport.store import Contact, Conversation, Offer, Problem, Survey, utcnow

CHANNEL = "web"
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")  # no colon: keys of our own messages have one, so they cannot collide
CSAT, CSAT_ITEM = "csat", "csat.1"


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"Cache-Control": "no-store"})


def _conversation_id(request: Request) -> str:
    return Context.of(request).sessions.conversation_of(request.headers.get("authorization"))


async def _conversation(request: Request) -> str:
    """The conversation of the request's session, known to the store and not over."""
    conversation_id = _conversation_id(request)
    await to_thread.run_sync(inbox.check, Context.of(request).store, conversation_id)
    return conversation_id


def _seq(value: str | None) -> int:
    if not value:
        return 0
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Problem(
            f"{value!r} is not the number of a message.",
            allowed=["0, or the seq of a message"],
            next_step="Leave it out to get everything.",
            code="seq",
        )
    return int(value)


async def open_session(request: Request) -> Response:
    """``POST /v1/sessions``: a new conversation, or with a valid token a fresh token for the same one."""
    context = Context.of(request)
    context.sessions_rate.take(address(request))
    body = await read_json(request)
    wanted = body.get("language")
    language = context.language(wanted if isinstance(wanted, str) else None, request.headers.get("accept-language"))

    def new() -> Conversation:
        with context.store.write() as session:
            return open_conversation(session, CHANNEL, language)

    def old(conversation_id: str) -> dict[str, Any]:
        return inbox.history(context.store, conversation_id, 2**31)

    if "authorization" in request.headers:
        conversation_id, status = _conversation_id(request), 200
        known = await to_thread.run_sync(old, conversation_id)
        state, language = known["handoff_state"], known["language"]
    else:
        conversation, status = await to_thread.run_sync(new), 201
        conversation_id, state = conversation.id, conversation.handoff_state
    token = context.sessions.issue(conversation_id)
    return _json(
        {
            "token": token.value,
            "conversation": conversation_id,  # so that a browser's tabs see when another one began a new one
            "expires_at": token.expires_at.isoformat(),
            "language": language,
            "handoff_state": state,
            "max_text": context.shop.settings.gateway.max_text,
        },
        status,
    )


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not KEY.fullmatch(key):
        raise Problem(
            f"The Idempotency-Key is {'missing' if not key else 'not usable'}.",
            allowed=["8 to 64 letters, digits, '-' or '_'"],
            next_step="Send a random UUID, the same one when you try again.",
            code="idempotency_key",
        )
    return key


async def post_message(request: Request) -> Response:
    """``POST /v1/messages {text}``: 202 once it is stored, 200 for a repeat of the same key."""
    context = Context.of(request)
    conversation_id = _conversation_id(request)
    context.messages_rate.take(conversation_id)
    context.address_rate.take(address(request))
    key = _idempotency_key(request)
    body = await read_json(request)
    await _conversation(request)
    text = plain.checked(body.get("text"), context.shop.settings.gateway.max_text)
    message, created = await to_thread.run_sync(inbox.accept, context.store, conversation_id, text, key)
    if created:
        context.dispatcher.wake()
        context.bell.ring(conversation_id)
    return _json({"message": message}, 202 if created else 200)


async def get_messages(request: Request) -> Response:
    """``GET /v1/messages?after=SEQ``: the history, oldest first, and the state of the conversation."""
    context = Context.of(request)
    context.reads_rate.take(address(request))
    conversation_id = _conversation_id(request)
    after = _seq(request.query_params.get("after"))
    return _json(await to_thread.run_sync(inbox.history, context.store, conversation_id, after))


async def get_events(request: Request) -> Response:
    """``GET /v1/events``: the same as a stream, from ``Last-Event-ID`` (or ``?after=``) on."""
    context = Context.of(request)
    context.reads_rate.take(address(request))
    conversation_id = await _conversation(request)
    after = _seq(request.headers.get("last-event-id") or request.query_params.get("after"))
    context.bell.admit(conversation_id, address(request))
    ends_at = time.monotonic() + context.shop.settings.gateway.session_hours * 3600
    return StreamingResponse(
        events(context.store, context.bell, conversation_id, address(request), after, ends_at, context.poll),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _invite(session: Session, conversation_id: str, contact: Contact) -> bool:
    """Let the assistant speak first when the shop wants this customer back; once per offer."""
    conversation = lock_conversation(session, conversation_id)
    offer = winback.due_offer(session, contact.id)
    if offer is None or conversation.handoff_state != "bot":
        return False
    # Held from here on, as it stands now: a login in another tab may have raised it a moment ago.
    offer = session.scalars(
        select(Offer)
        .where(Offer.id == offer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if offer.state not in winback.OPEN:
        return False
    if offer.conversation_id not in (None, conversation_id):
        return False  # already raised in another conversation
    offer.conversation_id = conversation_id
    text = "/start_winback" + json.dumps({"language": conversation.language})
    return inbox.add_trigger(session, conversation_id, text, f"winback:{offer.id}")


async def login(request: Request) -> Response:
    """``POST /v1/login {token}``: the shop's site proves who its visitor is."""
    context = Context.of(request)
    context.address_rate.take(address(request))
    conversation_id = await _conversation(request)
    body = await read_json(request)
    token = body.get("token")
    if not isinstance(token, str):
        raise Problem(
            "The login token is missing.",
            allowed=["a token signed by the shop's site"],
            next_step='Send {"token": "..."}; docs/shop.md shows how to sign one.',
            code="login_token",
        )

    def link() -> tuple[Contact, bool]:
        key = context.shop.secret("login_key")
        contact = identity.link_by_token(context.store, conversation_id, token, key, utcnow())
        with context.store.write() as session:
            return contact, _invite(session, conversation_id, contact)

    contact, invited = await to_thread.run_sync(link)
    if invited:
        context.dispatcher.wake()
    return _json({"linked": True, "name": contact.name})


async def logout(request: Request) -> Response:
    """``POST /v1/logout``: the visitor signed out of the shop's site; a session that was proved is over."""
    context = Context.of(request)
    context.address_rate.take(address(request))
    conversation_id = await _conversation(request)
    await read_json(request)
    ended = await to_thread.run_sync(inbox.leave, context.store, conversation_id)
    context.bell.ring(conversation_id)
    return _json({"linked": False, "over": ended})


def _wording(survey: Survey, language: str) -> dict[str, Any]:
    item = next(item for item in survey.items if item["code"] == CSAT_ITEM)
    texts = item["texts"]
    return {"scale": item["scale"], **(texts.get(language) or next(iter(texts.values())))}


async def show_rating(request: Request) -> Response:
    """``POST /v1/ratings/shown``: note that the rating is put before the customer; answers with its wording."""
    context = Context.of(request)
    context.address_rate.take(address(request))
    conversation_id = await _conversation(request)
    await read_json(request)

    def invite() -> dict[str, Any]:
        with context.store.write() as session:
            surveys.invite(session, CSAT, conversation_id)
            language = session.get_one(Conversation, conversation_id).language
            return _wording(surveys.survey_of(session, CSAT), language)

    return _json(await to_thread.run_sync(invite))


async def rate(request: Request) -> Response:
    """``POST /v1/ratings {value: 1..5, comment?}``: 201; the first answer stands, a second gets it back with 200."""
    context = Context.of(request)
    context.address_rate.take(address(request))
    conversation_id = await _conversation(request)
    body = await read_json(request)
    value: Any = body.get("value")  # respond() checks it against the survey's scale
    comment = body.get("comment")
    if comment is not None and not isinstance(comment, str):
        raise Problem(
            f"The comment is {type(comment).__name__}, not a string.",
            allowed=["a string", "nothing"],
            next_step="Leave it out.",
            code="survey_comment",
        )

    def answer() -> tuple[int, bool]:
        with context.store.write() as session:
            response, created = surveys.respond(session, CSAT, CSAT_ITEM, conversation_id, value, comment)
            return response.value, created

    counted, created = await to_thread.run_sync(answer)
    return _json({"value": counted}, 201 if created else 200)


async def hand_off(request: Request) -> Response:
    """``POST /v1/handoff {action}``: ``return`` gives the conversation back to the assistant, ``close`` ends it."""
    context = Context.of(request)
    context.address_rate.take(address(request))
    conversation_id = await _conversation(request)
    body = await read_json(request)
    acts = {"return": inbox.give_back, "close": inbox.end}
    action = body.get("action")
    if not isinstance(action, str) or action not in acts:
        raise Problem(
            f"The hand-off action {action!r} is unknown.",
            allowed=sorted(acts),
            next_step='Send {"action": "return"}.',
            code="handoff_action",
        )
    state = await to_thread.run_sync(acts[action], context.store, conversation_id)
    context.bell.ring(conversation_id)
    context.dispatcher.wake()
    return _json({"handoff_state": state, "at": datetime.now(UTC).isoformat()})


ROUTES = [
    Route("/sessions", open_session, methods=["POST"]),
    Route("/messages", post_message, methods=["POST"]),
    Route("/messages", get_messages, methods=["GET"]),
    Route("/events", get_events, methods=["GET"]),
    Route("/login", login, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/ratings", rate, methods=["POST"]),
    Route("/ratings/shown", show_rating, methods=["POST"]),
    Route("/handoff", hand_off, methods=["POST"]),
]

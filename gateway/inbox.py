"""What arrives, in the store: accepted before it is handled, and shown to its customer in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp_models.language import identify
from rapport.customers import identity
from rapport.service.conversations import append_message, lock_conversation
from rapport.service.handoff import last_handoff, state_of, transition
from rapport.service.text import storable
from rapport.store import Conversation, Message, Problem, Store, utcnow

from . import catalogue

WITH_PEOPLE = ("queued", "human")
PAGE = 200  # messages given at once


def public(message: Message) -> dict[str, Any]:
    """A message as its customer may see it; their own carries its idempotency key, so that they know it again."""
    own = {"key": message.idempotency_key} if message.direction == "in" else {}
    return own | {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "text": message.text,
        "payload": message.payload,
        "state": message.state,
        "created_at": message.created_at.isoformat(),
    }


def say(session: Session, conversation: Conversation, key: str, idempotency_key: str, **payload: Any) -> None:
    """Append a notice of the gateway in the conversation's language; a repeat of the key changes nothing."""
    append_message(
        session,
        conversation.id,
        "out",
        "system",
        catalogue.notice(key, conversation.language),
        "handled",
        payload={"notice": key, **payload},
        idempotency_key=idempotency_key,
    )


def say_held(session: Session, conversation: Conversation) -> None:
    """Tell once per hand-off that messages wait for a person."""
    last = last_handoff(session, conversation.id)
    say(session, conversation, "held", f"notice:held:{last.id if last else 'first'}")


def accept(store: Store, conversation_id: str, text: str, key: str) -> tuple[dict[str, Any], bool]:
    """Store a customer's message; when this returns it cannot be lost.

    :param key: the client's idempotency key.
    :return: the message as the customer sees it, and whether it is new.
    :raises Problem: ``conversation_unknown``; ``idempotency_reused`` when the key came with another text before.
    """
    text = storable(text)  # so that a repeat compares with what was stored
    spoken = identify(text)  # before the transaction: everyone else waits for it
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)
        message, created = append_message(
            session, conversation_id, "in", "customer", text, "pending", idempotency_key=key
        )
        if not created and (message.direction != "in" or message.text != text):
            raise Problem(
                "This Idempotency-Key was used for another message.",
                next_step="Send each message with a key of its own, such as a random UUID.",
                code="idempotency_reused",
            )
        if created and spoken.certain and spoken.value:
            conversation.language = spoken.value  # notices follow the customer's language, as the assistant does
        if created and conversation.handoff_state == "closed":
            transition(session, conversation_id, "bot", "reopened", "customer")
        if created and conversation.handoff_state == "queued" and catalogue.asks_back(text):
            # The assistant answers this message itself, so no notice is needed.
            transition(session, conversation_id, "bot", "returned", "customer")
            _close_held(session, conversation_id)
        if created and conversation.handoff_state in WITH_PEOPLE:
            message.state = "held"
            if conversation.handoff_state == "queued":  # a person who is there answers for themselves
                say_held(session, conversation)
        return public(message), created


def add_trigger(session: Session, conversation_id: str, text: str, key: str) -> bool:
    """Append an internal cause to speak; returns whether it is new."""
    return append_message(session, conversation_id, "trigger", "system", text, "pending", idempotency_key=key)[1]


def check(store: Store, conversation_id: str) -> None:
    """Do nothing for a conversation that its session may still speak for.

    :raises Problem: ``conversation_unknown``; ``session_over`` after a logout.
    """
    with store.read() as session:
        state_of(session, conversation_id)
        _check_open(session, conversation_id)


def _check_open(session: Session, conversation_id: str) -> None:
    if identity.is_over(session, conversation_id):
        raise Problem(
            "The customer of this session has signed out.",
            next_step="Ask for a new session: POST /v1/sessions.",
            code="session_over",
        )


def glance(store: Store, conversation_id: str) -> tuple[int, str, bool] | None:
    """What changes whenever :func:`history` has something new: the newest seq, the hand-off state, who is at work.

    One row by its key, for looking often; none when the conversation is gone.
    """
    with store.read() as session:
        row = session.execute(
            select(Conversation.last_seq, Conversation.handoff_state, Conversation.lease_until).where(
                Conversation.id == conversation_id
            )
        ).one_or_none()
        return None if row is None else (row[0], row[1], row[2] is not None and row[2] > utcnow())


def history(store: Store, conversation_id: str, after: int) -> dict[str, Any]:
    """The messages after a seq, oldest first, and how the conversation stands.

    :param after: the last seq the client has; 0 for all.
    :return: ``{messages, more, handoff_state, language, typing}``.
    :raises Problem: ``conversation_unknown``; ``session_over`` after a logout.
    """
    with store.read() as session:
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            raise Problem(
                "The session's conversation no longer exists.",
                next_step="Ask for a new session: POST /v1/sessions.",
                code="conversation_unknown",
            )
        _check_open(session, conversation_id)
        rows = session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.seq > after, Message.direction != "trigger")
            .order_by(Message.seq)
            .limit(PAGE + 1)
        ).all()
        leased = conversation.lease_until is not None and conversation.lease_until > utcnow()
        # The oldest pending one is handled now; one that failed before waits for Rasa, and nobody is typing then.
        notes = session.scalars(
            select(Message.note)
            .where(
                Message.conversation_id == conversation_id,
                Message.direction.in_(("in", "trigger")),
                Message.state == "pending",
            )
            .order_by(Message.seq)
            .limit(1)
        ).all()
        return {
            "messages": [public(row) for row in rows[:PAGE]],
            "more": len(rows) > PAGE,
            "handoff_state": conversation.handoff_state,
            "language": conversation.language,
            "typing": leased and notes == [None],
        }


def _close_held(session: Session, conversation_id: str) -> None:
    for message in session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.state == "held")
    ):
        message.state, message.handled_at = "handled", utcnow()
        message.note = "returned to the assistant before a person answered"


def give_back(store: Store, conversation_id: str) -> str:
    """The customer returns to the assistant; what waited for a person is closed with a note, and they are told so.

    :return: the state now.
    :raises Problem: ``conversation_unknown``, ``handoff_edge``.
    """
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)
        row, changed = transition(session, conversation_id, "bot", "returned", "customer")
        if changed and row is not None:
            _close_held(session, conversation_id)
            if row.from_state != "closed":
                say(session, conversation, "returned", f"notice:returned:{row.id}")
        return conversation.handoff_state


def end(store: Store, conversation_id: str) -> str:
    """The customer ends the chat; their next message opens it again.

    :return: the state now.
    :raises Problem: ``conversation_unknown``.
    """
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)
        row, changed = transition(session, conversation_id, "closed", "closed", "customer")
        if changed and row is not None:
            say(session, conversation, "closed", f"notice:closed:{row.id}")
        return conversation.handoff_state


def leave(store: Store, conversation_id: str) -> bool:
    """The customer signs out: the proof is undone and the chat ends; its session is over.

    :return: whether there was a proof to undo; without one nothing happens.
    :raises Problem: ``conversation_unknown``.
    """
    if not identity.unlink(store, conversation_id, "customer", "signed out"):
        return False
    end(store, conversation_id)
    return True

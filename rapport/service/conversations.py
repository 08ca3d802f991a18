"""Conversations and their messages: opened once, appended in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from rapport.store import Conversation, Message, Problem, new_id
from rapport.store.conversation import AUTHORS, DIRECTIONS, MESSAGE_STATES

from .text import storable

MAX_KEY = 128  # the width of the column


def open_conversation(session: Session, channel: str, language: str) -> Conversation:
    """A new conversation, with nobody identified in it.

    :param channel: ``web``, ``slack`` or ``wechat``.
    :param language: a BCP 47 code; what the visitor starts with.
    """
    conversation = Conversation(
        id=new_id("cnv"), channel=channel, language=language, contact_id=None, handoff_state="bot", last_seq=0
    )
    session.add(conversation)
    session.flush()
    return conversation


def lock_conversation(session: Session, conversation_id: str) -> Conversation:
    """The conversation as it stands now, held until this transaction ends.

    SQLite holds the whole file from the transaction's begin; PostgreSQL holds the row.

    :raises Problem: ``conversation_unknown``.
    """
    conversation = session.scalars(
        select(Conversation)
        .where(Conversation.id == storable(conversation_id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if conversation is None:
        raise Problem(
            f"There is no conversation {conversation_id!r}.",
            next_step="Open a new session.",
            code="conversation_unknown",
        )
    return conversation


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Problem(f"{name} cannot be {value!r}.", allowed=allowed, code=f"message_{name}")


def _key(given: str | None, reply_to: str | None, reply_index: int | None) -> str:
    if given is None:
        return new_id("key") if reply_to is None else f"reply:{reply_to}:{reply_index}"
    if not 1 <= len(given) <= MAX_KEY:
        raise Problem(
            f"An idempotency key has 1 to {MAX_KEY} characters, this one has {len(given)}.",
            next_step="Send a random UUID.",
            code="idempotency_key",
        )
    return storable(given)


def _check_reply(session: Session, conversation_id: str, reply_to: str | None, reply_index: int | None) -> None:
    if (reply_to is None) != (reply_index is None):
        raise Problem("reply_to and reply_index go together.", code="message_reply")
    if reply_to is None:
        return
    parent = session.get(Message, reply_to)
    if parent is None or parent.conversation_id != conversation_id:
        raise Problem(f"There is no message {reply_to!r} in this conversation to reply to.", code="message_reply")


def append_message(
    session: Session,
    conversation_id: str,
    direction: str,
    author: str,
    text: str,
    state: str,
    payload: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    reply_to: str | None = None,
    reply_index: int | None = None,
) -> tuple[Message, bool]:
    """Append a message with the conversation's next ``seq``, in the caller's transaction.

    A repeat (the same key in the conversation, or the same place among the replies to a message) changes nothing
    and returns the first one, whatever text it carries. Appends to one conversation wait for each other, so
    ``seq`` has no holes and no doubles.

    :param direction: ``in``, ``out`` or ``trigger``.
    :param author: ``customer``, ``assistant``, ``agent`` or ``system``.
    :param state: ``pending``, ``handled``, ``held`` or ``failed``.
    :param payload: JSON: buttons, source, order card.
    :param idempotency_key: the sender's, up to 128 characters; without one, each call is a new message,
        except replies, which are known by their place.
    :param reply_to: the id of the customer's message this answers, in the same conversation.
    :param reply_index: the place among its replies, from 0.
    :return: the message, and whether this call wrote it.
    :raises Problem: ``conversation_unknown``, ``message_direction``, ``message_author``, ``message_state``,
        ``message_reply``, ``idempotency_key``.
    """
    _one_of("direction", direction, DIRECTIONS)
    _one_of("author", author, AUTHORS)
    _one_of("state", state, MESSAGE_STATES)
    key = _key(idempotency_key, reply_to, reply_index)
    conversation = lock_conversation(session, conversation_id)
    _check_reply(session, conversation_id, reply_to, reply_index)
    same = Message.idempotency_key == key
    if reply_to is not None:
        same = or_(same, and_(Message.reply_to == reply_to, Message.reply_index == reply_index))
    earlier = session.scalars(select(Message).where(Message.conversation_id == conversation_id, same)).first()
    if earlier is not None:
        return earlier, False
    conversation.last_seq += 1
    message = Message(
        id=new_id("msg"),
        conversation_id=conversation_id,
        seq=conversation.last_seq,
        direction=direction,
        author=author,
        text=storable(text),
        payload=dict(payload or {}),
        idempotency_key=key,
        reply_to=reply_to,
        reply_index=reply_index,
        state=state,
        attempts=0,
    )
    session.add(message)
    session.flush()
    return message, True

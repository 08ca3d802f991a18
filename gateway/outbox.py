"""The dispatcher's side of the store: whose turn it is, under a lease, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import CursorResult, func, or_, select, update

from rapport.service.conversations import append_message, lock_conversation
from rapport.store import Conversation, Message, Store, utcnow

from .inbox import WITH_PEOPLE, say, say_held
from .plain import for_rasa
from .replies import Reply

INBOUND = ("in", "trigger")
SCAN = 500  # conversations looked at in one scan


@dataclass(frozen=True)
class Job:
    """A message whose turn it is."""

    message_id: str
    conversation_id: str
    text: str  # as Rasa may see it
    attempts: int  # tries before this one
    language: str  # of the conversation so far


def waiting(store: Store) -> list[str]:
    """Conversations with pending inbound messages that no gateway copy is handling, longest waiting first."""
    with store.read() as session:
        return list(
            session.scalars(
                select(Message.conversation_id)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(
                    Message.direction.in_(INBOUND),
                    Message.state == "pending",
                    or_(Conversation.lease_until.is_(None), Conversation.lease_until < utcnow()),
                )
                .group_by(Message.conversation_id)
                .order_by(func.min(Message.created_at))
                .limit(SCAN)
            )
        )


def pending_count(store: Store) -> int:
    """Inbound messages that still wait for Rasa."""
    with store.read() as session:
        query = select(func.count()).where(Message.direction.in_(INBOUND), Message.state == "pending")
        return session.scalar(query) or 0


def claim(store: Store, conversation_id: str, owner: str, seconds: float) -> bool:
    """Take or prolong the lease of a conversation.

    :param owner: names this gateway copy and its task.
    :param seconds: how long nobody else may handle it.
    :return: whether it is ours now.
    """
    now = utcnow()
    with store.write() as session:
        result = session.execute(
            update(Conversation)
            .where(
                Conversation.id == conversation_id,
                or_(
                    Conversation.lease_owner == owner,
                    Conversation.lease_until.is_(None),
                    Conversation.lease_until < now,
                ),
            )
            .values(lease_owner=owner, lease_until=now + timedelta(seconds=seconds))
        )
        return cast(CursorResult[None], result).rowcount == 1


def release(store: Store, conversation_id: str, owner: str) -> None:
    """Give up the lease, if it is still ours."""
    with store.write() as session:
        session.execute(
            update(Conversation)
            .where(Conversation.id == conversation_id, Conversation.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )


def next_job(store: Store, conversation_id: str) -> Job | None:
    """The oldest pending message, with this try counted; none when the conversation has nothing for Rasa.

    With a person in charge, what is pending becomes held instead, and the customer is told once.
    """
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)
        pending = session.scalars(
            select(Message)
            .where(
                Message.conversation_id == conversation_id,
                Message.direction.in_(INBOUND),
                Message.state == "pending",
            )
            .order_by(Message.seq)
        ).all()
        if conversation.handoff_state in WITH_PEOPLE:
            for message in pending:
                if message.direction == "in":
                    message.state = "held"
                else:  # the assistant does not speak up while a person talks
                    message.state, message.handled_at, message.note = "handled", utcnow(), "a person had taken over"
            if any(message.direction == "in" for message in pending) and conversation.handoff_state == "queued":
                say_held(session, conversation)
            return None
        if not pending:
            return None
        message = pending[0]
        attempts = message.attempts
        message.attempts += 1
        # Only triggers, which we write ourselves, may be commands.
        text = message.text if message.direction == "trigger" else for_rasa(message.text)
        return Job(message.id, conversation_id, text, attempts, conversation.language)


def finish(store: Store, job: Job, replies: list[Reply]) -> None:
    """Write Rasa's replies and mark the message handled, in one transaction; a repeat changes nothing."""
    with store.write() as session:
        conversation = lock_conversation(session, job.conversation_id)
        message = session.get_one(Message, job.message_id)
        if message.state != "pending":
            return  # another copy finished it after our lease had run out
        for index, reply in enumerate(replies):
            append_message(
                session,
                job.conversation_id,
                "out",
                "assistant",
                reply.text,
                "handled",
                payload=reply.payload,
                reply_to=job.message_id,
                reply_index=index,
            )
        if not replies and message.direction == "in" and conversation.handoff_state == "bot":
            # Rasa went through the turn and said nothing, as when the action server is away: silence is no answer.
            say(session, conversation, "no_answer", f"notice:no_answer:{message.id}", error={"kind": "error"})
        message.state, message.handled_at, message.note = "handled", utcnow(), None


def postpone(store: Store, job: Job, reason: str) -> None:
    """Leave the message pending because Rasa is away, and tell the customer once for each message that is stuck.

    :param reason: never a customer's words, and no address: the name of the error.
    """
    with store.write() as session:
        conversation = lock_conversation(session, job.conversation_id)
        message = session.get_one(Message, job.message_id)
        if message.state != "pending":
            return
        message.note = reason
        if message.direction == "in":
            say(session, conversation, "rasa_down", f"notice:rasa_down:{message.id}")


def give_up(store: Store, job: Job, reason: str) -> None:
    """Mark the message failed, with the reason, and tell the customer."""
    with store.write() as session:
        conversation = lock_conversation(session, job.conversation_id)
        message = session.get_one(Message, job.message_id)
        if message.state != "pending":
            return
        message.state, message.handled_at, message.note = "failed", utcnow(), reason
        if message.direction == "in":
            say(session, conversation, "failed", f"notice:failed:{message.id}", error={"kind": "error"})

"""Messages the gateway gave up: Rasa's events show no reply, but the customer was told that it could not be done."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rapport.store import Message, Store, Turn

CHUNK = 500


def given_up(session: Session, message_ids: Collection[str]) -> set[str]:
    """Those of the messages that are over without an answer. One that is still being handled is not among them."""
    if not message_ids:
        return set()
    found = session.execute(
        select(Message.id, Message.conversation_id, Message.state).where(Message.id.in_(message_ids))
    ).all()
    over = {row.id for row in found if row.state == "failed"}
    # Handled, too, is a message on which Rasa stayed silent; the gateway's notice of it is keyed by the message.
    of_key = {f"notice:no_answer:{row.id}": row.id for row in found}
    told = session.scalars(
        select(Message.idempotency_key).where(
            Message.conversation_id.in_({row.conversation_id for row in found}),
            Message.idempotency_key.in_(of_key),
        )
    )
    return over | {of_key[key] for key in told}


class OpenTurns:
    """The turns without a reply, watched: the notice is no event of Rasa's, so nothing else would bring them up."""

    def __init__(self) -> None:
        self._watched: set[str] | None = None  # message ids; none: not looked up yet

    def watch(self, message_ids: Collection[str]) -> None:
        """Look after these messages' turns, too."""
        if self._watched is not None:
            self._watched.update(message_ids)

    def settle(self, store: Store) -> int:
        """Mark as failed what has been given up since, and watch no longer what is over.

        :returns: how many turns were marked.
        """
        if self._watched is None:
            with store.read() as session:
                unanswered = select(Turn.message_id).where(Turn.outcome == "open", Turn.message_id.is_not(None))
                self._watched = {one for one in session.scalars(unanswered) if one}
        marked = 0
        for start in range(0, len(waiting := sorted(self._watched)), CHUNK):
            marked += self._look(store, waiting[start : start + CHUNK])
        return marked

    def _look(self, store: Store, message_ids: list[str]) -> int:
        with store.read() as session:
            pending = set(
                session.scalars(select(Message.id).where(Message.id.in_(message_ids), Message.state == "pending"))
            )
            # Asked after the states: a message that is handled meanwhile is looked at once more.
            lost = given_up(session, message_ids)
        if lost:
            with store.write() as session:
                session.execute(
                    update(Turn).where(Turn.message_id.in_(lost), Turn.outcome == "open").values(outcome="failed")
                )
        if self._watched is not None:
            self._watched -= set(message_ids) - pending
        return len(lost)

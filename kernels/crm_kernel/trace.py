"""What the store says about a message: how it was understood and what became of it."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from rapport.store import Article, Store, Turn

WAIT_S = 5.0
POLL_S = 0.1


def find_turn(store: Store, message_id: str, wait: float = WAIT_S) -> Turn | None:
    """The turn of a message; ingest follows within seconds, so it is waited for.

    :param wait: seconds.
    """
    end = time.monotonic() + wait
    while True:
        try:
            with store.read() as session:
                turn = session.scalar(select(Turn).where(Turn.message_id == message_id))
                session.expunge_all()  # it is read after the session's end
        except SQLAlchemyError:
            turn = None  # a locked store is only late
        if turn is not None or time.monotonic() > end:
            return turn
        time.sleep(POLL_S)


def describe(store: Store, turn: Turn | None) -> str:
    """One line: intent, confidence, sentiment, outcome, article."""
    if turn is None:
        return "no trace yet: is ingest running? rapport status tells."
    parts = [f"intent {turn.intent} {turn.intent_confidence:.2f}"]
    score = "" if turn.sentiment_score is None else f" {turn.sentiment_score:+.2f}"
    parts.append(f"sentiment {turn.sentiment or 'not judged'}{score}")
    parts.append(f"outcome {turn.outcome}")
    if turn.article_id:
        with store.read() as session:
            key = session.scalar(select(Article.key).where(Article.id == turn.article_id))
        parts.append(f"article {key or turn.article_id}")
    return " · ".join(parts)

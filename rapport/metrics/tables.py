"""The columns of the store that metrics read, with one type on both databases."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

# table -> column -> type, as Ibis names it
TABLES: dict[str, dict[str, str]] = {
    "conversation": {
        "id": "string",
        "channel": "string",
        "language": "string",
        "contact_id": "string",
        "handoff_state": "string",
        "started_at": "timestamp",
    },
    "message": {"id": "string", "conversation_id": "string", "direction": "string", "created_at": "timestamp"},
    "turn": {
        "id": "string",
        "conversation_id": "string",
        "message_id": "string",
        "number": "int64",
        "text": "string",
        "language": "string",
        "intent": "string",
        "intent_confidence": "float64",
        "sentiment": "string",
        "sentiment_score": "float64",
        "outcome": "string",
        "article_id": "string",
        "reply_count": "int64",
        "started_at": "timestamp",
        "answered_at": "timestamp",
    },
    "handoff": {"conversation_id": "string", "to_state": "string", "at": "timestamp"},
    "survey_response": {
        "survey_code": "string",
        "item_code": "string",
        "conversation_id": "string",
        "value": "int64",
        "at": "timestamp",
    },
    "order": {"id": "string", "contact_id": "string", "state": "string", "placed_at": "timestamp"},
}
# One row: the half-open window since <= t < until. A table rather than literals, so that compiled SQL can be kept.
PERIOD = {"since": "timestamp", "until": "timestamp"}


def expressions() -> Any:
    """Unbound Ibis tables as attributes: ``t.turn``, ``t.order``, ``t.period`` ..."""
    import ibis

    return SimpleNamespace(
        **{name: ibis.table(columns, name=name) for name, columns in TABLES.items()},
        period=ibis.table(PERIOD, name="period"),
    )

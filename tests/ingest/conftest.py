"""Rasa's tracker store as Rasa 3.6.21 makes it, filled with what its own ``as_dict`` wrote (``data/events.json``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from rapport.store import Store

EVENTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "events.json").read_text("utf-8"))

# rasa.core.tracker_store.SQLTrackerStore.SQLEvent, as its SQLAlchemy 1.4 compiles it for each database
DDL = """
CREATE TABLE events (
    id {id} NOT NULL,
    sender_id VARCHAR(255) NOT NULL,
    type_name VARCHAR(255) NOT NULL,
    timestamp FLOAT,
    intent_name VARCHAR(255),
    action_name VARCHAR(255),
    data TEXT,
    PRIMARY KEY (id)
)
"""
INSERT = text(
    "INSERT INTO events (id, sender_id, type_name, timestamp, intent_name, action_name, data) "
    "VALUES (:id, :sender_id, :type_name, :timestamp, :intent_name, :action_name, :data)"
)


class FakeRasa:
    """Writes rows the way Rasa does, and rows it never would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(url)

    def create(self) -> None:
        kind = "SERIAL" if self.engine.dialect.name == "postgresql" else "INTEGER"
        with self.engine.begin() as connection:
            connection.execute(text(DDL.format(id=kind)))
            connection.execute(text("CREATE INDEX ix_events_sender_id ON events (sender_id)"))

    def write(self, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(INSERT, list(rows))

    def event(self, id: int, sender: str, kind: str, at: float, **data: Any) -> dict[str, Any]:
        return {
            "id": id,
            "sender_id": sender,
            "type_name": kind,
            "timestamp": at,
            "intent_name": None,
            "action_name": None,
            "data": json.dumps({"event": kind, "timestamp": at, **data}),
        }


@pytest.fixture
def rasa(store: Store, tmp_path: Path) -> Iterator[FakeRasa]:
    """An empty tracker store on the same kind of database as ``store``."""
    beside = f"sqlite:///{tmp_path / 'tracker.sqlite'}"
    writer = FakeRasa(beside if store.is_sqlite else store.url.render_as_string(hide_password=False))
    writer.create()
    yield writer
    writer.engine.dispose()

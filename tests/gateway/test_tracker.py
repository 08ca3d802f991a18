"""Looking a message up in Rasa's tracker store, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.replies import Reply
from gateway.tracker import Tracker

TABLE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255) NOT NULL, type_name VARCHAR(255) NOT NULL, "
    "timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"
)


def user(message_id: str) -> dict[str, object]:
    return {"event": "user", "text": "x", "metadata": {"message_id": message_id}}


def bot(said: str) -> dict[str, object]:
    return {"event": "bot", "text": said, "data": {}}


def test_the_replies_between_two_user_events(store_url: str) -> None:
    engine = create_engine(store_url)
    rows = [
        ("cnv_1", bot("greeting")),
        ("cnv_1", user("m1")),
        ("cnv_1", {"event": "action"}),
        ("cnv_1", bot("one")),
        ("cnv_2", bot("other conversation")),
        ("cnv_1", bot("two")),
        ("cnv_1", user("m2")),
        ("cnv_1", bot("three")),
        ("cnv_1", {"event": "user", "text": "no metadata"}),
    ]
    tracker = Tracker(store_url)
    assert tracker.answer_to("cnv_1", "m1") is None  # no table, perhaps no file yet
    with engine.begin() as connection:
        connection.execute(text(TABLE))
        for number, (sender, event) in enumerate(rows, 1):
            connection.execute(
                text("INSERT INTO events (id, sender_id, type_name, data) VALUES (:i, :s, :t, :d)"),
                {"i": number, "s": sender, "t": event["event"], "d": json.dumps(event)},
            )
    assert tracker.answer_to("cnv_1", "m1") == [Reply("one"), Reply("two")]
    assert tracker.answer_to("cnv_1", "m2") == [Reply("three")]
    assert tracker.answer_to("cnv_1", "m3") is None
    assert tracker.answer_to("cnv_2", "m1") is None
    tracker.close()
    engine.dispose()


def test_a_sqlite_file_is_neither_made_nor_written(tmp_path: Path) -> None:
    file = tmp_path / "tracker with space.sqlite"
    tracker = Tracker(f"sqlite:///{file}")
    assert tracker.answer_to("cnv_1", "m1") is None
    assert not file.exists()
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(SQLAlchemyError):  # unknown is not the same as unanswered
        tracker.answer_to("cnv_1", "m1")
    tracker.close()

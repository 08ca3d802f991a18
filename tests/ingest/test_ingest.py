"""Ingest against a tracker store filled by Rasa's own code, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rapport.ingest import Ingest, derive, rebuild
from rapport.ingest import ingest as module
from rapport.store import (
    Conversation,
    ImportBatch,
    IngestCursor,
    Message,
    Problem,
    RejectedRow,
    Store,
    TrackerEvent,
    Turn,
)
from rapport.store.base import UtcDateTime

from .conftest import EVENTS, FakeRasa

# text, language, intent, sentiment, outcome, article, replies
EXPECTED = {
    "cnv_en": [
        ("hello", "en", "greet", "positive", "chitchat", None, 1),
        ("where is my order MM123456?", "en", "order_status", "neutral", "done", None, 1),
        ("can you fix my bicycle", "en", "nlu_fallback", "neutral", "abstained", None, 1),
        ("a person please!", "en", "ask_person", "negative", "handed_off", None, 1),
    ],
    "cnv_zh": [
        ("怎么退货？", "zh", "ask_faq", "neutral", "answered", "art_zh_1", 1),
        ("谢谢", "zh", "thanks", "positive", "chitchat", None, 1),
        ("订单呢", "zh", "order_status", None, "failed", None, 1),
        ("喂", "zh", "greet", "neutral", "open", None, 0),
    ],
}


def drain(ingest: Ingest) -> int:
    total = 0
    while taken := ingest.step():
        total += taken
    return total


def turns(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    with store.read() as session:
        for turn in session.scalars(select(Turn).order_by(Turn.conversation_id, Turn.number)):
            row = (turn.text, turn.language, turn.intent, turn.sentiment, turn.outcome, turn.article_id,
                   turn.reply_count)  # fmt: skip
            found.setdefault(turn.conversation_id, []).append(row)
    return found


def everything(store: Store) -> list[list[tuple[Any, ...]]]:
    """All rows that a rebuild must make again, without the times of copying."""
    with store.read() as session:
        tables = [Turn.__table__, TrackerEvent.__table__, RejectedRow.__table__]
        return [
            [tuple(map(str, row)) for row in session.execute(
                select(*(column for column in table.c if column.name != "ingested_at")).order_by(table.c.id))]
            for table in tables
        ]  # fmt: skip


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_turns_are_the_same_whatever_the_batch(store: Store, rasa: FakeRasa, batch: int) -> None:
    rasa.write(*EVENTS)
    ingest = Ingest(store, rasa.url, batch=batch)
    assert drain(ingest) == len(EVENTS)
    assert turns(store) == EXPECTED
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(TrackerEvent)) == len(EVENTS)
        assert session.get_one(IngestCursor, "rasa").position == EVENTS[-1]["id"]
        first = session.scalars(select(Turn).where(Turn.conversation_id == "cnv_en").order_by(Turn.number)).first()
        assert first is not None
        assert (first.id, first.message_id, first.actions) == ("turn_4", "msg_a1", ["utter_greet"])
        assert first.answered_at is not None
        assert first.answered_at > first.started_at
        assert first.intent_confidence == 0.98
    assert ingest.step() == 0
    ingest.close()


def test_a_turn_grows_until_the_next_message(store: Store, rasa: FakeRasa) -> None:
    ingest = Ingest(store, rasa.url)
    rasa.write(rasa.event(1, "cnv_a", "user", 10.0, text="hi", parse_data={"intent": {"name": "greet"}}))
    ingest.step()
    assert turns(store)["cnv_a"][0][4] == "open"
    rasa.write(rasa.event(2, "cnv_a", "bot", 11.0, text="hello", data={"custom": None}))
    ingest.step()
    assert turns(store)["cnv_a"] == [("hi", "und", "greet", None, "chitchat", None, 1)]
    ingest.close()


def test_the_text_is_the_stored_message_and_the_language_falls_back(store: Store, rasa: FakeRasa) -> None:
    with store.write() as session:
        session.add(Conversation(id="cnv_a", channel="web", language="zh"))
        session.flush()
        session.add(Message(id="msg_1", conversation_id="cnv_a", seq=1, direction="in", author="customer",
                            text="/help 退货", idempotency_key="k", state="handled"))  # fmt: skip
    rasa.write(rasa.event(1, "cnv_a", "user", 10.0, text="help 退货", metadata={"message_id": "msg_1"}))
    ingest = Ingest(store, rasa.url)
    ingest.step()
    assert turns(store)["cnv_a"][0][:2] == ("/help 退货", "zh")
    ingest.close()


class Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


@pytest.mark.parametrize("method", ["add", "flush", "get", "scalar", "scalars", "execute", "commit"])
def test_killed_anywhere_loses_and_doubles_nothing(
    store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    rasa.write(*EVENTS)
    original: Callable[..., Any] = getattr(Session, method)
    deaths, countdown = 0, 0

    def dying(self: Session, *values: Any, **named: Any) -> Any:
        nonlocal countdown
        countdown -= 1
        if countdown == 0:
            raise Killed
        return original(self, *values, **named)

    for fuse in [*range(1, 24), *range(24, 200, 19)]:
        countdown = fuse
        monkeypatch.setattr(Session, method, dying)
        ingest = Ingest(store, rasa.url, batch=20)
        try:
            ingest.step()
        except Killed:
            deaths += 1
        monkeypatch.setattr(Session, method, original)
        ingest.close()
    if method != "commit":  # SQLAlchemy commits our blocks through the transaction, not through Session.commit
        assert deaths > 0
    ingest = Ingest(store, rasa.url, batch=20)
    drain(ingest)
    ingest.close()
    assert turns(store) == EXPECTED
    with store.read() as session:
        assert list(session.scalars(select(TrackerEvent.id).order_by(TrackerEvent.id))) == [e["id"] for e in EVENTS]


def test_killed_before_the_commit_keeps_the_cursor(
    store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa.write(*EVENTS)
    ingest = Ingest(store, rasa.url)
    real = Ingest._take

    def dying(self: Ingest, *values: Any) -> int:
        real(self, *values)
        raise Killed

    monkeypatch.setattr(Ingest, "_take", dying)
    with pytest.raises(Killed):
        ingest.step()
    monkeypatch.setattr(Ingest, "_take", real)
    with store.read() as session:
        assert session.get(IngestCursor, "rasa") is None
        assert session.scalar(select(func.count()).select_from(Turn)) == 0
    assert drain(ingest) == len(EVENTS)
    assert turns(store) == EXPECTED
    ingest.close()


def test_a_second_ingest_takes_nothing_twice(store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    rasa.write(*EVENTS)
    slow, fast = Ingest(store, rasa.url), Ingest(store, rasa.url)
    real = slow.gaps.ready

    def overtaken(position: int, rows: Any) -> Any:
        assert fast.step() == len(EVENTS)
        return real(position, rows)

    monkeypatch.setattr(slow.gaps, "ready", overtaken)
    assert slow.step() == 0
    assert turns(store) == EXPECTED
    slow.close()
    fast.close()


def test_rebuild_makes_identical_rows(store: Store, rasa: FakeRasa) -> None:
    rasa.write(*EVENTS, {**EVENTS[0], "id": 900, "data": "{oops"})
    ingest = Ingest(store, rasa.url, batch=9)
    drain(ingest)
    ingest.close()
    before = everything(store)
    assert all(before)
    with store.write() as session:
        session.execute(text("UPDATE turn SET outcome = 'done', text = 'spoiled'"))
    assert rebuild(store, rasa.url) == len(EVENTS) + 1
    assert everything(store) == before


def test_rebuild_drops_nothing_when_the_tracker_is_missing(sqlite_store: Store, tmp_path: Any) -> None:
    with sqlite_store.write() as session:
        session.add(IngestCursor(source="rasa", position=5))
    with pytest.raises(Problem) as caught:
        rebuild(sqlite_store, f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert caught.value.code == "tracker_missing"
    with sqlite_store.read() as session:
        assert session.get_one(IngestCursor, "rasa").position == 5


BAD = [
    ({"data": "{broken"}, "not_json"),
    ({"data": "[1, 2]"}, "not_an_object"),
    ({"data": None}, "no_data"),
    ({"data": '{"event": "user"}', "timestamp": None}, "no_timestamp"),
    ({"sender_id": "x" * 41}, "sender_not_ours"),
    ({"sender_id": ""}, "sender_not_ours"),
    ({"data": "[" * 100_000}, "not_json"),
]


def test_bad_rows_are_set_aside_and_stop_nothing(store: Store, rasa: FakeRasa) -> None:
    bad = [{**EVENTS[3], "id": 100 + index, **changes} for index, (changes, _) in enumerate(BAD)]
    good = rasa.event(200, "cnv_en", "user", 1790000100.0, text="still here")
    rasa.write(*EVENTS, *bad, good)
    ingest = Ingest(store, rasa.url)
    assert drain(ingest) == len(EVENTS) + len(BAD) + 1
    assert turns(store)["cnv_en"][-1][0] == "still here"
    with store.read() as session:
        kept = session.scalars(select(RejectedRow).order_by(RejectedRow.row_number)).all()
        assert [row.reason for row in kept] == [reason for _, reason in BAD]
        assert kept[0].row["data"] == "{broken"
        assert session.scalars(select(ImportBatch)).one().rows_rejected == len(BAD)
    ingest.close()


def test_values_that_a_database_refuses_are_taken(store: Store, rasa: FakeRasa) -> None:
    data = (
        '{"timestamp": 5, "text": "a\\u0000b\\ud800", "parse_data": {"intent": {"name": "x", "confidence": 1e999}, '
        '"sentiment": {"label": "neutral", "score": NaN}}}'
    )
    rasa.write({**EVENTS[3], "id": 1, "data": data})
    ingest = Ingest(store, rasa.url)
    assert ingest.step() == 1
    assert turns(store)["cnv_en"][0][0] == "ab?"
    ingest.close()


def test_ids_that_commit_late_are_waited_for(store: Store, rasa: FakeRasa) -> None:
    ingest = Ingest(store, rasa.url, grace=60)
    now = module.utcnow().timestamp()
    first = rasa.event(1, "cnv_a", "user", now, text="hi")
    late = rasa.event(2, "cnv_a", "bot", now, text="hello", data={})
    third = rasa.event(3, "cnv_a", "user", now, text="bye")
    rasa.write(first, third)
    if store.is_sqlite:  # one writer: ids are committed in order, so a missing one was deleted
        assert ingest.step() == 2
        ingest.close()
        return
    assert ingest.step() == 1
    assert ingest.step() == 0
    rasa.write(late)
    assert ingest.step() == 2
    assert [row[0] for row in turns(store)["cnv_a"]] == ["hi", "bye"]
    ingest.close()


def test_an_id_that_never_comes_is_passed(store: Store, rasa: FakeRasa) -> None:
    now = module.utcnow().timestamp()
    rasa.write(rasa.event(1, "cnv_a", "user", now, text="hi"), rasa.event(5, "cnv_a", "user", now, text="bye"))
    ingest = Ingest(store, rasa.url, grace=0)
    assert drain(ingest) == 2
    ingest.close()


def test_a_missing_tracker_is_waited_for_and_not_created(sqlite_store: Store, tmp_path: Any) -> None:
    file = tmp_path / "sub dir" / "tracker #1.sqlite"
    file.parent.mkdir()
    ingest = Ingest(sqlite_store, f"sqlite:///{file}")
    assert ingest.step() == 0
    assert ingest.waiting
    assert list(file.parent.iterdir()) == []
    rasa = FakeRasa(f"sqlite:///{file}")
    rasa.create()
    rasa.write(*EVENTS)
    assert ingest.step() == len(EVENTS)
    rasa.engine.dispose()
    ingest.close()


def test_a_locked_tracker_is_waited_for(sqlite_store: Store, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.ingest.tracker.BUSY_TIMEOUT_S", 0.01)
    rasa = FakeRasa(f"sqlite:///{tmp_path / 'tracker.sqlite'}")
    rasa.create()
    rasa.write(*EVENTS)
    ingest = Ingest(sqlite_store, rasa.url)
    with rasa.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        assert ingest.step() == 0
        assert "locked" in (ingest.waiting or "")
        connection.rollback()
    assert drain(ingest) == len(EVENTS)
    assert ingest.waiting is None
    ingest.close()
    rasa.engine.dispose()


def test_a_replaced_tracker_is_said(store: Store, rasa: FakeRasa) -> None:
    rasa.write(*EVENTS)
    ingest = Ingest(store, rasa.url)
    drain(ingest)
    with rasa.engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    with pytest.raises(Problem) as caught:
        ingest.step()
    assert caught.value.code == "tracker_replaced"
    assert "--rebuild" in caught.value.next_step
    ingest.close()


def test_a_tracker_replaced_by_a_longer_one_is_said(store: Store, rasa: FakeRasa) -> None:
    rasa.write(*[rasa.event(id, "cnv_a", "user", 10.0 + id, text="old") for id in range(1, 11)])
    ingest = Ingest(store, rasa.url)
    assert drain(ingest) == 10
    with rasa.engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    rasa.write(*[rasa.event(id, "cnv_b", "user", 9000.0 + id, text="new") for id in range(1, 16)])
    with pytest.raises(Problem) as caught:
        ingest.step()
    assert caught.value.code == "tracker_replaced"
    ingest.close()
    assert set(turns(store)) == {"cnv_a"}
    assert rebuild(store, rasa.url) == 15
    assert set(turns(store)) == {"cnv_b"}


def test_conversations_erased_from_the_tracker_are_no_replacement(store: Store, rasa: FakeRasa) -> None:
    rasa.write(*EVENTS, {**EVENTS[0], "id": 80, "data": "{oops"})  # the last row read was set aside
    ingest = Ingest(store, rasa.url, grace=0)
    drain(ingest)
    with rasa.engine.begin() as connection:
        connection.execute(text("DELETE FROM events WHERE sender_id = :one"), {"one": EVENTS[-1]["sender_id"]})
    rasa.write(rasa.event(81, "cnv_new", "user", 9000.0, text="hi"))
    assert drain(ingest) == 1
    assert "cnv_new" in turns(store)
    ingest.close()


def test_a_conversation_that_cannot_be_folded_is_set_aside(
    store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = derive.fold

    def fold(events: Any) -> Any:
        if any(event.data.get("text") == "poison" for event in events):
            raise ArithmeticError("my mail is anna@example.com")
        return real(events)

    monkeypatch.setattr(derive, "fold", fold)
    rasa.write(*EVENTS, rasa.event(900, "cnv_bad", "user", 10.0, text="poison"))
    ingest = Ingest(store, rasa.url, grace=0)
    assert drain(ingest) == len(EVENTS) + 1
    rasa.write(rasa.event(901, "cnv_bad", "bot", 11.0, text="x"), rasa.event(902, "cnv_c", "user", 12.0, text="fine"))
    assert drain(ingest) == 2
    found = turns(store)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert set(found) == {*EXPECTED, "cnv_c"}
    with store.read() as session:
        (kept,) = session.scalars(select(RejectedRow)).all()  # once, however often it fails
        assert (kept.reason, kept.row_number, kept.row["conversation_id"]) == ("not_foldable", 900, "cnv_bad")
        assert "ArithmeticError in test_ingest.py" in kept.row["error"]
        assert "anna" not in str(kept.row)
    ingest.close()


def test_a_number_no_float_can_hold_stops_nothing(store: Store, rasa: FakeRasa) -> None:
    data = '{"timestamp": 5, "text": "a", "parse_data": {"intent": {"name": "x", "confidence": ' + "9" * 400 + "}}}"
    rasa.write({**EVENTS[3], "id": 1, "sender_id": "cnv_x", "data": data})
    ingest = Ingest(store, rasa.url)
    assert ingest.step() == 1
    assert turns(store)["cnv_x"][0][:3] == ("a", "und", "x")
    ingest.close()


def test_a_row_the_store_cannot_keep_is_set_aside_alone(
    store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = UtcDateTime.process_bind_param

    def bind(self: UtcDateTime, value: Any, dialect: Any) -> Any:
        if value is not None and value.year == 1970:
            raise ValueError("a value no database takes")
        return real(self, value, dialect)

    monkeypatch.setattr(UtcDateTime, "process_bind_param", bind)
    rasa.write(*EVENTS, rasa.event(900, "cnv_bad", "user", 10.0, text="poison"))
    ingest = Ingest(store, rasa.url, grace=0)
    assert drain(ingest) == len(EVENTS) + 1
    assert turns(store) == EXPECTED
    with store.read() as session:
        (kept,) = session.scalars(select(RejectedRow)).all()
        assert (kept.reason, kept.row_number) == ("not_storable", 900)
    ingest.close()


def test_a_fault_of_the_database_is_not_blamed_on_the_data(
    store: Store, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_events: Any) -> Any:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(derive, "fold", away)
    rasa.write(*EVENTS)
    ingest = Ingest(store, rasa.url)
    with pytest.raises(OperationalError):
        ingest.step()
    monkeypatch.undo()
    assert drain(ingest) == len(EVENTS)
    assert turns(store) == EXPECTED
    ingest.close()


@pytest.mark.parametrize("url", ["mysql://h/d", "redis://h", "no url"])
def test_another_kind_of_tracker_is_refused(sqlite_store: Store, url: str) -> None:
    with pytest.raises(Problem) as caught:
        Ingest(sqlite_store, url)
    assert caught.value.code == "tracker_url"


def test_the_fixture_is_what_rasa_writes() -> None:
    assert {json.loads(row["data"])["event"] for row in EVENTS} == {row["type_name"] for row in EVENTS}

"""Deriving turns, without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.ingest.turns import at_of, fold, storable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Event:
    id: int
    type_name: str
    data: dict[str, Any] = field(default_factory=dict)
    at: datetime = AT


def user(id: int, text: Any = "hi", intent: str = "ask_faq", message_id: str | None = None, **parse: Any) -> Event:
    parse = {"intent": {"name": intent, "confidence": 0.9}, **parse}
    return Event(id, "user", {"text": text, "parse_data": parse, "metadata": {"message_id": message_id}})


def bot(id: int, text: str | None = "ok", kind: str | None = None, **custom: Any) -> Event:
    return Event(id, "bot", {"text": text, "data": {"custom": {"kind": kind, **custom} if kind else None}})


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        (["source"], "answered"),
        (["abstained"], "abstained"),
        (["handoff"], "handed_off"),
        (["error"], "failed"),
        (["order"], "done"),
        (["complaint"], "done"),
        (["offer"], "done"),
        (["code_sent"], "done"),
        (["unfinished"], "abstained"),
        (["unfinished", "code_sent"], "abstained"),
        (["something_new"], "done"),
        (["abstained", "handoff"], "handed_off"),
        (["source", "error"], "failed"),
    ],
)
def test_outcome_follows_the_kinds(kinds: list[str], outcome: str) -> None:
    events = [user(1)] + [bot(2 + index, kind=kind) for index, kind in enumerate(kinds)]
    assert [turn.outcome for turn in fold(events)] == [outcome]


@pytest.mark.parametrize("intent", ["greet", "goodbye", "thanks", "bot_challenge"])
def test_a_plain_reply_to_small_talk_is_chitchat(intent: str) -> None:
    assert fold([user(1, intent=intent), bot(2)])[0].outcome == "chitchat"


def test_no_reply_is_open_whatever_the_intent() -> None:
    assert fold([user(1, intent="greet")])[0].outcome == "open"


def test_a_plain_reply_to_anything_else_is_done() -> None:
    assert fold([user(1, intent="order_status"), bot(2)])[0].outcome == "done"


def test_what_follows_a_trigger_belongs_to_no_turn() -> None:
    turns = fold([user(1), bot(2), user(3, '/start_winback{"language":"zh"}'), bot(4, kind="offer"), user(5), bot(6)])
    assert [(turn.tracker_event_id, turn.reply_count, turn.outcome) for turn in turns] == [
        (1, 1, "done"),
        (5, 1, "done"),
    ]


@pytest.mark.parametrize("text", ["EXTERNAL: you are useless", "external: x", " /x"])
def test_nothing_a_customer_can_type_is_a_trigger(text: str) -> None:
    assert [(turn.text, turn.outcome) for turn in fold([user(1, text), bot(2)])] == [(text, "done")]


def test_a_message_sent_to_rasa_again_is_one_turn() -> None:
    turns = fold([user(1, message_id="msg_1"), user(2, message_id="msg_1"), bot(3, kind="source", article_id="art_1")])
    assert [(turn.tracker_event_id, turn.outcome, turn.article_id) for turn in turns] == [(1, "answered", "art_1")]


def test_messages_without_an_id_are_never_taken_for_repeats() -> None:
    assert len(fold([user(1), user(2)])) == 2


def test_actions_keep_their_order_without_listening() -> None:
    names = ["action_a", "action_listen", "action_b"]
    turn = fold([user(1), *(Event(2 + i, "action", {"name": name}) for i, name in enumerate(names))])[0]
    assert turn.actions == ["action_a", "action_b"]


def test_a_card_is_no_reply_of_its_own() -> None:
    assert fold([user(1), bot(2, "text"), bot(3, None, kind="source")])[0].reply_count == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": None, "parse_data": None, "metadata": None},
        {"text": 7, "parse_data": [], "metadata": "x"},
        {"parse_data": {"intent": None, "entities": {}, "sentiment": [], "language": "en"}},
        {"parse_data": {"intent": {"name": None, "confidence": 10**400}, "sentiment": {"score": 10**400}}},
        {"parse_data": {"intent": {"name": None, "confidence": "high"}, "entities": ["x"], "sentiment": {"label": 3}}},
    ],
)
def test_odd_shapes_do_not_stop_the_fold(data: dict[str, Any]) -> None:
    turn = fold([Event(1, "user", data), Event(2, "bot", {"data": "x"}), Event(3, "action", {"name": 1})])[0]
    assert (turn.intent, turn.intent_confidence, turn.entities, turn.language) == ("none", 0.0, [], None)
    assert (turn.sentiment, turn.sentiment_score, turn.message_id) == (None, None, None)


def test_an_abstained_sentiment_has_no_score() -> None:
    turn = fold([user(1, sentiment={"label": None, "score": 0.0})])[0]
    assert (turn.sentiment, turn.sentiment_score) == (None, None)


@pytest.mark.parametrize("seconds", [None, True, "1", float("nan"), float("inf"), 1e30])
def test_what_is_no_time(seconds: Any) -> None:
    assert at_of(seconds) is None


def test_a_time() -> None:
    assert at_of(0.5) == datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


def test_text_that_databases_refuse_is_cleaned() -> None:
    assert storable("a\x00b\ud800c退") == "ab?c退"

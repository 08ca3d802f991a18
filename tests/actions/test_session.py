"""The start of a session, and hello."""

from __future__ import annotations

import pytest

from actions.session import Goodbye, Greet, SessionStart


@pytest.fixture
def store(sqlite_store):
    """One database is enough here: what is written is tested on both where it is written."""
    return sqlite_store


def test_the_page_decides_the_language_until_the_customer_writes(house, talk):
    talk.id, talk.slots = "cnv_2", {"language": None}
    talk.run(SessionStart())
    assert talk.slots["language"] == "zh"
    assert talk.returned[0]["event"] == "session_started"
    assert talk.returned[-1] == {"event": "action", "name": "action_listen", "policy": None, "confidence": None,
                                 "timestamp": None}  # fmt: skip


def test_a_new_session_keeps_the_language_and_forgets_half_done_dialogues(talk):
    talk.slots = {"language": "zh", "order_number": "MM100001", "requested_slot": "email", "abstentions": 1}
    talk.run(SessionStart())
    kept = {event["name"]: event["value"] for event in talk.returned if event["event"] == "slot"}
    assert kept == {"language": "zh", "abstentions": 1}


def test_a_session_starts_even_without_a_store(house, talk):
    house.store.close()
    house.store = None
    talk.slots = {"language": None}
    assert talk.run(SessionStart()) == []
    assert [event["event"] for event in talk.returned] == ["session_started", "slot", "action"]


def test_hello_to_a_stranger_and_to_a_customer(talk, known_zh, said):
    messages = talk.hear("hi", "greet").run(Greet())
    assert (said(messages), messages[0]["shop"]) == (["utter_greet"], "Maple & Moss")
    messages = known_zh.hear("你好", "greet").run(Greet())
    assert (messages[0]["response"], messages[0]["name"], messages[0]["shop"]) == ("utter_greet_name", "李娜", "枫苔")


def test_goodbye_forgets(talk, said):
    talk.slots["order_number"] = "MM100001"
    assert said(talk.hear("bye", "goodbye").run(Goodbye())) == ["utter_goodbye"]
    assert talk.slots["order_number"] is None

"""Hello and goodbye."""

from __future__ import annotations

import pytest

from actions.session import Goodbye, Greet


@pytest.fixture
def store(sqlite_store):
    """One database is enough here: what is written is tested on both where it is written."""
    return sqlite_store


def test_hello_to_a_stranger_and_to_a_customer(talk, known_zh, said):
    messages = talk.hear("hi", "greet").run(Greet())
    assert (said(messages), messages[0]["shop"]) == (["utter_greet"], "Maple & Moss")
    messages = known_zh.hear("你好", "greet").run(Greet())
    assert (messages[0]["response"], messages[0]["name"], messages[0]["shop"]) == ("utter_greet_name", "李娜", "枫苔")


def test_goodbye_forgets(talk, said):
    talk.slots["order_number"] = "MM100001"
    assert said(talk.hear("bye", "goodbye").run(Goodbye())) == ["utter_goodbye"]
    assert talk.slots["order_number"] is None

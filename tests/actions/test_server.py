"""The action server: its actions, its port, its errors."""

from __future__ import annotations

import asyncio
import socket

import pytest

from actions.server import HOST, Executor, check_port
from rapport.store import Problem


@pytest.fixture
def store(sqlite_store):
    """One database is enough here: what is written is tested on both where it is written."""
    return sqlite_store


def test_it_never_listens_to_a_network():
    assert HOST == "127.0.0.1"


def test_a_call_without_the_domain_is_answered(house):
    call = {
        "next_action": "action_greet",
        "sender_id": "cnv_1",
        "tracker": {"sender_id": "cnv_1", "slots": {"language": "zh"}, "latest_message": {}, "events": []},
        "version": "3.6.21",
    }
    result = asyncio.run(Executor().run(call))
    (message,) = result.responses
    assert (message["response"], message["shop"]) == ("utter_greet", "枫苔")


def test_a_taken_port_is_a_problem():
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        with pytest.raises(Problem) as caught:
            check_port(holder.getsockname()[1])
    assert caught.value.code == "port_taken"


def test_what_is_cold_is_a_problem_with_the_next_step(house):
    with pytest.raises(Problem) as caught:
        house.warm()
    assert caught.value.code == "index_missing"
    assert "rapport train" in caught.value.next_step

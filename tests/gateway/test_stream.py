"""The event stream: live messages, resume by Last-Event-ID, state, typing, keepalive, and its end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from fake_rasa import FakeRasa
from gateway_kit import Running, Visitor, until
from sqlalchemy import select

from gateway import inbox, stream
from gateway.bell import MAX_ADDRESS_STREAMS, MAX_STREAMS, Bell
from gateway.limits import TooMany
from rapport.customers.identity import link
from rapport.service.handoff import transition
from rapport.store import Contact, Conversation, Store, new_id, utcnow


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite alone: what is tested here does not touch SQL."""
    return sqlite_store


Event = tuple[str, int | None, dict[str, Any]]


class Listener:
    """Reads a stream in a thread."""

    def __init__(self, visitor: Visitor, **headers: str) -> None:
        self.events: list[Event] = []
        self.comments: list[str] = []
        self.status = 0
        self.ended = False
        self._http = httpx.Client(base_url=visitor.http.base_url, timeout=20, trust_env=False)
        self._headers = visitor.headers | headers
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until(lambda: self.status)

    def _read(self) -> None:
        try:
            with self._http.stream("GET", "/v1/events", headers=self._headers) as response:
                self._response = response
                self.status = response.status_code
                fields: dict[str, str] = {}
                for line in response.iter_lines():
                    name, _, value = line.partition(": ")
                    if not line and "event" in fields:
                        number = int(fields["id"]) if "id" in fields else None
                        self.events.append((fields["event"], number, json.loads(fields["data"])))
                        fields = {}
                    elif line.startswith(":"):
                        self.comments.append(line)
                    elif name:
                        fields[name] = value
        except httpx.HTTPError:
            pass
        self.ended = True

    def texts(self) -> list[str]:
        return [data["text"] for name, _number, data in self.events if name == "message"]

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def listen(visitor: Visitor) -> Iterator[Callable[..., Listener]]:
    made: list[Listener] = []

    def one(**headers: str) -> Listener:
        made.append(Listener(visitor, **headers))
        return made[-1]

    yield one
    for listener in made:
        listener.close()


def test_messages_arrive_with_their_seq(visitor: Visitor, listen: Callable[..., Listener]) -> None:
    listener = listen()
    visitor.say("hello")
    until(lambda: listener.texts() == ["hello", "You said: hello"])
    numbers = [number for name, number, _data in listener.events if name == "message"]
    assert numbers == [1, 2]


def test_resume_gives_exactly_what_was_missed(visitor: Visitor, listen: Callable[..., Listener]) -> None:
    for text in ("one", "two", "three"):
        visitor.say(text)
    visitor.wait_for("You said: one", "You said: two", "You said: three")
    expected = [message["seq"] for message in visitor.history()["messages"]][2:]
    resumed = listen(**{"Last-Event-ID": "2"})
    until(lambda: len(resumed.texts()) == 4)
    assert [number for name, number, _data in resumed.events if name == "message"] == expected


def test_state_and_typing(visitor: Visitor, rasa: FakeRasa, store: Store, listen: Callable[..., Listener]) -> None:
    listener = listen()
    rasa.gate.clear()
    visitor.say("hello")
    until(lambda: ("typing", None, {"active": True}) in listener.events)
    rasa.gate.set()
    until(lambda: listener.events[-1] == ("typing", None, {"active": False}) and "You said: hello" in listener.texts())
    with store.write() as session:  # another process: the action server or the desk
        transition(session, session.scalars(select(Conversation.id)).one(), "queued", "asked", "assistant")
    until(lambda: ("state", None, {"handoff_state": "queued"}) in listener.events)


def test_a_quiet_stream_is_kept_alive(
    visitor: Visitor, listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEEPALIVE", 0.05)
    listener = listen()
    until(lambda: listener.comments == [": keepalive"] * len(listener.comments) and listener.comments)


def test_too_many_streams_are_refused(visitor: Visitor, listen: Callable[..., Listener]) -> None:
    listeners = [listen() for _ in range(MAX_STREAMS)]
    until(lambda: all(listener.events for listener in listeners))
    assert listen().status == 429


def test_an_address_has_so_many_streams_whatever_its_sessions() -> None:
    bell = Bell()
    with ExitStack() as open_streams:
        for number in range(MAX_ADDRESS_STREAMS):
            bell.admit(f"cnv_{number}", "192.0.2.1")
            open_streams.enter_context(bell.listen(f"cnv_{number}", "192.0.2.1"))
        with pytest.raises(TooMany):
            bell.admit("cnv_new", "192.0.2.1")
        bell.admit("cnv_new", "192.0.2.2")
    bell.admit("cnv_new", "192.0.2.1")
    assert not bell._addresses


def test_a_quiet_stream_costs_one_small_query_a_look(
    visitor: Visitor, listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    for name in ("glance", "history"):
        real = getattr(inbox, name)
        monkeypatch.setattr(inbox, name, lambda *a, real=real, name=name: looks.append(name) or real(*a))
    listener = listen()
    until(lambda: looks.count("glance") > 10)
    assert looks.count("history") == 1
    visitor.say("hello")
    until(lambda: listener.texts() == ["hello", "You said: hello"])


def test_a_stream_ends_when_its_customer_signs_out(
    visitor: Visitor, listen: Callable[..., Listener], store: Store
) -> None:
    with store.write() as session:
        contact = Contact(id=new_id("cus"), external_id="C-1", name="Ada", language="en", country="DE", source="test")
        session.add(contact)
        session.flush()
        link(session, session.scalars(select(Conversation.id)).one(), contact.id, "shop_token", utcnow())
    listener = listen()
    until(lambda: listener.events)
    assert visitor.post("/v1/logout").json()["over"]
    until(lambda: listener.ended)


def test_a_bad_number_is_refused(visitor: Visitor) -> None:
    for bad in ("-1", "x", "1e3", "９", "9" * 30):
        answer = visitor.http.get("/v1/messages", params={"after": bad}, headers=visitor.headers)
        assert answer.status_code == 422


def test_streams_end_when_the_gateway_stops(gateway: Running, listen: Callable[..., Listener]) -> None:
    listener = listen()
    until(lambda: listener.events)
    began = time.monotonic()
    gateway.stop()
    until(lambda: listener.ended)
    assert time.monotonic() - began < 10

"""From pending to answered: Rasa away, a restart, a crash between answer and commit, two copies, silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import httpx
import pytest
from fake_rasa import FakeRasa
from gateway_kit import QUICK, Running, Visitor, until
from sqlalchemy import select

from gateway import catalogue, outbox
from gateway.dispatcher import Pace
from rapport.store import Conversation, Message, Store, utcnow

Start = Callable[..., Running]


def health_of(visitor: Visitor) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.http.get("/healthz").json()
    return answer


def test_rasa_away_and_back(visitor: Visitor, rasa: FakeRasa) -> None:
    """The message is kept, the customer is told once, the answer follows."""
    rasa.stop()
    assert visitor.say("first").status_code == 202
    assert visitor.say("second").status_code == 202
    until(lambda: visitor.seen("system"))
    assert visitor.seen("system") == [catalogue.notice("rasa_down", "en")]
    body = health_of(visitor)
    assert (body["status"], body["rasa"], body["pending"]) == ("degraded", False, 2)
    assert not visitor.history()["typing"]
    rasa.start()
    visitor.wait_for("You said: first", "You said: second")
    assert visitor.seen("system") == [catalogue.notice("rasa_down", "en")]
    assert health_of(visitor) == {"status": "ok", "store": True, "rasa": True, "dispatcher": True, "pending": 0}


def test_the_notice_is_in_the_conversations_language(gateway: Running, rasa: FakeRasa) -> None:
    rasa.stop()
    visitor = Visitor(gateway.url, "zh")
    visitor.say("你好")
    until(lambda: visitor.seen("system") == [catalogue.notice("rasa_down", "zh")])
    visitor.http.close()


def test_an_error_status_of_rasa_is_rasa_away(visitor: Visitor, rasa: FakeRasa) -> None:
    rasa.status = 503
    visitor.say("hello")
    until(lambda: visitor.seen("system"))
    rasa.status = 200
    until(lambda: visitor.seen()[-1:] == ["You said: hello"])


def test_the_answer_follows_after_a_restart_of_the_gateway(gateways: Start, rasa: FakeRasa) -> None:
    first = gateways()
    before = Visitor(first.url)
    rasa.stop()
    before.say("patience")
    until(lambda: before.seen("system"))
    before.http.close()
    first.stop()
    rasa.start()
    second = gateways()
    after = Visitor(second.url)
    after.headers = before.headers  # the token is good at every copy
    after.wait_for("You said: patience")
    after.http.close()


def test_an_answer_that_got_lost_is_recovered_not_asked_for_again(visitor: Visitor, rasa: FakeRasa) -> None:
    """Rasa finishes the turn and the connection dies: what it said comes from its tracker store."""
    card = {"kind": "complaint", "number": "C-26-000001"}

    def turn(body: dict[str, Any]) -> list[dict[str, Any]]:
        rasa.remember(
            body,
            [
                {"event": "bot", "text": "Noted.\n\nAnything else?", "data": {"custom": card}},
                {"event": "bot", "text": "Yes or no?", "data": {"buttons": [{"title": "Yes", "payload": "yes"}]}},
            ],
        )
        return []

    rasa.script = turn
    rasa.drop_after = 1
    visitor.say("it arrived broken")
    visitor.wait_for("Noted.", "Anything else?", "Yes or no?")
    assert rasa.texts == ["it arrived broken"]
    payloads = [m["payload"] for m in visitor.history()["messages"] if m["author"] == "assistant"]
    assert payloads == [{}, {"complaint": card}, {"buttons": [{"title": "Yes", "payload": "yes"}]}]


def test_a_lost_turn_that_rasa_does_not_know_is_asked_again(visitor: Visitor, rasa: FakeRasa) -> None:
    rasa.drop_after = 1
    visitor.say("hello")
    visitor.wait_for("You said: hello")
    assert rasa.texts == ["hello", "hello"]


def test_a_crash_after_the_answer_and_before_the_commit(gateways: Start, rasa: FakeRasa, store: Store) -> None:
    """The first copy dies holding the lease; the second takes over when it has run out, and asks no second time."""
    rasa.script = lambda body: rasa.remember(body, [{"event": "bot", "text": "Once.", "data": {}}]) or []
    gateway = gateways()
    visitor = Visitor(gateway.url)
    with store.write() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversation.lease_owner, conversation.lease_until = "dead", utcnow()
        message = Message(
            id="msg_dead",
            conversation_id=conversation.id,
            seq=1,
            direction="in",
            author="customer",
            text="hello",
            idempotency_key="k",
            state="pending",
            attempts=1,
        )
        conversation.last_seq = 1
        body = {"sender": conversation.id, "message": "hello", "metadata": {"message_id": "msg_dead"}}
        rasa.remember(body, [{"event": "bot", "text": "Once.", "data": {}}])
        session.add(message)
    visitor.wait_for("Once.")
    assert rasa.received == []
    visitor.http.close()


def test_two_copies_never_handle_one_conversation_at_once(gateways: Start, rasa: FakeRasa) -> None:
    copies = [gateways(), gateways()]
    visitors = [Visitor(copies[0].url) for _ in range(3)]
    twins = []
    for one in visitors:
        twin = Visitor(copies[1].url)
        twin.headers = one.headers
        twins.append(twin)
    texts = [f"m{number}" for number in range(8)]
    for number, text in enumerate(texts):  # alternately at either copy
        for pair in zip(visitors, twins, strict=True):
            assert pair[number % 2].say(text).status_code == 202
    for one in visitors:
        one.wait_for(*[f"You said: {text}" for text in texts])
    assert rasa.overlaps == 0
    assert len(rasa.received) == len(visitors) * len(texts)
    for sender in {body["sender"] for body in rasa.received}:
        assert [body["message"] for body in rasa.received if body["sender"] == sender] == texts
    for one in visitors + twins:
        one.http.close()


def test_a_turn_longer_than_the_lease_stays_with_its_copy(gateways: Start, rasa: FakeRasa, store: Store) -> None:
    """The lease is short, so that a killed copy's conversations go on soon; it is renewed while the copy lives."""
    pace = replace(QUICK, lease=0.6)
    copies = [gateways(pace=pace), gateways(pace=pace)]
    visitor = Visitor(copies[0].url)
    rasa.gate.clear()
    visitor.say("slow")
    assert rasa.arrived.wait(10)

    def lease() -> Any:
        with store.read() as session:
            return session.scalars(select(Conversation.lease_until)).one()

    first = lease()
    until(lambda: (lease() - first).total_seconds() > 2)
    assert rasa.texts == ["slow"]
    rasa.gate.set()
    visitor.wait_for("You said: slow")
    until(lambda: lease() is None)
    assert (rasa.texts, rasa.overlaps) == (["slow"], 0)
    visitor.http.close()


def test_a_killed_copys_conversations_wait_ten_seconds_at_most() -> None:
    assert Pace().lease <= 10


def test_an_error_that_nobody_foresaw_is_no_hot_loop_and_not_the_end(
    gateway: Running,
    visitor: Visitor,
    rasa: FakeRasa,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dispatcher = gateway.app.state.context.dispatcher
    slow = replace(QUICK, retry_first=0.3, retry_most=0.3)
    monkeypatch.setattr(dispatcher, "_pace", slow)
    times: list[float] = []
    real = dispatcher._rasa.send

    async def broken(*arguments: Any) -> Any:
        times.append(time.monotonic())
        if len(times) < 4:
            raise KeyError("my secret")
        return await real(*arguments)

    monkeypatch.setattr(dispatcher._rasa, "send", broken)
    visitor.say("hello")
    visitor.wait_for("You said: hello")
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(times))
    assert "Traceback" in caplog.text


def test_a_scan_that_fails_is_not_the_last_one(
    gateway: Running, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = outbox.waiting, []

    def broken(store: Store) -> list[str]:
        tries.append(1)
        if len(tries) < 4:
            raise RuntimeError("can't start new thread")
        return real(store)

    monkeypatch.setattr(outbox, "waiting", broken)
    visitor.say("hello")
    visitor.wait_for("You said: hello")
    assert len(tries) >= 4
    assert gateway.app.state.context.dispatcher.alive


def test_a_store_that_fails_inside_a_turn_is_tried_again(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = outbox.finish, []

    def broken(*arguments: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("anything")
        real(*arguments)

    monkeypatch.setattr(outbox, "finish", broken)
    visitor.say("hello")
    visitor.wait_for("You said: hello")


def test_the_pause_stays_a_number_however_long_the_outage(gateway: Running) -> None:
    assert gateway.app.state.context.dispatcher._pause(5000) == QUICK.retry_most


def test_a_message_that_rasa_always_fails_at_does_not_hold_up_the_next(
    visitor: Visitor, rasa: FakeRasa, store: Store
) -> None:
    def turn(body: dict[str, Any]) -> list[dict[str, Any]]:
        if body["message"] == "poison":
            raise RuntimeError("inside Rasa")  # the connection breaks, but others are answered
        return [{"text": "fine"}]

    rasa.script = turn
    visitor.say("poison")
    visitor.say("next")
    visitor.wait_for("fine")
    assert rasa.texts == ["poison"] * Pace().poison_tries + ["next"]
    assert visitor.seen("system") == [catalogue.notice("rasa_down", "en"), catalogue.notice("failed", "en")]
    with store.read() as session:
        failed = session.scalars(select(Message).where(Message.text == "poison")).one()
        assert failed.state == "failed"
        assert failed.note is not None and failed.note.isidentifier()  # the name of the error, and none of its words


def test_while_rasa_is_away_a_message_waits_for_as_long_as_it_takes(
    visitor: Visitor, rasa: FakeRasa, store: Store
) -> None:
    rasa.stop()
    visitor.say("patience")

    def tries() -> int:
        with store.read() as session:
            message = session.scalars(select(Message).where(Message.text == "patience")).one()
            assert message.note is None or message.note.isidentifier()
            return message.attempts

    until(lambda: tries() > 2 * Pace().poison_tries)
    rasa.start()
    visitor.wait_for("You said: patience")


def test_what_no_database_can_hold_in_an_answer_is_replaced(visitor: Visitor, rasa: FakeRasa) -> None:
    card = {"kind": "order", "number": "a\ud800b\0", "lines": [{"\udfff": float("nan")}]}
    rasa.script = lambda _body: [{"text": "Here."}, {"custom": card}]
    visitor.say("my order")
    visitor.wait_for("Here.")
    (payload,) = [m["payload"] for m in visitor.history()["messages"] if m["author"] == "assistant"]
    assert payload["order"] == {"kind": "order", "number": "a\ufffdb\ufffd", "lines": [{"\ufffd": None}]}


def test_rasa_that_answers_nothing_is_asked_thrice_and_then_given_up(visitor: Visitor, rasa: FakeRasa) -> None:
    """An empty answer without a trace is an exception inside Rasa; the next message goes on."""
    rasa.script = lambda body: [] if body["message"] == "boom" else [{"text": "fine"}]
    visitor.say("boom")
    visitor.say("next")
    visitor.wait_for("fine")
    assert rasa.texts == ["boom", "boom", "boom", "next"]
    assert visitor.seen("system") == [catalogue.notice("failed", "en")]
    assert [m["state"] for m in visitor.history()["messages"] if m["author"] == "customer"] == ["failed", "handled"]


def test_a_silent_turn_still_gets_a_word(visitor: Visitor, rasa: FakeRasa) -> None:
    """Rasa went through the turn but said nothing, as when the action server is away."""
    rasa.script = lambda body: rasa.remember(body, []) or []
    visitor.say("my order?")
    until(lambda: visitor.seen("system") == [catalogue.notice("no_answer", "en")])
    assert rasa.texts == ["my order?"]


def test_the_same_key_at_the_same_time_is_one_message(visitor: Visitor, rasa: FakeRasa) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(visitor.say("racing", "key-racing"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [202]
    visitor.wait_for("You said: racing")
    assert rasa.texts == ["racing"]

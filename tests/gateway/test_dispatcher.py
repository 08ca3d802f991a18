"""From pending to answered: Rasa away, a restart, a crash between answer and commit, two copies, silence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
from fake_rasa import FakeRasa
from gateway_kit import Running, Visitor, until
from sqlalchemy import select

from gateway import catalogue
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

"""Turns that Rasa left without a reply, and what the gateway told the customer: with the gateway's own functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway import inbox, outbox
from gateway.replies import Reply
from rapport.ingest import Ingest, rebuild
from rapport.service.conversations import open_conversation
from rapport.store import Store, Turn

from .conftest import FakeRasa

End = Callable[[Store, outbox.Job], None]


def no_answer(store: Store, job: outbox.Job) -> None:
    outbox.finish(store, job, [])


def lost(store: Store, job: outbox.Job) -> None:
    outbox.give_up(store, job, "Rasa answered nothing")


def outcomes(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Turn.outcome).order_by(Turn.tracker_event_id)))


@pytest.fixture
def conversation(store: Store) -> str:
    with store.write() as session:
        return open_conversation(session, "web", "en").id


def job_of(store: Store, conversation: str, text: str = "where is my order") -> outbox.Job:
    inbox.accept(store, conversation, text, f"key-{text}")
    job = outbox.next_job(store, conversation)
    assert job is not None
    return job


def heard(rasa: FakeRasa, id: int, job: outbox.Job) -> None:
    rasa.write(rasa.event(id, job.conversation_id, "user", 10.0 + id, text=job.text,
                          metadata={"message_id": job.message_id}))  # fmt: skip


@pytest.mark.parametrize("end", [no_answer, lost])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_a_turn_the_gateway_ended_without_an_answer_has_failed(
    store: Store, rasa: FakeRasa, conversation: str, end: End, restarted: bool
) -> None:
    job = job_of(store, conversation)
    heard(rasa, 1, job)
    ingest = Ingest(store, rasa.url)
    assert ingest.step() == 1
    assert ingest.step() == 0
    assert outcomes(store) == ["open"]  # Rasa is still at work
    outbox.postpone(store, job, "Rasa is slow")
    ingest.step()
    assert outcomes(store) == ["open"]  # told that it takes longer: that is no end
    end(store, job)  # no event of Rasa's comes with it
    if restarted:
        ingest.close()
        ingest = Ingest(store, rasa.url)
    assert ingest.step() == 0
    assert outcomes(store) == ["failed"]
    ingest.close()
    assert rebuild(store, rasa.url) == 1
    assert outcomes(store) == ["failed"]


def test_the_notice_may_come_before_the_events(store: Store, rasa: FakeRasa, conversation: str) -> None:
    job = job_of(store, conversation)
    no_answer(store, job)
    heard(rasa, 1, job)
    ingest = Ingest(store, rasa.url)
    ingest.step()
    assert outcomes(store) == ["failed"]
    again = job_of(store, conversation, "hello?")
    heard(rasa, 2, again)
    ingest.step()
    assert outcomes(store) == ["failed", "open"]
    ingest.close()


def test_an_answer_that_is_read_late_still_counts(store: Store, rasa: FakeRasa, conversation: str) -> None:
    job = job_of(store, conversation)
    heard(rasa, 1, job)
    ingest = Ingest(store, rasa.url)
    ingest.step()
    outbox.finish(store, job, [Reply("It is on its way.")])
    ingest.step()
    assert outcomes(store) == ["open"]
    rasa.write(rasa.event(2, conversation, "bot", 12.0, text="It is on its way.", data={"custom": {"kind": "order"}}))
    ingest.step()
    assert outcomes(store) == ["done"]
    ingest.close()

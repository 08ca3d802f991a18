"""Messages are appended in order and once, also under threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from rapport.service.conversations import append_message, open_conversation
from rapport.store import Conversation, Message, Problem, Store

THREADS = 8


def opened(store: Store) -> str:
    with store.write() as session:
        return open_conversation(session, "web", "zh").id


def rows(store: Store, conversation_id: str) -> list[Message]:
    with store.read() as session:
        found = list(
            session.scalars(select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq))
        )
        session.expunge_all()  # a reader's rollback would empty them
        return found


def say(store: Store, conversation_id: str, text: str, key: str | None = None) -> tuple[str, bool]:
    with store.write() as session:
        message, created = append_message(
            session, conversation_id, "in", "customer", text, "pending", idempotency_key=key
        )
        return message.id, created


def test_a_conversation_opens_anonymous_with_the_assistant(store: Store) -> None:
    conversation_id = opened(store)
    with store.read() as session:
        conversation = session.get_one(Conversation, conversation_id)
        assert conversation_id.startswith("cnv_")
        assert (conversation.channel, conversation.language) == ("web", "zh")
        assert (conversation.contact_id, conversation.handoff_state, conversation.last_seq) == (None, "bot", 0)


def test_messages_are_numbered_from_one_and_the_conversation_knows_the_last(store: Store) -> None:
    conversation_id, other = opened(store), opened(store)
    for text in ("你好", "where is my order?", ""):
        say(store, conversation_id, text)
    say(store, other, "hi")
    assert [(row.seq, row.text) for row in rows(store, conversation_id)] == [
        (1, "你好"),
        (2, "where is my order?"),
        (3, ""),
    ]
    with store.read() as session:
        assert session.get_one(Conversation, conversation_id).last_seq == 3


def test_a_repeated_key_returns_the_first_message_and_is_per_conversation(store: Store) -> None:
    conversation_id, other = opened(store), opened(store)
    first = say(store, conversation_id, "one", "k")
    assert say(store, conversation_id, "two", "k") == (first[0], False)
    assert say(store, other, "one", "k")[1] is True
    assert [row.text for row in rows(store, conversation_id)] == ["one"]


def test_a_reply_is_known_by_its_place_whatever_its_key(store: Store) -> None:
    conversation_id = opened(store)
    asked, _ = say(store, conversation_id, "?")
    for attempt in range(2):
        with store.write() as session:
            for index in range(2):
                _, created = append_message(
                    session,
                    conversation_id,
                    "out",
                    "assistant",
                    f"answer {index}",
                    "pending",
                    {"buttons": [index]},
                    f"attempt-{attempt}-{index}",
                    asked,
                    index,
                )
                assert created is (attempt == 0)
    replies = rows(store, conversation_id)[1:]
    assert [(row.reply_index, row.payload) for row in replies] == [(0, {"buttons": [0]}), (1, {"buttons": [1]})]


def test_a_reply_needs_no_key_of_its_own(store: Store) -> None:
    conversation_id = opened(store)
    asked, _ = say(store, conversation_id, "?")
    for _ in range(2):
        with store.write() as session:
            append_message(session, conversation_id, "out", "assistant", "!", "pending", reply_to=asked, reply_index=0)
    assert len(rows(store, conversation_id)) == 2


def test_a_reply_to_another_conversations_message_is_refused(store: Store) -> None:
    conversation_id, other = opened(store), opened(store)
    foreign, _ = say(store, other, "?")
    for reply_to, index in ((foreign, 0), ("msg_none", 0), (foreign, None), (None, 0)):
        with pytest.raises(Problem) as caught, store.write() as session:
            append_message(
                session,
                conversation_id,
                "out",
                "assistant",
                "!",
                "pending",
                reply_to=reply_to,
                reply_index=index,
            )
        assert caught.value.code == "message_reply"
    assert rows(store, conversation_id) == []


def test_wrong_values_are_named_and_nothing_is_written(store: Store) -> None:
    conversation_id = opened(store)
    good = {
        "conversation_id": conversation_id,
        "direction": "in",
        "author": "customer",
        "text": "x",
        "state": "pending",
    }
    for change, code in (
        ({"direction": "up"}, "message_direction"),
        ({"author": "nobody"}, "message_author"),
        ({"state": "lost"}, "message_state"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "k" * 129}, "idempotency_key"),
        ({"conversation_id": "cnv_none"}, "conversation_unknown"),
        ({"conversation_id": "cnv_\0"}, "conversation_unknown"),
    ):
        with pytest.raises(Problem) as caught, store.write() as session:
            append_message(session, **{**good, **change})
        assert caught.value.code == code
    assert rows(store, conversation_id) == []


def test_what_a_database_cannot_hold_is_replaced_and_the_message_kept(store: Store) -> None:
    conversation_id = opened(store)
    say(store, conversation_id, "a\0b\ud800c😀", "k\0")
    assert [row.text for row in rows(store, conversation_id)] == ["a\ufffdb\ufffdc😀"]


def test_an_error_later_in_the_transaction_takes_the_number_back(store: Store) -> None:
    conversation_id = opened(store)
    with pytest.raises(RuntimeError), store.write() as session:
        append_message(session, conversation_id, "in", "customer", "lost", "pending")
        raise RuntimeError
    say(store, conversation_id, "kept")
    assert [(row.seq, row.text) for row in rows(store, conversation_id)] == [(1, "kept")]


def test_race_one_key_from_many_threads_is_one_row(store: Store) -> None:
    conversation_id = opened(store)
    barrier = threading.Barrier(THREADS)

    def send(number: int) -> tuple[str, bool]:
        barrier.wait()
        return say(store, conversation_id, f"from {number}", "same")

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(send, range(THREADS)))
    assert len({message for message, _ in results}) == 1
    assert sum(created for _, created in results) == 1
    assert len(rows(store, conversation_id)) == 1


def test_race_many_appends_give_contiguous_numbers(store: Store) -> None:
    conversation_id = opened(store)
    barrier = threading.Barrier(THREADS)

    def send(number: int) -> None:
        barrier.wait()
        for turn in range(6):
            say(store, conversation_id, f"{number}.{turn}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))
    found = rows(store, conversation_id)
    assert [row.seq for row in found] == list(range(1, THREADS * 6 + 1))
    # Each sender's own messages keep their order.
    for number in range(THREADS):
        mine = [row.text for row in found if row.text.startswith(f"{number}.")]
        assert mine == [f"{number}.{turn}" for turn in range(6)]

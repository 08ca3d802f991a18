"""Hand-off: every edge, every refusal, and two people who claim at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from rapport.service.conversations import open_conversation
from rapport.service.handoff import last_handoff, state_of, transition
from rapport.store import AuditEntry, Conversation, Handoff, Problem, Store
from rapport.store.conversation import HANDOFF_STATES

# Written out here on purpose, not imported: the product's own table must agree with the agreement.
ALLOWED = {
    ("bot", "queued"),
    ("queued", "human"),
    ("human", "bot"),
    ("human", "closed"),
    ("queued", "bot"),
    ("bot", "closed"),
    ("queued", "closed"),
    ("closed", "bot"),
}
WAY_TO = {"bot": [], "queued": ["queued"], "human": ["queued", "human"], "closed": ["closed"]}


def opened(store: Store, state: str = "bot") -> str:
    with store.write() as session:
        conversation_id = open_conversation(session, "web", "en").id
        for step in WAY_TO[state]:
            transition(session, conversation_id, step, "test", "ada")
    return conversation_id


def rows(store: Store, conversation_id: str) -> list[Handoff]:
    with store.read() as session:
        found = list(session.scalars(select(Handoff).where(Handoff.conversation_id == conversation_id)))
        session.expunge_all()  # a reader's rollback would empty them
        return found


def test_every_pair_of_states(store: Store) -> None:
    for from_state, to_state in product(HANDOFF_STATES, repeat=2):
        conversation_id = opened(store, from_state)
        before = len(rows(store, conversation_id))
        possible = (from_state, to_state) in ALLOWED
        if possible or from_state == to_state:
            with store.write() as session:
                row, changed = transition(session, conversation_id, to_state, "asked", "ada")
            assert changed is possible
            if row is not None and changed:
                assert (row.from_state, row.to_state, row.reason, row.by) == (from_state, to_state, "asked", "ada")
        else:
            with pytest.raises(Problem) as caught, store.write() as session:
                transition(session, conversation_id, to_state, "asked", "ada")
            assert caught.value.code == "handoff_edge"
            assert {(from_state, allowed) for allowed in caught.value.allowed} <= ALLOWED
        assert len(rows(store, conversation_id)) == before + possible
        with store.read() as session:
            assert state_of(session, conversation_id) == (to_state if possible else from_state)


def test_closing_and_reopening_set_and_clear_the_time(store: Store) -> None:
    conversation_id = opened(store, "closed")
    with store.read() as session:
        assert session.get_one(Conversation, conversation_id).closed_at is not None
    with store.write() as session:
        transition(session, conversation_id, "bot", "returned", "customer")
    with store.read() as session:
        assert session.get_one(Conversation, conversation_id).closed_at is None


def test_a_state_the_caller_did_not_see_is_a_conflict(store: Store) -> None:
    conversation_id = opened(store, "queued")
    with pytest.raises(Problem) as caught, store.write() as session:
        transition(session, conversation_id, "closed", "closed", "ada", expected="human")
    assert caught.value.code == "handoff_conflict"
    with store.read() as session:
        assert state_of(session, conversation_id) == "queued"


def test_the_same_agent_may_claim_again_but_no_other(store: Store) -> None:
    conversation_id = opened(store, "queued")
    with store.write() as session:
        first, _ = transition(session, conversation_id, "human", "claimed", "ada", expected="queued")
    with store.write() as session:
        again, changed = transition(session, conversation_id, "human", "claimed", "ada", expected="queued")
    assert first is not None and again is not None
    assert (again.id, changed) == (first.id, False)
    for expected in ("queued", "human", None):
        with pytest.raises(Problem) as caught, store.write() as session:
            transition(session, conversation_id, "human", "claimed", "bob", expected=expected)
        assert caught.value.code == "handoff_conflict"


def test_a_customer_and_the_assistant_who_both_ask_queue_it_once(store: Store) -> None:
    conversation_id = opened(store)
    for by in ("customer", "assistant", "customer"):
        with store.write() as session:
            transition(session, conversation_id, "queued", "asked", by)
    assert [row.by for row in rows(store, conversation_id)] == ["customer"]


def test_each_change_is_audited_with_who_and_why(store: Store) -> None:
    conversation_id = opened(store)
    with store.write() as session:
        transition(session, conversation_id, "queued", "abstained_twice", "assistant", note="wants\0 help")
    with store.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == conversation_id)).one()
        assert (entry.actor, entry.action, entry.why) == ("assistant", "handoff.queued", "abstained_twice")
        last = last_handoff(session, conversation_id)
        assert last is not None and last.note == "wants\ufffd help"


def test_unknown_names_are_refused(store: Store) -> None:
    conversation_id = opened(store)
    for subject, to_state, expected, code in (
        ("cnv_none", "queued", None, "conversation_unknown"),
        (conversation_id, "paused", None, "handoff_state"),
        (conversation_id, "queued", "paused", "handoff_state"),
    ):
        with pytest.raises(Problem) as caught, store.write() as session:
            transition(session, subject, to_state, "asked", "ada", expected)
        assert caught.value.code == code
    assert rows(store, conversation_id) == []


def test_state_of_an_unknown_conversation_is_a_problem(store: Store) -> None:
    with pytest.raises(Problem) as caught, store.read() as session:
        state_of(session, "cnv_none")
    assert caught.value.code == "conversation_unknown"


def test_race_of_two_claims_has_one_winner(store: Store) -> None:
    for round_number in range(5):
        conversation_id = opened(store, "queued")
        agents = [f"agent-{number}" for number in range(4)]
        barrier = threading.Barrier(len(agents))

        def claim(agent: str, conversation_id: str = conversation_id, barrier: threading.Barrier = barrier) -> str:
            barrier.wait()
            try:
                with store.write() as session:
                    _, changed = transition(session, conversation_id, "human", "claimed", agent, expected="queued")
                return "won" if changed else "repeat"
            except Problem as problem:
                return problem.code

        with ThreadPoolExecutor(len(agents)) as pool:
            results = list(pool.map(claim, agents))
        assert sorted(results) == ["handoff_conflict"] * 3 + ["won"], round_number
        claims = [row for row in rows(store, conversation_id) if row.to_state == "human"]
        assert [row.by for row in claims] == [agents[results.index("won")]]


def machine_for(store: Store) -> type[RuleBasedStateMachine]:
    class HandoffMachine(RuleBasedStateMachine):
        """The product beside a model that is only a state, an owner, and a history."""

        @initialize()
        def begin(self) -> None:
            self.conversation_id = opened(store)
            self.state = "bot"
            self.owner: str | None = None
            self.history: list[tuple[str, str, str]] = []

        @rule(
            to_state=st.sampled_from(HANDOFF_STATES),
            by=st.sampled_from(["customer", "assistant", "ada", "bob"]),
            expected=st.sampled_from([None, *HANDOFF_STATES]),
        )
        def step(self, to_state: str, by: str, expected: str | None) -> None:
            if self.state == to_state:
                wanted = "handoff_conflict" if to_state == "human" and self.owner != by else "repeat"
            elif expected is not None and expected != self.state:
                wanted = "handoff_conflict"
            elif (self.state, to_state) not in ALLOWED:
                wanted = "handoff_edge"
            else:
                wanted = "changed"
            try:
                with store.write() as session:
                    _, changed = transition(session, self.conversation_id, to_state, "test", by, expected)
                got = "changed" if changed else "repeat"
            except Problem as problem:
                got = problem.code
            assert got == wanted
            if got == "changed":
                self.history.append((self.state, to_state, by))
                self.state, self.owner = to_state, by

        @invariant()
        def the_store_agrees(self) -> None:
            with store.read() as session:
                conversation = session.get_one(Conversation, self.conversation_id)
                assert conversation.handoff_state == self.state
                assert (conversation.closed_at is not None) == (self.state == "closed")
                found = session.scalars(
                    select(Handoff)
                    .where(Handoff.conversation_id == self.conversation_id)
                    .order_by(Handoff.at, Handoff.id)
                )
                assert [(row.from_state, row.to_state, row.by) for row in found] == self.history

    return HandoffMachine


def test_any_sequence_of_steps_agrees_with_the_model(store: Store) -> None:
    run_state_machine_as_test(
        machine_for(store),
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

"""Surveys: definitions by version, invitations as the denominator, answers once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from rapport.customers.identity import link
from rapport.service.surveys import invite, load_definitions, read_survey, respond, survey_of
from rapport.store import AuditEntry, Problem, Store, Survey, SurveyInvitation, SurveyResponse
from tests.customers.people import ADA, NOW, opened, settle


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A copy of the demo shop's survey."""
    copy = tmp_path / "surveys"
    copy.mkdir()
    (copy / "csat.toml").write_bytes((root / "shops/demo/surveys/csat.toml").read_bytes())
    return copy


def answered(store: Store) -> list[tuple[str, int, str | None, str]]:
    with store.read() as session:
        return [
            (row.item_code, row.value, row.comment, row.language) for row in session.scalars(select(SurveyResponse))
        ]


def test_the_demo_survey_asks_in_both_languages(root: Path) -> None:
    survey = read_survey(root / "shops/demo/surveys/csat.toml")
    (item,) = survey.items
    assert (survey.code, item.code, item.scale.min, item.scale.max) == ("csat", "csat.1", 1, 5)
    assert set(item.texts) == {"en", "zh"}
    assert all(all(wording.model_dump().values()) for wording in item.texts.values())


def test_loading_again_changes_nothing_and_a_new_version_replaces(store: Store, folder: Path) -> None:
    for _ in range(2):
        assert load_definitions(store, folder) == ["csat"]
    with store.read() as session:
        survey = session.scalars(select(Survey)).one()
        assert survey.items[0]["scale"] == {"min": 1, "max": 5}
        assert survey.items[0]["texts"]["zh"]["question"]
        assert len(session.scalars(select(AuditEntry)).all()) == 1
    file = folder / "csat.toml"
    file.write_text(file.read_text().replace("this chat?", "our service?"))
    with pytest.raises(Problem) as caught:
        load_definitions(store, folder)
    assert caught.value.code == "survey_version"
    file.write_text(file.read_text().replace("version = 1", "version = 2"))
    load_definitions(store, folder)
    with store.read() as session:
        survey = survey_of(session, "csat")
        assert (survey.version, survey.items[0]["texts"]["en"]["question"][-12:]) == (2, "our service?")


BROKEN = {
    "no TOML": "code = ",
    "not UTF-8": b"code = '\xff'",
    "no items": "code = 'csat'\nversion = 1\nitems = []",
    "a scale upside down": "code='c'\nversion=1\n[[items]]\ncode='c.1'\nscale={min=5,max=1}\n"
    "[items.texts.en]\nquestion='?'\nlow='-'\nhigh='+'",
    "a scale beyond 10": "code='c'\nversion=1\n[[items]]\ncode='c.1'\nscale={min=1,max=11}\n"
    "[items.texts.en]\nquestion='?'\nlow='-'\nhigh='+'",
    "an unknown key": "code='c'\nversion=1\ncolour='red'",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_and_nothing_is_loaded(sqlite_store: Store, folder: Path, name: str) -> None:
    text = BROKEN[name]
    (folder / "broken.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Problem) as caught:
        load_definitions(sqlite_store, folder)
    assert caught.value.code == "survey_file"
    assert "broken.toml" in caught.value.what
    with sqlite_store.read() as session:
        assert session.scalars(select(Survey)).all() == []


def test_an_invitation_is_noted_once(store: Store, folder: Path) -> None:
    load_definitions(store, folder)
    conversation_id, other = opened(store), opened(store)
    for expected in (True, False):
        with store.write() as session:
            invitation, created = invite(session, "csat", conversation_id)
            assert (invitation.conversation_id, created) == (conversation_id, expected)
    with store.write() as session:
        assert invite(session, "csat", other)[1] is True


def test_the_first_answer_stands_with_language_and_the_proved_contact(store: Store, folder: Path) -> None:
    settle(store)
    load_definitions(store, folder)
    conversation_id = opened(store, language="zh")
    with store.write() as session:
        link(session, conversation_id, ADA, "shop_token", NOW)
        response, created = respond(session, "csat", "csat.1", conversation_id, 4, " 很快\0 ")
        assert (response.value, response.contact_id, created) == (4, ADA, True)
    for value in (4, 1):
        with store.write() as session:
            again, created = respond(session, "csat", "csat.1", conversation_id, value)
            assert (again.value, created) == (4, False)
    assert answered(store) == [("csat.1", 4, "很快\ufffd", "zh")]
    with store.read() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.subject == conversation_id)).all() == [
            "identity.link",
            "survey.respond",
        ]


def test_an_answer_brings_its_invitation_so_a_rate_never_exceeds_one(store: Store, folder: Path) -> None:
    load_definitions(store, folder)
    with store.write() as session:
        respond(session, "csat", "csat.1", opened_in(session), 5)
        assert len(session.scalars(select(SurveyInvitation)).all()) == 1


def opened_in(session) -> str:
    from rapport.service.conversations import open_conversation

    return open_conversation(session, "web", "en").id


def test_wrong_answers_are_refused_with_what_is_allowed(store: Store, folder: Path) -> None:
    load_definitions(store, folder)
    conversation_id = opened(store)
    for value in (0, 6, -1, 10**30, True, 4.0, "4", None, float("nan")):
        with pytest.raises(Problem) as caught, store.write() as session:
            respond(session, "csat", "csat.1", conversation_id, value)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.allowed) == ("survey_value", ("1", "2", "3", "4", "5"))
    for arguments, code in (
        (("nps", "csat.1", conversation_id, 5), "survey_unknown"),
        (("csat\0", "csat.1", conversation_id, 5), "survey_unknown"),
        (("csat", "csat.2", conversation_id, 5), "survey_item"),
        (("csat", "csat.1", "cnv_none", 5), "conversation_unknown"),
        (("csat", "csat.1", conversation_id, 5, "x" * 2001), "survey_comment"),
    ):
        with pytest.raises(Problem) as caught, store.write() as session:
            respond(session, *arguments)
        assert caught.value.code == code
    assert answered(store) == []


def test_race_one_answer_counts(store: Store, folder: Path) -> None:
    load_definitions(store, folder)
    conversation_id = opened(store)
    barrier = threading.Barrier(5)

    def answer(value: int) -> tuple[int, bool]:
        barrier.wait()
        with store.write() as session:
            response, created = respond(session, "csat", "csat.1", conversation_id, value)
            return response.value, created

    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(answer, range(1, 6)))
    assert sum(created for _, created in results) == 1
    assert {value for value, _ in results} == {answered(store)[0][1]}
    assert len(answered(store)) == 1

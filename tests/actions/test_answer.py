"""Questions: answered with the source, or honestly not."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from actions.answer import AnswerQuestion, Fallback
from actions.handoff import BackToBot, Handoff
from actions.session import Affirm, Deny
from knowledge import articles, index
from nlp_models import encoders
from rapport.store import Conversation, Retrieval

ARTICLES = ("delivery/delivery-uk", "payment/payment-methods", "loyalty/points-expiry")


@pytest.fixture
def store(sqlite_store):
    """One database is enough here: what is written is tested on both where it is written."""
    return sqlite_store


def state(house, conversation="cnv_1"):
    with house.store.read() as session:
        return session.get(Conversation, conversation).handoff_state


@pytest.fixture
def library(house):
    """A small index of three articles in both languages."""
    folder = house.shop.folder / "articles"
    for file in folder.glob("*/*/*.md"):
        if f"{file.parent.name}/{file.stem}" not in ARTICLES:
            file.unlink()
    articles.import_articles(house.store, folder)
    index.build(house.store, encoders.load(), house.shop.var / "index")
    return house


@pytest.mark.parametrize(
    ("language", "text", "key"),
    [("en", "Do you deliver to the United Kingdom?", "delivery-uk"), ("zh", "支持哪些付款方式？", "payment-methods")],
)
def test_an_answer_comes_with_its_source(library, talk, said, item, language, text, key):
    talk.slots = {"language": language, "abstentions": 1}
    messages = talk.hear(text, "ask_shop").run(AnswerQuestion())
    assert said(messages) == ["utter_answer"]
    assert "\n\n" not in messages[0]["answer"]  # Rasa's channel would cut it in two
    source = item(messages, "source")
    assert (source["key"], source["language"], source["url"]) == (key, language, f"/articles/{language}/{key}")
    assert talk.slots["abstentions"] is None


def test_a_near_miss_offers_the_articles_that_may_be_meant(library, talk, said, item):
    """Between answering and knowing nothing: the customer chooses, and the choice is answered."""
    found = library.retriever().search("points payment", "en")
    assert not found.answered
    assert found.suggestions
    messages = talk.hear("points payment", "ask_shop").run(AnswerQuestion())
    assert said(messages) == ["utter_did_you_mean"]
    titles = [button["payload"] for button in item(messages, "choices")["buttons"]]
    assert titles == [one.article.title for one in found.suggestions]
    chosen = talk.hear(titles[0], "ask_shop").run(AnswerQuestion())
    assert item(chosen, "source")["title"] == titles[0]


def test_two_questions_without_an_answer_and_then_a_person(library, talk, said, item):
    first = talk.hear("Who painted the Mona Lisa?", "ask_shop").run(AnswerQuestion())
    assert said(first) == ["utter_abstain"]
    assert item(first, "abstained")["best_score"] < item(first, "abstained")["threshold"]
    second = talk.hear("How tall is Mount Fuji?", "nlu_fallback").run(AnswerQuestion())
    assert said(second) == ["utter_offer_person"]
    messages = talk.hear("yes", "affirm").run(Affirm())
    assert item(messages, "handoff")["state"] == "queued"
    assert state(library) == "queued"


def test_a_retried_question_is_one_retrieval(library, talk):
    for _ in range(2):
        talk.hear("Do you deliver to the UK?", "ask_shop", message_id="msg_same").run(AnswerQuestion())
    with library.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Retrieval)) == 1


def test_a_new_index_is_used_at_once(library):
    before = library.retriever()
    assert library.retriever() is before
    index.build(library.store, encoders.load(), library.shop.var / "index")
    assert library.retriever() is not before


def test_in_a_form_no_person_is_asked_about_twice(library, talk, said):
    talk.loop = "order_form"
    messages = talk.hear("Who painted the Mona Lisa?", "ask_shop").run(AnswerQuestion())
    assert said(messages) == ["utter_abstain_midway"]


def test_without_an_index_the_customer_is_told_and_the_log_too(house, talk, said, item, caplog):
    messages = talk.hear("Do you deliver?", "ask_shop").run(AnswerQuestion())
    assert said(messages) == ["utter_error"]
    assert item(messages, "error") == {"kind": "error"}
    assert "action_answer_question failed in cnv_1" in caplog.text


def test_fallback_offers_a_person(talk, house, said, item):
    messages = talk.hear("???", "nlu_fallback").run(Fallback())
    assert said(messages) == ["utter_fallback"]
    assert item(messages, "abstained")["best_score"] is None
    talk.hear("yes", "affirm").run(Affirm())
    assert state(house) == "queued"


def test_a_person_is_called_once_and_sent_back(talk, house, said, item):
    assert said(talk.hear("a human", "ask_person").run(Handoff())) == ["utter_handoff"]
    again = talk.hear("a human!", "ask_person").run(Handoff())
    assert said(again) == ["utter_handoff_already"]
    assert item(again, "handoff")["state"] == "queued"
    assert said(talk.hear("the bot again", "back_to_bot").run(BackToBot())) == ["utter_back_to_bot"]
    assert state(house) == "bot"
    assert said(talk.hear("the bot again", "back_to_bot").run(BackToBot())) == ["utter_already_bot"]


def test_a_bare_yes_or_no_promises_nothing(talk, house, said):
    assert said(talk.hear("yes", "affirm").run(Affirm())) == ["utter_what_else"]
    assert said(talk.hear("no", "deny").run(Deny())) == ["utter_okay"]
    assert state(house) == "bot"


def test_an_ok_to_a_statement_is_not_asked_what_else(talk, said):
    talk.hear("I want to complain", "make_complaint")
    talk.events.append({"event": "bot", "data": {}, "metadata": {"utter_action": "utter_complaint_opened"}})
    assert said(talk.hear("ok", "affirm").run(Affirm())) == ["utter_acknowledged"]
    talk.hear("thanks", "thanks")
    talk.events.append({"event": "bot", "data": {}, "metadata": {"utter_action": "utter_thanks"}})
    assert said(talk.hear("yes", "affirm").run(Affirm())) == ["utter_what_else"]


def test_small_talk_is_not_passed_on_to_a_person(library, talk, said):
    for text in ("tell me a joke", "will it rain?", "sing a song"):
        assert said(talk.hear(text, "off_topic").run(AnswerQuestion())) == ["utter_off_topic"]
    assert talk.slots.get("abstentions") is None

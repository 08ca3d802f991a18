"""Questions about the shop: an article answers, or we say that we don't know and offer a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .common import Events, ShopAction, intent_of, language_of, message_id_of, text_of
from .house import house

if TYPE_CHECKING:
    from knowledge.retriever import FoundArticle, Retrieved

PATIENCE = 2  # questions in a row without an answer; then a person is offered in so many words


def abstain(dispatcher: CollectingDispatcher, tracker: Tracker, found: Retrieved | None) -> Events:
    """Say that we don't know.

    :param found: the retrieval that was not good enough; none when there was none.
    """
    count = int(tracker.slots.get("abstentions") or 0) + 1
    suggestions = found.suggestions if found is not None else ()
    if tracker.active_loop_name:
        dispatcher.utter_message(response="utter_abstain_midway")
    elif intent_of(tracker) == "off_topic":
        dispatcher.utter_message(response="utter_off_topic")  # a person would not know either
    elif found is None:
        dispatcher.utter_message(response="utter_fallback")
    elif suggestions and count < PATIENCE:
        dispatcher.utter_message(response="utter_did_you_mean")
        # An article's title, said as a question, finds that article.
        titles = [{"title": one.article.title, "payload": one.article.title} for one in suggestions]
        dispatcher.utter_message(json_message={"kind": "choices", "buttons": titles})
    else:
        dispatcher.utter_message(response="utter_offer_person" if count >= PATIENCE else "utter_abstain")
    dispatcher.utter_message(
        json_message={
            "kind": "abstained",
            "best_score": None if found is None else found.score,
            "threshold": None if found is None else found.threshold,
        }
    )
    return [SlotSet("abstentions", count)] if intent_of(tracker) != "off_topic" else []


def answer_text(article: FoundArticle, passage: str | None) -> str:
    """The article's first paragraph, which holds the answer, and the one that matched best if it is another.

    One line break between them: Rasa's REST channel cuts a text at every empty line.
    """
    from knowledge.passages import paragraphs

    whole = paragraphs(article.body)
    parts = whole[:1]
    if passage in whole[1:]:
        parts.append(str(passage))
    return "\n".join(parts) or article.title


class AnswerQuestion(ShopAction):
    """Answers from the shop's articles, with the source."""

    action_name = "action_answer_question"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Search, then answer or abstain."""
        found = (
            house()
            .retriever()
            .search(
                text_of(tracker),
                language_of(tracker),
                conversation_id=tracker.sender_id,
                message_id=message_id_of(tracker),
            )
        )
        article = found.article
        if not found.answered or article is None:
            return abstain(dispatcher, tracker, found)
        dispatcher.utter_message(response="utter_answer", answer=answer_text(article, found.passage))
        dispatcher.utter_message(
            json_message={
                "kind": "source",
                "article_id": article.id,
                "key": article.key,
                "title": article.title,
                "language": article.language,
                "score": found.score,
                "url": f"/articles/{article.language}/{article.key}",
            }
        )
        return [SlotSet("abstentions", None)]


class Fallback(ShopAction):
    """No rule fits: say so, and offer a person."""

    action_name = "action_fallback"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Ask for other words."""
        return abstain(dispatcher, tracker, None)

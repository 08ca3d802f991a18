"""To a person, and back to the assistant."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from rapport.service.handoff import state_of, transition

from .common import Events, ShopAction, emptied, said_before
from .house import house

REASONS = {
    "utter_offer_person": "abstained_twice",
    "utter_abstain": "abstained",
    "utter_fallback": "abstained",
    "utter_order_gave_up": "not_verified",
    "utter_insult": "asked",
    "utter_error": "error",
}
"""Responses that offer a person, and the reason to note when the customer says yes."""


def reason_offered(tracker: Tracker) -> str | None:
    """Why a person was offered in our last turn; none when nobody was."""
    said = said_before(tracker)
    return next((reason for response, reason in REASONS.items() if response in said), None)


def queue_for_person(dispatcher: CollectingDispatcher, tracker: Tracker, reason: str) -> Events:
    """Put the conversation in the line for a person. A repeat changes nothing."""
    with house().store.write() as session:
        state = state_of(session, tracker.sender_id)
        if state == "closed":  # the customer writes again
            transition(session, tracker.sender_id, "bot", "reopened", "customer")
        if state != "human":
            _, moved = transition(session, tracker.sender_id, "queued", reason, "customer")
        else:
            moved = False
    dispatcher.utter_message(response="utter_handoff" if moved else "utter_handoff_already")
    dispatcher.utter_message(json_message={"kind": "handoff", "state": "human" if state == "human" else "queued"})
    return emptied()


class Handoff(ShopAction):
    """The customer wants a person."""

    action_name = "action_handoff"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Queue."""
        return queue_for_person(dispatcher, tracker, reason_offered(tracker) or "asked")


class BackToBot(ShopAction):
    """The customer does not want to wait any longer."""

    action_name = "action_back_to_bot"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Leave the line. With a person already there, that person gives it back."""
        with house().store.write() as session:
            queued = state_of(session, tracker.sender_id) == "queued"
            if queued:
                transition(session, tracker.sender_id, "bot", "returned", "customer", expected="queued")
        dispatcher.utter_message(response="utter_back_to_bot" if queued else "utter_already_bot")
        return emptied()

"""Hello and goodbye, and what a bare yes, no or stop means."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .common import Events, ShopAction, customer, emptied, language_of, said_before
from .formats import first_name
from .handoff import queue_for_person, reason_offered
from .house import house
from .winback import decline_open_offer

# What asks, in so many words, whether there is something (else) to do: a yes to it is an answer.
INVITATIONS = frozenset(
    {"utter_thanks", "utter_praise", "utter_greet", "utter_greet_name", "utter_back_to_bot", "utter_already_bot",
     "utter_winback_hello_only", "utter_winback_nobody", "utter_off_topic"}
)  # fmt: skip


class Greet(ShopAction):
    """Hello, and what we can do."""

    action_name = "action_greet"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """By name, when we know who it is."""
        contact = customer(tracker)
        shop = house().shop_name(language_of(tracker))
        if contact is None:
            dispatcher.utter_message(response="utter_greet", shop=shop)
        else:
            dispatcher.utter_message(response="utter_greet_name", shop=shop, name=first_name(contact.name))
        return []


class Goodbye(ShopAction):
    """The end, for now."""

    action_name = "action_goodbye"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Also ends what was half done."""
        dispatcher.utter_message(response="utter_goodbye")
        return emptied()


class Affirm(ShopAction):
    """A bare yes: to what we offered in our last turn, if we did."""

    action_name = "action_affirm"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """A person, a complaint, or a question what about."""
        reason = reason_offered(tracker)
        if reason is not None:
            return queue_for_person(dispatcher, tracker, reason)
        if "utter_order_late" in said_before(tracker):
            return [FollowupAction("complaint_form")]
        said = said_before(tracker)
        asked = not said or said & INVITATIONS
        dispatcher.utter_message(response="utter_what_else" if asked else "utter_acknowledged")
        return []


class Deny(ShopAction):
    """A bare no."""

    action_name = "action_deny"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Accepted. The count of questions we could not answer begins anew."""
        dispatcher.utter_message(response="utter_okay")
        return [SlotSet("abstentions", None)]


class Stop(ShopAction):
    """Stop, whatever it is."""

    action_name = "action_stop"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Politely; in a win-back talk it is a no to the offer."""
        declined = decline_open_offer(tracker)
        dispatcher.utter_message(response="utter_winback_declined" if declined else "utter_stopped")
        return emptied()

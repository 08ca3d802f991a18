"""Reading Rasa's tracker, and the base of all our actions: run beside the event loop, never silent on an error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from rapport.store import Contact

from .house import house

log = logging.getLogger(__name__)

Events = list[EventType]
# Everything a dialogue collects; emptied when it ends, so that the next one asks anew.
DIALOGUE_SLOTS = (
    "order_number",
    "email",
    "code",
    "code_sent_for",
    "complaint_description",
    "complaint_order",
    "winback_reason",
    "winback_story",
    "winback_complaint",
    "winback_answer",
    "winback_greeted",
    "form_tries",
    "form_end",
)


def language_of(tracker: Tracker) -> str:
    """``"zh"`` or ``"en"``: the language in which Rasa will pick the replies."""
    return "zh" if tracker.slots.get("language") == "zh" else "en"


def text_of(tracker: Tracker) -> str:
    """The customer's words."""
    return str(tracker.latest_message.get("text") or "").strip()


def intent_of(tracker: Tracker) -> str:
    """What the classifier took them for; empty before the first message."""
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def entity_of(tracker: Tracker, name: str) -> str | None:
    """The first entity of a kind in the latest message."""
    for found in tracker.latest_message.get("entities") or []:
        if found.get("entity") == name and found.get("value"):
            return str(found["value"])
    return None


def message_id_of(tracker: Tracker) -> str:
    """The id of the message that is being handled: the same when the turn is tried again.

    It comes from the gateway; without one (Rasa's shell), the message's place in the conversation stands for it.
    """
    given = (tracker.latest_message.get("metadata") or {}).get("message_id")
    if given:
        return str(given)
    place = sum(event.get("event") == "user" for event in tracker.events)
    return f"{tracker.sender_id[:60]}:{place}"


def _our_last_turn(tracker: Tracker) -> list[dict[str, Any]]:
    events: Iterator[dict[str, Any]] = reversed(tracker.events)
    for event in events:
        if event.get("event") == "user":
            break
    return [one for one in takewhile(lambda event: event.get("event") != "user", events) if one.get("event") == "bot"]


def said_before(tracker: Tracker) -> set[str]:
    """The responses (``utter_...``) that were said between the customer's last two messages."""
    said = {str((event.get("metadata") or {}).get("utter_action") or "") for event in _our_last_turn(tracker)}
    return said - {""}


def shown_before(tracker: Tracker, kind: str) -> dict[str, Any] | None:
    """The newest custom item of a kind among them."""
    for event in _our_last_turn(tracker):
        custom = (event.get("data") or {}).get("custom") or {}
        if custom.get("kind") == kind:
            return dict(custom)
    return None


def customer(tracker: Tracker) -> Contact | None:
    """The person this conversation was proved to be with. Slots and metadata are never asked."""
    from rapport.customers.identity import contact_of

    with house().store.read() as session:
        contact = contact_of(session, tracker.sender_id)
        if contact is not None:
            session.expunge(contact)  # it is read after the session's end
        return contact


def emptied() -> Events:
    """The events that forget what a dialogue collected."""
    return [SlotSet(name, None) for name in DIALOGUE_SLOTS]


def say_error(dispatcher: CollectingDispatcher) -> None:
    """Tell the customer that something went wrong, instead of whatever was prepared."""
    dispatcher.messages.clear()
    dispatcher.utter_message(response="utter_error")
    dispatcher.utter_message(json_message={"kind": "error"})


def guarded(work: Callable[[], Events], dispatcher: CollectingDispatcher, name: str, tracker: Tracker) -> Events | None:
    """Do the work; on any unexpected error log it, tell the customer, and return none."""
    try:
        return work()
    except ActionExecutionRejection:
        raise  # not an error: Rasa is to choose another action
    except Exception:
        log.exception("%s failed in %s", name, tracker.sender_id)
        say_error(dispatcher)
        return None


class ShopAction(Action):
    """An action by its name; subclasses say in ``act`` what it does."""

    action_name: ClassVar[str]

    def name(self) -> str:
        """The name in the domain."""
        return self.action_name

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Do it. May block: it runs in a thread."""
        raise NotImplementedError

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """What Rasa calls."""
        events = await asyncio.to_thread(
            guarded, lambda: self.act(dispatcher, tracker), dispatcher, self.action_name, tracker
        )
        return [] if events is None else events

"""A complaint becomes a case with a number and a date."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from rapport.service.complaints import open_complaint
from rapport.store import Complaint, utcnow

from .common import (
    Events,
    ShopAction,
    customer,
    emptied,
    entity_of,
    intent_of,
    language_of,
    message_id_of,
    said_before,
    shown_before,
    text_of,
)
from .form import ShopForm, is_aside, sounds_like_a_question
from .formats import date_text, example_number
from .house import house
from .orders import number_in
from .reasons import complaint_category, complaint_severity, says_what_happened

NO_ORDER = "none"
ENOUGH_CHARACTERS = 12  # "it is broken"; a Chinese character counts three times
STORY_CHARACTERS = 120  # whoever writes that much tells a story, even one that ends with a question


def _weight(text: str) -> int:
    return sum(3 if ord(sign) > 0x2E7F else 1 for sign in text)


def _tells(text: str) -> bool:
    """Whether this is the trouble itself, and not a question about it."""
    return says_what_happened(text) and (_weight(text) >= STORY_CHARACTERS or not sounds_like_a_question(text))


class ComplaintForm(ShopForm):
    """Collects what happened, and which order it is about if any. A complaint is never lost to a form."""

    form = "complaint_form"
    slots: ClassVar[tuple[str, ...]] = ("complaint_description", "complaint_order")

    def extract_complaint_description(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Whatever was typed when it is asked for; at the start, when the first sentence tells it already."""
        text = text_of(tracker)
        if self.is_asked(tracker, "complaint_description"):
            # "My parcel never came" is a description; "where is my order" is not.
            return {"complaint_description": text} if _tells(text) or not is_aside(tracker, "order_status") else {}
        first = tracker.slots.get("requested_slot") is None and intent_of(tracker) == "make_complaint"
        return {"complaint_description": text} if first and _tells(text) else {}

    def validate_complaint_description(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """A few words at least; but asked once more only."""
        enough = _weight(str(value)) >= ENOUGH_CHARACTERS and intent_of(tracker) not in ("affirm", "deny")
        if enough or tracker.slots.get("form_tries"):
            return self.accept("complaint_description", str(value))
        dispatcher.utter_message(response="utter_bad_complaint_description")
        return self.again(tracker, "complaint_description")

    def extract_complaint_order(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """A number from anywhere; the order we have just called late; when it is asked for, also a no."""
        asked = self.is_asked(tracker, "complaint_order")
        found = number_in(tracker) if asked else entity_of(tracker, "order_number")
        if not found and tracker.slots.get("requested_slot") is None and "utter_order_late" in said_before(tracker):
            found = (shown_before(tracker, "order") or {}).get("number")
        if found:
            return {"complaint_order": found}
        if not asked or is_aside(tracker):
            return {}
        return {"complaint_order": NO_ORDER if intent_of(tracker) in ("deny", "cannot_give") else text_of(tracker)}

    def validate_complaint_order(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """A number of the shop's form, or none. What is neither becomes part of the story at the second time."""
        pattern = house().shop.settings.shop.order_number_pattern
        if value == NO_ORDER or re.fullmatch(pattern, str(value)):
            return {"complaint_order": str(value)}
        if tracker.slots.get("form_tries"):
            story = f"{tracker.slots.get('complaint_description') or ''}\n{value}".strip()
            return self.accept("complaint_order", NO_ORDER, complaint_description=story)
        dispatcher.utter_message(response="utter_bad_complaint_order", example=example_number(pattern))
        return self.again(tracker, "complaint_order")


def open_case(
    dispatcher: CollectingDispatcher, tracker: Tracker, description: str, order_number: str | None, category: str
) -> Complaint:
    """Open the case and tell its number and date. The same message again is the same case."""
    contact = customer(tracker)
    sentiment = (tracker.latest_message.get("sentiment") or {}).get("score")
    complaint = open_complaint(
        house().store,
        idempotency_key=f"complaint:{message_id_of(tracker)}",
        conversation_id=tracker.sender_id,
        contact_id=contact.id if contact else None,
        category=category,
        severity=complaint_severity(description, sentiment),
        description=description,
        order_number=order_number,
        policy=house().policy,
        now=utcnow(),
        timezone=house().timezone,
    )
    deadline = date_text(complaint.resolve_by, language_of(tracker), house().timezone)
    dispatcher.utter_message(response="utter_complaint_opened", number=complaint.number, deadline=deadline)
    dispatcher.utter_message(
        json_message={
            "kind": "complaint",
            "number": complaint.number,
            "category": complaint.category,
            "resolve_by": complaint.resolve_by.isoformat(),
        }
    )
    return complaint


class OpenComplaint(ShopAction):
    """Makes the case."""

    action_name = "action_open_complaint"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """From what the form collected."""
        description = str(tracker.slots.get("complaint_description") or text_of(tracker))
        number = tracker.slots.get("complaint_order")
        order_number = None if number in (None, NO_ORDER) else str(number)
        open_case(dispatcher, tracker, description, order_number, complaint_category(description))
        return [*emptied(), SlotSet("abstentions", None)]

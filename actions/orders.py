"""Where is my order: told to the person who proved that it is theirs, and to nobody else."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from rapport.customers.codes import sender_for
from rapport.customers.identity import verify_code
from rapport.customers.one_time_codes import issue_code
from rapport.service.orders import show_order
from rapport.store import utcnow

from .common import Events, ShopAction, customer, emptied, entity_of, intent_of, language_of, message_id_of, text_of
from .form import ShopForm, is_aside
from .formats import date_text, example_number
from .house import house


def number_in(tracker: Tracker) -> str | None:
    """The order number in the latest message.

    Six digits alone count when they are the number without its letters.
    """
    found = entity_of(tracker, "order_number")
    if found:
        return found
    pattern = house().shop.settings.shop.order_number_pattern
    letters = re.match(r"[A-Za-z]*", pattern)
    digits = re.fullmatch(r"\D*(\d[\d ]*)\D*", text_of(tracker))
    if letters is None or digits is None:
        return None
    whole = letters.group() + digits.group(1).replace(" ", "")
    return whole if re.fullmatch(pattern, whole) else None


def say_unfinished(dispatcher: CollectingDispatcher, response: str, **values: str) -> None:
    """Say why it does not go on; the mark keeps the turn from being counted as help."""
    dispatcher.utter_message(response=response, **values)
    dispatcher.utter_message(json_message={"kind": "unfinished"})


# Numbers, addresses and codes have a form: what is about something else is never mistaken for one of them.
ASIDES = ("ask_shop", "make_complaint", "insult")


class OrderForm(ShopForm):
    """Collects the number, the address on file and the code sent there; nothing from a customer already proved."""

    form = "order_form"
    slots: ClassVar[tuple[str, ...]] = ("order_number", "email", "code")

    def needed(self, tracker: Tracker) -> list[str]:
        """All three from a stranger; from a known customer none: without a number it is the latest order."""
        return [] if customer(tracker) is not None else list(self.slots)

    def extract_order_number(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> dict[str, Any]:
        """From anywhere in a message; six bare digits only when the number is asked for: else they are a code."""
        asked = self.is_asked(tracker, "order_number")
        found = number_in(tracker) if asked else entity_of(tracker, "order_number")
        if found:
            return {"order_number": found}
        return {"order_number": text_of(tracker)} if asked and not is_aside(tracker, *ASIDES) else {}

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """It has the shop's form. Whether it exists is not told before the proof."""
        pattern = house().shop.settings.shop.order_number_pattern
        if re.fullmatch(pattern, str(value)):
            # The number was not the answer to an open question about something else.
            asked = self.is_asked(tracker, "order_number")
            return self.accept("order_number", str(value)) if asked else {"order_number": str(value)}
        result = self.refused(tracker, "order_number")
        if "form_end" not in result:
            say_unfinished(dispatcher, "utter_bad_order_number", example=example_number(pattern))
        return result

    def extract_email(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> dict[str, Any]:
        """From anywhere in a message; when it is asked for, whatever was typed."""
        found = entity_of(tracker, "email")
        if found:
            return {"email": found}
        if entity_of(tracker, "order_number"):
            return {}  # a corrected number
        asked = self.is_asked(tracker, "email") and not is_aside(tracker, *ASIDES)
        return {"email": text_of(tracker)} if asked else {}

    def validate_email(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """It looks like an address. Whether it is on file is not told."""
        if "@" in str(value):
            asked = self.is_asked(tracker, "email")
            return self.accept("email", str(value)) if asked else {"email": str(value)}
        result = self.refused(tracker, "email")
        if "form_end" not in result:
            say_unfinished(dispatcher, "utter_bad_email")
        return result

    async def get_validation_events(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """As usual; and with number and address together, the code goes out."""
        events = await super().get_validation_events(dispatcher, tracker, domain)
        number, email = tracker.slots.get("order_number"), tracker.slots.get("email")
        pair = f"{number} {email}"
        if number and email and tracker.slots.get("code_sent_for") != pair and self.needed(tracker):
            self._send_code(dispatcher, tracker, str(number), str(email))
            events = [*events, SlotSet("code_sent_for", pair)]
        return events

    def refused(self, tracker: Tracker, slot: str) -> dict[str, Any]:
        """Ask again; but who has not got what we need is not asked twice."""
        if intent_of(tracker) in ("cannot_give", "deny"):
            return {slot: None, "form_end": "cannot_give"}
        return self.again(tracker, slot)

    def _send_code(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, number: str, email: str,
        response: str = "utter_code_sent",
    ) -> None:  # fmt: skip
        shop = house().shop
        minutes = shop.settings.codes.minutes
        # The same answer whether or not they belong together.
        to = issue_code(
            house().store, tracker.sender_id, number, email, sender_for(shop), minutes, utcnow(), message_id_of(tracker)
        )
        dispatcher.utter_message(response=response, to=to, minutes=minutes)
        dispatcher.utter_message(json_message={"kind": "code_sent", "to": to})

    def extract_code(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> dict[str, Any]:
        """Only when it is asked for."""
        if not self.is_asked(tracker, "code"):
            return {}
        found = entity_of(tracker, "code")
        if found:
            return {"code": found}
        if entity_of(tracker, "email") or entity_of(tracker, "order_number"):
            return {}  # a corrected address or number
        return {} if is_aside(tracker, *ASIDES) else {"code": text_of(tracker)}

    def validate_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """The proof. The slot keeps that it succeeded, never the code."""
        if re.fullmatch(r"\d{6}", str(value)):
            if verify_code(house().store, tracker.sender_id, str(value), utcnow()) is not None:
                return self.accept("code", "verified")
            response = "utter_wrong_code"
        elif intent_of(tracker) == "code_trouble":
            number, email = str(tracker.slots.get("order_number")), str(tracker.slots.get("email"))
            result = self.again(tracker, "code")
            if "form_end" not in result:
                self._send_code(dispatcher, tracker, number, email, "utter_code_again")
            return result
        else:
            response = "utter_bad_code"
        result = self.refused(tracker, "code")
        if "form_end" not in result:
            say_unfinished(dispatcher, response)
        return result


def order_reply(card: dict[str, Any], language: str, timezone: str, now: datetime) -> tuple[str, dict[str, str]]:
    """The response that tells an order's state, and its values.

    :param card: as ``rapport.service.orders.order_card`` makes it.
    """

    def day(name: str) -> str | None:
        return date_text(datetime.fromisoformat(card[name]), language, timezone) if card[name] else None

    placed, promised, delivered = day("placed_at") or "", day("promised_to"), day("delivered_at")
    state, values = card["state"], {"number": str(card["number"])}
    if state == "cancelled":
        return "utter_order_cancelled", {**values, "placed": placed}
    if state == "delivered":
        return ("utter_order_delivered", {**values, "delivered": delivered}) if delivered else (
            "utter_order_arrived", values)  # fmt: skip
    if state == "sent":
        if not promised or not card["carrier"]:
            return "utter_order_travelling", values
        late = datetime.fromisoformat(card["promised_to"]) < now
        values |= {"carrier": str(card["carrier"]), "promised": promised}
        return "utter_order_late" if late else "utter_order_sent", values
    if not promised:
        return "utter_order_preparing", {**values, "placed": placed}
    return f"utter_order_{state}", {**values, "placed": placed, "promised": promised}


class OrderStatus(ShopAction):
    """Tells the state of an order."""

    action_name = "action_order_status"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """The order named, else the latest one; only the proved customer's own."""
        if tracker.slots.get("form_end") or customer(tracker) is None:
            say_unfinished(dispatcher, "utter_order_gave_up")
            return emptied()
        number = tracker.slots.get("order_number") or entity_of(tracker, "order_number") or ""
        card = show_order(house().store, tracker.sender_id, number, message_id_of(tracker))
        if card is not None:
            response, values = order_reply(card, language_of(tracker), house().timezone, utcnow())
            dispatcher.utter_message(response=response, **values)
            dispatcher.utter_message(json_message=card)
            if not number:
                dispatcher.utter_message(response="utter_order_latest")
        elif number:
            dispatcher.utter_message(response="utter_order_unknown", number=number)
        else:
            dispatcher.utter_message(response="utter_no_orders")
        return [*emptied(), SlotSet("abstentions", None)]

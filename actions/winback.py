"""A talk with a customer who stayed away: ask why, listen, offer a voucher, and take the answer as it is."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.customers.identity import contact_of
from rapport.engagement.winback import decide, due_offer, make_offer, offer_card, record_reason
from rapport.store import Offer, utcnow

from .common import Events, ShopAction, customer, emptied, intent_of, language_of, text_of
from .complaints import open_case
from .form import ShopForm, is_aside
from .formats import date_text, first_name, money_text
from .house import house
from .reasons import FAULTS, stayed_away

YES, NO, NOT_ASKED = "yes", "no", "not_asked"


def _due(session: Session, tracker: Tracker) -> Offer | None:
    contact = contact_of(session, tracker.sender_id)
    return None if contact is None else due_offer(session, contact.id, utcnow())


def _spoken_of(session: Session, tracker: Tracker) -> Offer | None:
    """The offer this talk is about, even if it was decided a moment ago by the same message."""
    offer = _due(session, tracker)
    if offer is not None:
        return offer
    mine = select(Offer).where(Offer.conversation_id == tracker.sender_id).order_by(Offer.decided_at.desc()).limit(1)
    return session.scalars(mine).first()


def decline_open_offer(tracker: Tracker) -> bool:
    """Keep a no, when a win-back talk is going on.

    :return: whether one was.
    """
    if not tracker.slots.get("winback_greeted"):
        return False
    with house().store.write() as session:
        offer = _due(session, tracker)
        if offer is not None:
            decide(session, offer.id, "declined", utcnow(), conversation_id=tracker.sender_id)
    return True


class WinbackForm(ShopForm):
    """The talk: the reason, a complaint if it was our fault, the offer."""

    form = "winback_form"
    slots: ClassVar[tuple[str, ...]] = ("winback_reason", "winback_complaint", "winback_answer")

    def needed(self, tracker: Tracker) -> list[str]:
        """Nothing, unless an offer is due to the customer who is here; a talk once begun is brought to its end."""
        if tracker.slots.get("winback_greeted"):
            return list(self.slots)
        with house().store.read() as session:
            return list(self.slots) if _due(session, tracker) is not None else []

    def extract_winback_reason(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> dict[str, Any]:
        """Whatever was said to the question why."""
        if not self.is_asked(tracker, "winback_reason") or is_aside(tracker, "order_status"):
            return {}
        text = text_of(tracker)
        # A complaint that names the fault is a reason; "I want to complain" is not.
        if intent_of(tracker) == "make_complaint" and stayed_away(text) == "other":
            return {}
        return {"winback_reason": text}

    def validate_winback_reason(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Noted as a category. Who does not want to say need not, and is not offered anything against their will."""
        text = str(value)
        reason = stayed_away(text)
        if intent_of(tracker) == "deny" and reason == "other":
            return {"winback_reason": "not_told", "winback_complaint": NOT_ASKED, "winback_answer": NO}
        if intent_of(tracker) == "affirm" and reason == "other":
            return {"winback_reason": None, "form_tries": 1}  # "yes, you may ask"
        with house().store.write() as session:
            offer = _due(session, tracker)
            if offer is not None:
                record_reason(session, offer.id, reason, conversation_id=tracker.sender_id, now=utcnow())
        dispatcher.utter_message(response=f"utter_winback_{reason}")
        complaint = {} if reason in FAULTS else {"winback_complaint": NOT_ASKED}
        return self.accept("winback_reason", reason, winback_story=text, **complaint)

    def _yes_or_no(self, tracker: Tracker, slot: str) -> dict[str, Any]:
        intent = intent_of(tracker)
        complains = intent == "make_complaint"
        if not self.is_asked(tracker, slot) or is_aside(tracker, "order_status"):
            return {}
        if complains and slot == "winback_answer":
            return {}
        if complains:
            return {slot: YES}  # to "shall I open a case?"
        return {slot: {"affirm": YES, "praise": YES, "deny": NO, "insult": NO}.get(intent, text_of(tracker))}

    def _take(self, slot: str, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        if value in (YES, NO, NOT_ASKED):
            return self.accept(slot, str(value))
        if tracker.slots.get("form_tries"):
            return self.accept(slot, NO)  # not a yes at the second time is a no
        dispatcher.utter_message(response="utter_winback_yes_or_no")
        return self.again(tracker, slot)

    def extract_winback_complaint(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Yes or no."""
        return self._yes_or_no(tracker, "winback_complaint")

    def validate_winback_complaint(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """On a yes the case is opened at once, in the words the customer has said already."""
        taken = self._take("winback_complaint", value, dispatcher, tracker)
        if taken["winback_complaint"] == YES:
            story = str(tracker.slots.get("winback_story") or "")
            open_case(dispatcher, tracker, story, None, str(tracker.slots.get("winback_reason")))
        return taken

    def extract_winback_answer(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> dict[str, Any]:
        """Yes or no."""
        return self._yes_or_no(tracker, "winback_answer")

    def validate_winback_answer(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Kept; the end of the form acts on it."""
        return self._take("winback_answer", value, dispatcher, tracker)


class AskReason(ShopAction):
    """Hello by name, and the question why; shorter when it is asked again."""

    action_name = "action_ask_winback_reason"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Ask."""
        contact = customer(tracker)
        if tracker.slots.get("winback_greeted") or contact is None:
            dispatcher.utter_message(response="utter_winback_ask_again")
            return []
        shop = house().shop_name(language_of(tracker))
        dispatcher.utter_message(response="utter_winback_hello", name=first_name(contact.name), shop=shop)
        return [SlotSet("winback_greeted", True)]


class AskAnswer(ShopAction):
    """Makes the offer and asks whether it is welcome."""

    action_name = "action_ask_winback_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """The voucher is made once; asked again, it is the same one."""
        now = utcnow()
        with house().store.write() as session:
            offer = _due(session, tracker)
            if offer is not None:
                offer = make_offer(session, offer.id, house().policy, now, conversation_id=tracker.sender_id)
        if offer is not None:
            until = date_text(offer.valid_until or now, language_of(tracker), house().timezone)
            value = money_text(offer.value_minor, offer.currency)
            dispatcher.utter_message(response="utter_winback_offer", value=value, until=until)
        return []


class WinbackFinish(ShopAction):
    """The end of the talk."""

    action_name = "action_winback_finish"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """The code after a yes; after a no, peace. Without an offer it was just a hello."""
        answer = tracker.slots.get("winback_answer")
        if answer not in (YES, NO):
            self._only_hello(dispatcher, tracker)
            return emptied()
        with house().store.write() as session:
            offer = _spoken_of(session, tracker)
            if offer is not None:
                decision = "accepted" if answer == YES else "declined"
                offer = decide(session, offer.id, decision, utcnow(), conversation_id=tracker.sender_id)
        if offer is None or offer.state == "expired":
            dispatcher.utter_message(response="utter_winback_expired")
            return emptied()
        if offer.state != "accepted":
            dispatcher.utter_message(response="utter_winback_declined")
            return emptied()
        until = date_text(offer.valid_until or utcnow(), language_of(tracker), house().timezone)
        value = money_text(offer.value_minor, offer.currency)
        dispatcher.utter_message(response="utter_winback_accepted", code=offer.voucher_code, value=value, until=until)
        dispatcher.utter_message(json_message=offer_card(offer))
        return emptied()

    def _only_hello(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        contact = customer(tracker)
        shop = house().shop_name(language_of(tracker))
        if contact is None:
            dispatcher.utter_message(response="utter_winback_nobody", shop=shop)
        else:
            dispatcher.utter_message(response="utter_winback_hello_only", name=first_name(contact.name), shop=shop)

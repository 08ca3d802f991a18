"""The base of our forms: questions are answered in the middle of them, and nobody is asked the same thing forever."""

from __future__ import annotations

import asyncio
import re
from typing import Any, ClassVar

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .common import Events, guarded, intent_of, text_of

MAX_TRIES = 3
_QUESTION = re.compile(
    r"[?？]|吗|呢$|怎么|什么|多少|多久|几[天点号]|哪|能不能|可以.*不"
    r"|^(?:how|what|when|where|which|who|why|can|could|do|does|is|are|will|would|may)\b",
    re.IGNORECASE,
)
# Said in the middle of a form, these are never the answer to its question: a rule deals with them.
ALWAYS_ASIDE = frozenset({"stop", "ask_person", "back_to_bot", "goodbye", "bot_challenge", "greet", "thanks"})


def sounds_like_a_question(text: str) -> bool:
    """Whether a text asks something, by its marks and first words."""
    return bool(_QUESTION.search(text.strip()))


def is_aside(tracker: Tracker, *more: str) -> bool:
    """Whether the latest message is about something else than the open question.

    :param more: intents that are asides for this question, too.
    """
    intent = intent_of(tracker)
    if intent in ALWAYS_ASIDE or intent in more:
        return True
    return intent in ("ask_shop", "nlu_fallback", "off_topic") and sounds_like_a_question(text_of(tracker))


class ShopForm(FormValidationAction):
    """A form's extraction and validation. ``slots`` are its slots in the order in which they are asked."""

    form: ClassVar[str]
    slots: ClassVar[tuple[str, ...]]

    def name(self) -> str:
        """The name in the domain."""
        return f"validate_{self.form}"

    def domain_slots(self, domain: Any) -> list[str]:
        """Known here, so that Rasa need not send the whole domain along with every call."""
        return list(self.slots)

    def needed(self, tracker: Tracker) -> list[str]:
        """The slots this customer must still be asked for, or has been."""
        return list(self.slots)

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> list[str]:
        """``needed``, or nothing more once a reason to end was found."""
        return [] if tracker.slots.get("form_end") else self.needed(tracker)

    async def next_requested_slot(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Any:
        """Always said, because Rasa would go by the domain's list."""
        missing = await self.required_slots(list(self.slots), dispatcher, tracker, domain)
        return SlotSet("requested_slot", next((name for name in missing if tracker.slots.get(name) is None), None))

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """What Rasa calls. After an error the form stays, and asks again."""

        def work() -> Events:
            return asyncio.run(super(ShopForm, self).run(dispatcher, tracker, domain))

        events = await asyncio.to_thread(guarded, work, dispatcher, self.name(), tracker)
        # A slot must be set, or Rasa takes the form for rejected and answers a second time.
        return [SlotSet("form_tries", tracker.slots.get("form_tries"))] if events is None else events

    @staticmethod
    def is_asked(tracker: Tracker, slot: str) -> bool:
        """Whether this slot's question is the open one."""
        return tracker.slots.get("requested_slot") == slot

    @staticmethod
    def accept(slot: str, value: str, **more: Any) -> dict[str, Any]:
        """The answer is good."""
        return {slot: value, "form_tries": None, **more}

    @staticmethod
    def again(tracker: Tracker, slot: str) -> dict[str, Any]:
        """The answer is not: ask again, but not for the fourth time."""
        tries = int(tracker.slots.get("form_tries") or 0) + 1
        return {slot: None, "form_tries": tries, **({"form_end": "gave_up"} if tries >= MAX_TRIES else {})}

"""From a conversation's events to its turns: pure, so that a replay gives the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

UNDETERMINED = "und"  # BCP 47 for a language nobody could tell
CHITCHAT = frozenset({"greet", "goodbye", "thanks", "bot_challenge", "praise", "insult", "unclear"})
# The strongest of the kinds decides: a turn that abstained and then called a person was handed off.
OUTCOME_OF_KIND = (
    ("error", "failed"),
    ("handoff", "handed_off"),
    ("abstained", "abstained"),
    # A wrong code, a proof given up: the assistant said that it can't go on. Nothing broke, so it has not failed; and
    # nobody was helped, so it is not done.
    ("unfinished", "abstained"),
    ("order", "done"),
    ("complaint", "done"),
    ("offer", "done"),
    ("code_sent", "done"),
    ("source", "answered"),
)


class Event(Protocol):
    """What a turn is derived from: a copied tracker event."""

    @property
    def id(self) -> int:
        """Its id in the tracker store."""

    @property
    def type_name(self) -> str:
        """Rasa's name of the kind of event: ``user``, ``bot``, ``action`` ..."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def data(self) -> dict[str, Any]:
        """Rasa's ``as_dict``."""


@dataclass
class DraftTurn:
    """A turn before it is stored."""

    tracker_event_id: int
    message_id: str | None
    text: str
    language: str | None
    intent: str
    intent_confidence: float
    sentiment: str | None
    sentiment_score: float | None
    entities: list[Any]
    started_at: datetime
    actions: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    article_id: str | None = None
    reply_count: int = 0
    answered_at: datetime | None = None
    replied: bool = False

    @property
    def outcome(self) -> str:
        """What became of it; see ``rapport.store.turn.OUTCOMES``."""
        for kind, outcome in OUTCOME_OF_KIND:
            if kind in self.kinds:
                return outcome
        if not self.replied:
            return "open"
        return "chitchat" if self.intent in CHITCHAT else "done"


def fold(events: Iterable[Event]) -> list[DraftTurn]:
    """The turns in the events of one conversation.

    :param events: by id, beginning anywhere; what stands before the first customer message is skipped.
    """
    turns: list[DraftTurn] = []
    current: DraftTurn | None = None
    for event in events:
        if event.type_name == "user":
            if is_trigger(event.data):
                current = None  # what follows answers the trigger, not the customer's last message
                continue
            draft = _begin(event)
            if turns and draft.message_id is not None and draft.message_id == turns[-1].message_id:
                # The gateway sent a stored message again after a crash: it is one message, and one turn.
                current = turns[-1]
                continue
            current = draft
            turns.append(draft)
        elif current is not None:
            _take(current, event)
    return turns


def is_trigger(data: dict[str, Any]) -> bool:
    """Whether a user event is the house's own: no customer text reaches Rasa with a leading ``/``.

    Rasa's own mark, ``EXTERNAL: ``, is not looked for: nobody here calls what sets it, and a customer can type it.
    """
    text = data.get("text")
    return isinstance(text, str) and text.startswith("/")


def at_of(seconds: Any) -> datetime | None:
    """Rasa's float timestamp, as an aware time; none if it is not a time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def storable(text: Any) -> str:
    """Text that both databases accept: no NUL, no lone surrogate."""
    if not isinstance(text, str):
        return ""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _begin(event: Event) -> DraftTurn:
    data = event.data
    parsed = _dict(data.get("parse_data"))
    intent = _dict(parsed.get("intent"))
    sentiment = _dict(parsed.get("sentiment"))
    language = _dict(parsed.get("language")).get("value")
    message_id = _dict(data.get("metadata")).get("message_id")
    label, entities = sentiment.get("label"), parsed.get("entities")
    return DraftTurn(
        tracker_event_id=event.id,
        message_id=storable(message_id)[:40] if isinstance(message_id, str) and message_id else None,
        text=storable(data.get("text")),
        language=storable(language)[:35] if isinstance(language, str) and language else None,
        intent=storable(intent.get("name"))[:64] or "none",
        intent_confidence=_number(intent.get("confidence")) or 0.0,
        sentiment=label if label in ("negative", "neutral", "positive") else None,
        sentiment_score=_number(sentiment.get("score")) if label is not None else None,
        entities=[_entity(item) for item in entities if isinstance(item, dict)] if isinstance(entities, list) else [],
        started_at=event.at,
    )


def _take(turn: DraftTurn, event: Event) -> None:
    if event.type_name == "action":
        name = event.data.get("name")
        if isinstance(name, str) and name != "action_listen":
            turn.actions.append(name)
    elif event.type_name == "bot":
        turn.replied = True
        if turn.answered_at is None:
            turn.answered_at = event.at
        if event.data.get("text"):  # a card rides on the text before it and is no message of its own
            turn.reply_count += 1
        custom = _dict(_dict(event.data.get("data")).get("custom"))
        kind = custom.get("kind")
        if isinstance(kind, str):
            turn.kinds.add(kind)
        if kind == "source" and isinstance(custom.get("article_id"), str):
            turn.article_id = custom["article_id"][:40]


def _entity(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("entity", "value", "start", "end") if key in found}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None

"""A small March 2026, counted by hand.

March holds five analysed conversations (c1 to c5); c6 begins at April's first moment; a customer wrote in c7 but it was
never analysed; c8 was only spoken to.
"""

from __future__ import annotations

from datetime import UTC, datetime

from rapport.store import Contact, Conversation, Handoff, Message, Order, Store, SurveyResponse, Turn

SINCE, UNTIL = "2026-03-01", "2026-04-01"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# conversation, language, first turn, outcomes of its turns, sentiment of each
TALKS = [
    ("c1", "en", "2026-03-02 10:00:00", ["chitchat", "answered", "chitchat"], "positive"),
    ("c2", "zh", "2026-03-03 23:30:00", ["answered", "abstained"], "neutral"),
    ("c3", "en", "2026-03-05 08:00:00", ["abstained", "handed_off"], "negative"),
    ("c4", "en", "2026-03-10 12:00:00", ["done", "open"], None),
    ("c5", "zh", "2026-03-31 23:59:59.999999", ["failed"], "negative"),
    ("c6", "en", "2026-04-01 00:00:00", ["answered"], "neutral"),
]
# conversation, survey, value
RATINGS = [
    ("c1", "csat", 5),
    ("c2", "csat", 4),
    ("c3", "csat", 2),
    ("c6", "csat", 1),
    ("c4", "csat", 8),  # off the scale
    ("c4", "other", 5),
    ("c7", "csat", 3),  # no customer turn
]
# contact, placed at, state
ORDERS = [
    ("a", "2026-03-01 00:00:00", "delivered"),
    ("a", "2026-03-20 09:00:00", "sent"),
    ("b", "2026-03-05 09:00:00", "delivered"),
    ("b", "2026-03-06 09:00:00", "cancelled"),
    ("c", "2026-02-28 23:59:59", "delivered"),
    ("c", "2026-03-31 23:59:59", "placed"),
    ("d", "2026-03-08 09:00:00", "cancelled"),
    (None, "2026-03-07 09:00:00", "delivered"),
]


def seed(store: Store) -> None:
    """Write it all."""
    with store.write() as session:
        for name in "abcd":
            session.add(Contact(id=f"cus_{name}", name=name, language="en", country="DE", source="test"))
        for name, language, start, *_ in TALKS:
            session.add(Conversation(id=name, channel="web", language=language, started_at=at(start)))
        session.add(Conversation(id="c7", channel="web", language="en", started_at=at("2026-03-15 10:00:00")))
        session.add(Conversation(id="c8", channel="web", language="en", started_at=at("2026-03-16 10:00:00")))
        session.flush()
        event = 0
        for name, language, start, outcomes, sentiment in TALKS:
            for number, outcome in enumerate(outcomes, start=1):
                event += 1
                session.add(
                    Turn(
                        id=f"turn_{event}",
                        tracker_event_id=event,
                        conversation_id=name,
                        message_id=f"msg_{name}_{number}",
                        number=number,
                        text=f"text {event} <b>&",
                        language=language,
                        intent="ask_faq",
                        intent_confidence=0.9,
                        sentiment=sentiment,
                        outcome=outcome,
                        started_at=at(start),
                    )
                )
        for name, direction, author in [
            ("c1", "in", "customer"),
            ("c7", "in", "customer"),
            ("c8", "trigger", "system"),
        ]:
            session.add(
                Message(
                    id=f"msg_{name}",
                    conversation_id=name,
                    seq=1,
                    direction=direction,
                    author=author,
                    text="x",
                    idempotency_key="k",
                    state="handled",
                    created_at=at("2026-03-15 10:00:00"),
                )
            )
        for number, (start, end) in enumerate([("bot", "queued"), ("queued", "human"), ("human", "bot")]):
            session.add(
                Handoff(
                    id=f"hof_{number}",
                    conversation_id="c3",
                    from_state=start,
                    to_state=end,
                    reason="asked",
                    by="customer",
                    at=at("2026-03-05 08:01:00"),
                )
            )
        for number, (name, survey, value) in enumerate(RATINGS):
            session.add(
                SurveyResponse(
                    id=f"srv_{number}",
                    survey_code=survey,
                    item_code="satisfaction",
                    conversation_id=name,
                    value=value,
                    language="en",
                    at=at("2026-03-20 10:00:00"),
                )
            )
        for number, (contact, placed, state) in enumerate(ORDERS):
            session.add(
                Order(
                    id=f"ord_{number}",
                    number=f"MM{number:06d}",
                    contact_id=contact and f"cus_{contact}",
                    state=state,
                    placed_at=at(placed),
                    total_minor=1000,
                    currency="EUR",
                    source="test",
                )
            )

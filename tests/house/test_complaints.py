"""A complaint becomes a case with a number."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rapport.store import Complaint, ComplaintStep, Store
from tools.house import House


@pytest.mark.parametrize(
    ("language", "opening", "description", "no_number"),
    [
        ("en", "I want to complain", "The blanket arrived with a hole in it and smells of smoke", "no"),
        ("zh", "我要投诉", "收到的毛毯破了一个洞，质量太差了", "没有"),
    ],
)
def test_a_complaint_becomes_a_case(
    house: House, house_store: Store, language: str, opening: str, description: str, no_number: str
) -> None:
    chat = house.chat(language)
    replies = chat.say(opening)
    for answer in (description, no_number):
        if not any("complaint" in m["payload"] for m in replies):
            replies = chat.say(answer)
    (card,) = [m["payload"]["complaint"] for m in replies if "complaint" in m["payload"]]
    with house_store.read() as session:
        case = session.scalars(select(Complaint).where(Complaint.conversation_id == chat.conversation_id)).one()
        steps = session.scalars(select(ComplaintStep).where(ComplaintStep.complaint_id == case.id)).all()
    assert card["number"] == case.number
    assert any(case.number in m["text"] for m in replies)
    assert case.description == description
    assert case.created_at < case.acknowledge_by < case.resolve_by
    assert steps[0].to_state == "received"

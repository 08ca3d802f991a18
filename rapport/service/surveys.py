"""Surveys in a conversation: invitations, which are the denominator, and responses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.customers.identity import contact_of
from rapport.store import Problem, Survey, SurveyInvitation, SurveyResponse, new_id

from .conversations import lock_conversation
from .once import add_once
from .survey_definitions import load_definitions, read_survey
from .text import storable

__all__ = ["MAX_COMMENT", "invite", "load_definitions", "read_survey", "respond", "survey_of"]

MAX_COMMENT = 2000  # characters


def survey_of(session: Session, survey_code: str) -> Survey:
    """The survey with this code.

    :raises Problem: ``survey_unknown``.
    """
    survey = session.scalars(select(Survey).where(Survey.code == storable(survey_code))).one_or_none()
    if survey is None:
        raise Problem(
            f"There is no survey {survey_code!r}.",
            allowed=list(session.scalars(select(Survey.code).order_by(Survey.code))),
            next_step="Put its file into the shop's surveys/ and run: rapport init",
            code="survey_unknown",
        )
    return survey


def invite(session: Session, survey_code: str, conversation_id: str) -> tuple[SurveyInvitation, bool]:
    """Note that a survey is shown, once per conversation, in the caller's transaction.

    :return: the invitation, and whether this call made it.
    :raises Problem: ``survey_unknown``, ``conversation_unknown``.
    """
    survey = survey_of(session, survey_code)
    conversation = lock_conversation(session, conversation_id)
    return add_once(
        session,
        SurveyInvitation(id=new_id("inv"), survey_code=survey.code, conversation_id=conversation.id),
        select(SurveyInvitation).where(
            SurveyInvitation.survey_code == survey.code, SurveyInvitation.conversation_id == conversation.id
        ),
    )


def _item(survey: Survey, item_code: str) -> dict[str, Any]:
    for item in survey.items:
        if item["code"] == item_code:
            return item
    raise Problem(
        f"The survey {survey.code!r} has no item {item_code!r}.",
        allowed=[item["code"] for item in survey.items],
        code="survey_item",
    )


def _check_value(item: dict[str, Any], value: object) -> int:
    low, high = item["scale"]["min"], item["scale"]["max"]
    # True is 1 in Python, and 4.0 is not an answer anyone could give.
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Problem(
            f"{item['code']} cannot be answered with {value!r}.",
            allowed=[str(number) for number in range(low, high + 1)],
            next_step="Send a whole number.",
            code="survey_value",
        )
    return value


def respond(
    session: Session,
    survey_code: str,
    item_code: str,
    conversation_id: str,
    value: int,
    comment: str | None = None,
    language: str | None = None,
) -> tuple[SurveyResponse, bool]:
    """Keep the answer to one item, in the caller's transaction. The first answer of a conversation stands.

    An answer without an invitation brings one, so that a response rate never exceeds 1.

    :param value: a whole number within the item's scale; ``csat.1``: 1 (not at all satisfied) to 5 (very).
    :param comment: free text, up to 2000 characters.
    :param language: BCP 47; the conversation's if not given.
    :return: the answer that counts, and whether this call gave it.
    :raises Problem: ``survey_unknown``, ``survey_item``, ``survey_value``, ``survey_comment``,
        ``conversation_unknown``.
    """
    survey = survey_of(session, survey_code)
    number = _check_value(_item(survey, item_code), value)
    if comment is not None and len(comment) > MAX_COMMENT:
        raise Problem(
            f"The comment has {len(comment)} characters.",
            allowed=[f"up to {MAX_COMMENT} characters"],
            next_step="Shorten it.",
            code="survey_comment",
        )
    conversation = lock_conversation(session, conversation_id)
    invite(session, survey_code, conversation_id)
    contact = contact_of(session, conversation_id)
    response, created = add_once(
        session,
        SurveyResponse(
            id=new_id("rsp"),
            survey_code=survey.code,
            item_code=item_code,
            conversation_id=conversation.id,
            contact_id=None if contact is None else contact.id,
            value=number,
            comment=(storable(comment).strip() or None) if comment else None,
            language=language or conversation.language,
        ),
        select(SurveyResponse).where(
            SurveyResponse.survey_code == survey.code,
            SurveyResponse.item_code == item_code,
            SurveyResponse.conversation_id == conversation.id,
        ),
    )
    if created:
        record(
            session,
            "customer",
            "survey.respond",
            conversation.id,
            details={"item": item_code, "version": survey.version},
        )
    return response, created

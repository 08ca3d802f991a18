"""Surveys as data, invitations to them, and responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Language, Ref, Word, utcnow


class Survey(Base):
    """A survey definition. ``items`` are ``{code, scale, texts}``; the wording is the shop's."""

    __tablename__ = "survey"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)  # "csat"
    items: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class SurveyInvitation(Base):
    """A survey that was shown: the denominator of the response rate."""

    __tablename__ = "survey_invitation"
    __table_args__ = (UniqueConstraint("survey_code", "conversation_id"),)

    id: Mapped[Id]
    survey_code: Mapped[Word]
    conversation_id: Mapped[Ref] = mapped_column(ForeignKey("conversation.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)


class SurveyResponse(Base):
    """One answered item. A second answer to the same item of the same conversation replaces nothing: it is refused."""

    __tablename__ = "survey_response"
    __table_args__ = (
        UniqueConstraint("survey_code", "item_code", "conversation_id"),
        CheckConstraint("value BETWEEN 0 AND 10", name="value"),
    )

    id: Mapped[Id]
    survey_code: Mapped[Word]
    item_code: Mapped[Word]
    conversation_id: Mapped[Ref] = mapped_column(ForeignKey("conversation.id"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"), index=True)
    value: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    language: Mapped[Language]
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)

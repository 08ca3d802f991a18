"""Contacts (people), the identities that lead to them, and what they consented to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Id, Language, Line, Ref, Word, utcnow


class Contact(Base):
    """A person known to the shop. Anonymous visitors get one only when they prove who they are."""

    __tablename__ = "contact"

    id: Mapped[Id]
    external_id: Mapped[str | None] = mapped_column(String(128), unique=True)  # the shop system's customer number
    name: Mapped[Line]
    email: Mapped[str | None] = mapped_column(String(255), index=True)  # lower case; not unique: families share one
    phone: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[Language]
    country: Mapped[str] = mapped_column(String(2))
    source: Mapped[Word]  # "demo", "uci-online-retail", "tau-bench", "chat"
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    identities: Mapped[list[Identity]] = relationship(back_populates="contact")


class Identity(Base):
    """A proof that a sender on a channel is a contact. Unlinking sets ``unlinked_at``; rows are never deleted by it."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("channel", "external_id", "contact_id"),)

    id: Mapped[Id]
    contact_id: Mapped[Ref] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[Word]  # "web", "slack", "wechat"
    external_id: Mapped[str] = mapped_column(String(255), index=True)  # web: the conversation id
    verified_by: Mapped[Word]  # "shop_token", "one_time_code", "platform"
    verified_at: Mapped[datetime] = mapped_column(default=utcnow)
    unlinked_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship(back_populates="identities")


class OneTimeCode(Base):
    """A code sent to an address on file. Only its salted hash is kept."""

    __tablename__ = "one_time_code"

    id: Mapped[Id]
    conversation_id: Mapped[Ref]
    contact_id: Mapped[Ref] = mapped_column(ForeignKey("contact.id"))
    code_hash: Mapped[str] = mapped_column(String(128))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Consent(Base):
    """One yes or no to one purpose, appended. The newest row per contact and purpose counts."""

    __tablename__ = "consent"

    id: Mapped[Id]
    contact_id: Mapped[Ref] = mapped_column(ForeignKey("contact.id"))
    purpose: Mapped[Word]  # "newsletter", "win_back", "chat_analysis"
    granted: Mapped[bool]
    source: Mapped[Word]
    at: Mapped[datetime] = mapped_column(default=utcnow)

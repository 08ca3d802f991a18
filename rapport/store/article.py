"""Articles, and every retrieval made over them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Language, Line, Ref, Word, utcnow


class Article(Base):
    """An article of the shop in one language. A change makes a new version; the highest active one is served."""

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("key", "language", "version"),)

    id: Mapped[Id]
    key: Mapped[Word]
    language: Mapped[Language]
    version: Mapped[int]
    title: Mapped[Line]
    topic: Mapped[Word]
    questions: Mapped[list[Any]] = mapped_column(default=list)
    body: Mapped[str] = mapped_column(Text)  # Markdown
    sha256: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Retrieval(Base):
    """One search for an answer: what was asked, what was found, and whether it was good enough to say."""

    __tablename__ = "retrieval"

    id: Mapped[Id]
    conversation_id: Mapped[Ref]
    message_id: Mapped[str | None] = mapped_column(String(40), unique=True)  # a retried turn is not counted twice
    query: Mapped[str] = mapped_column(Text)
    language: Mapped[Language]
    article_id: Mapped[str | None] = mapped_column(String(40), index=True)  # the best one, said or not
    score: Mapped[float | None] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    answered: Mapped[bool]
    encoder: Mapped[Word]
    candidates: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)

"""Who did what, when and why; and what an import could not take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Id, Line, Ref, Word, utcnow


class AuditEntry(Base):
    """One act on one thing, appended."""

    __tablename__ = "audit_entry"

    id: Mapped[Id]
    actor: Mapped[Word]  # "customer:<contact>", "assistant", "cli", "agent:<id>"
    action: Mapped[Word]  # "order.read", "complaint.open", "identity.link"
    subject: Mapped[str] = mapped_column(String(128), index=True)
    why: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    idempotency_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class ImportBatch(Base):
    """One run of an importer. The same file again is the same batch."""

    __tablename__ = "import_batch"

    id: Mapped[Id]
    kind: Mapped[Word]
    file: Mapped[Line]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_kept: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]


class RejectedRow(Base):
    """A row an import set aside, with the reason, so that nothing is lost."""

    __tablename__ = "rejected_row"

    id: Mapped[Id]
    batch_id: Mapped[Ref] = mapped_column(ForeignKey("import_batch.id"))
    row_number: Mapped[int]
    reason: Mapped[Word]
    row: Mapped[dict[str, Any]]

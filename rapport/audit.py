"""The audit trail: who did what to which thing, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.service.once import add_once
from rapport.service.text import storable
from rapport.store import AuditEntry, new_id, utcnow


def record(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    why: str | None = None,
    details: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    *,
    at: datetime | None = None,
) -> AuditEntry:
    """Append one entry in the caller's transaction, so that the act and its record stand or fall together.

    :param actor: ``customer:<contact>``, ``assistant``, ``cli``, ``agent:<id>``; up to 64 characters.
    :param action: ``<noun>.<verb>``, such as ``order.read``.
    :param subject: the id of what was acted on.
    :param details: JSON; no secrets and no codes.
    :param idempotency_key: a repeat with the same key returns the first entry.
    :param at: when it happened, where that is not now.
    """
    entry = AuditEntry(
        id=new_id("aud"),
        actor=actor,
        action=action,
        subject=subject,
        why=None if why is None else storable(why),
        details=dict(details or {}),
        idempotency_key=idempotency_key,
        at=at or utcnow(),
    )
    if idempotency_key is None:
        session.add(entry)
        session.flush()
        return entry
    return add_once(session, entry, select(AuditEntry).where(AuditEntry.idempotency_key == idempotency_key))[0]

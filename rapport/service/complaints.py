"""Complaints: opened once as a numbered case with deadlines from the shop's policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.store import Complaint, ComplaintStep, Problem, Store, new_id

from .deadlines import working_days_after
from .text import folded, storable

CATEGORIES = ("delivery", "quality", "service", "payment", "other")
SEVERITIES = ("low", "normal", "high")
MAX_KEY = 128  # the width of the column
NUMBER_ATTEMPTS = 50  # how many others may take the next number first


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Problem(f"A complaint's {name} cannot be {value!r}.", allowed=allowed, code=f"complaint_{name}")


def _setting(policy: Mapping[str, Any], name: str) -> int:
    value = policy.get("complaints", {}).get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Problem(
            f"[complaints] {name} in policies/service.toml must be a whole number of days from 1, it is {value!r}.",
            next_step="Correct it.",
            code="policy",
        )
    return value


def _holidays(policy: Mapping[str, Any]) -> set[date]:
    try:
        return {
            day if isinstance(day, date) else date.fromisoformat(day)
            for day in policy.get("complaints", {}).get("holidays", [])
        }
    except (TypeError, ValueError):
        raise Problem(
            "[complaints] holidays in policies/service.toml must be days such as 2026-12-25.",
            next_step="Correct it.",
            code="policy",
        ) from None


def _zone(policy: Mapping[str, Any], timezone: str | None) -> str:
    return timezone or policy.get("shop", {}).get("timezone") or "UTC"


def _next_number(session: Session, year: int) -> str:
    """The number after the year's highest one: C-26-000017."""
    prefix = f"C-{year % 100:02d}-"
    highest = session.scalar(
        select(Complaint.number)
        .where(Complaint.number.startswith(prefix, autoescape=True))
        # By length first: the millionth is a digit longer.
        .order_by(func.length(Complaint.number).desc(), Complaint.number.desc())
        .limit(1)
    )
    serial = int(highest[len(prefix) :]) + 1 if highest else 1
    return f"{prefix}{serial:06d}"


def open_complaint(
    store: Store,
    *,
    idempotency_key: str,
    conversation_id: str | None,
    contact_id: str | None,
    category: str,
    severity: str,
    description: str,
    order_number: str | None,
    policy: Mapping[str, Any],
    now: datetime,
    timezone: str | None = None,
    by: str = "assistant",
) -> Complaint:
    """Open a case with a number for the customer. A repeat with the same key returns the first case unchanged.

    :param idempotency_key: what caused it, such as the message's id; up to 128 characters.
    :param contact_id: from ``identity.contact_of``; none for a stranger, who may complain, too.
    :param category: ``delivery``, ``quality``, ``service``, ``payment`` or ``other``.
    :param severity: ``low``, ``normal`` or ``high``.
    :param order_number: as told: a claim, not a proof.
    :param policy: ``Shop.policy()``; ``[complaints]`` gives the working days, and optionally ``holidays``.
    :param now: aware; the day counts in the shop's time zone.
    :param timezone: ``shop.settings.shop.timezone``; without it ``[shop] timezone`` of the policy, else UTC.
    :param by: who opens it.
    :raises Problem: ``complaint_category``, ``complaint_severity``, ``complaint_empty``, ``idempotency_key``,
        ``idempotency_conflict`` when the key is another conversation's, ``policy``.
    """
    _one_of("category", category, CATEGORIES)
    _one_of("severity", severity, SEVERITIES)
    text = storable(description).strip()
    if not text:
        raise Problem("A complaint needs a description.", next_step="Ask what went wrong.", code="complaint_empty")
    if not 1 <= len(idempotency_key) <= MAX_KEY:
        raise Problem(f"An idempotency key has 1 to {MAX_KEY} characters.", code="idempotency_key")
    zone, holidays = _zone(policy, timezone), _holidays(policy)
    deadlines = {
        "acknowledge_by": working_days_after(now, _setting(policy, "acknowledge_working_days"), zone, holidays),
        "resolve_by": working_days_after(now, _setting(policy, "resolve_working_days"), zone, holidays),
    }
    told = re.sub(r"\s+", " ", folded(order_number))[:64] if order_number else ""
    with store.write() as session:
        complaint, created = _insert(
            session,
            now.astimezone(ZoneInfo(zone)).year,
            idempotency_key=idempotency_key,
            conversation_id=conversation_id,
            contact_id=contact_id,
            order_number=told or None,
            category=category,
            severity=severity,
            description=text,
            state="received",
            created_at=now,
            **deadlines,
        )
        if created:
            session.add(
                ComplaintStep(
                    id=new_id("stp"), complaint_id=complaint.id, to_state="received", by=by, note=None, at=now
                )
            )
            record(
                session,
                by,
                "complaint.open",
                complaint.id,
                category,
                {"number": complaint.number, "conversation": conversation_id, "contact": contact_id},
                f"complaint.open:{complaint.id}",
                at=now,
            )
        elif complaint.conversation_id != conversation_id:
            raise Problem(
                "This idempotency key belongs to another conversation's complaint.",
                next_step="Use the id of the message that caused it.",
                code="idempotency_conflict",
            )
        return complaint


def _insert(session: Session, year: int, **values: Any) -> tuple[Complaint, bool]:
    """Insert with the next free number, or return the case that has the key. The index settles the race."""
    same = select(Complaint).where(Complaint.idempotency_key == values["idempotency_key"])
    for _ in range(NUMBER_ATTEMPTS):
        found = session.scalars(same).one_or_none()
        if found is not None:
            return found, False
        number = _next_number(session, year)
        complaint = Complaint(id=new_id("cmp"), number=number, **values)
        try:
            with session.begin_nested():
                session.add(complaint)
                session.flush()
        except IntegrityError:
            taken = session.scalar(select(Complaint.id).where(Complaint.number == number))
            if taken is None and session.scalars(same).one_or_none() is None:
                raise  # another rule was broken, such as an unknown conversation
            continue
        return complaint, True
    raise Problem("No complaint number could be had: too many are opened at once.", next_step="Try again.", code="busy")


def complaint_card(complaint: Complaint, timezone: str = "UTC") -> dict[str, Any]:
    """The ``complaint`` item of a reply: JSON; ``resolve_by`` in ISO 8601.

    :param timezone: the shop's, so that the date in ``resolve_by`` is the day the customer was promised.
    """
    return {
        "kind": "complaint",
        "number": complaint.number,
        "category": complaint.category,
        "resolve_by": complaint.resolve_by.astimezone(UTC).astimezone(ZoneInfo(timezone)).isoformat(),
    }

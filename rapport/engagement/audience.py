"""Who is worth winning back: customers who bought much and have stayed away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from rapport.store import Campaign, Consent, Contact, Offer, Order, Problem, Return


@dataclass(frozen=True)
class Rules:
    """The numbers of ``[winback]``; kept with the campaign, so that its result can be read years later."""

    lapsed_after_days: int
    valued_from: int  # minor units of the currency
    voucher: int  # minor units
    voucher_valid_days: int
    hold_out_share: float  # 0..1
    currency: str

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Rules:
        """Read and check them.

        :param policy: ``Shop.policy()``.
        :raises Problem: ``policy``.
        """
        section = policy.get("winback", {})
        numbers = {
            name: section.get(name) for name in ("lapsed_after_days", "valued_from", "voucher", "voucher_valid_days")
        }
        for name, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise _wrong(f"[winback] {name}", value, "a whole number from 1")
        share = section.get("hold_out_share")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
            raise _wrong("[winback] hold_out_share", share, "a share from 0 to below 1")
        currency = policy.get("shop", {}).get("currency")
        if not isinstance(currency, str) or len(currency) != 3:
            raise _wrong("[shop] currency", currency, "an ISO 4217 code such as EUR")
        return cls(**numbers, hold_out_share=float(share), currency=currency)

    def as_dict(self) -> dict[str, Any]:
        """JSON for ``Campaign.rules``."""
        return asdict(self)


def _wrong(name: str, value: object, allowed: str) -> Problem:
    return Problem(
        f"{name} in policies/service.toml cannot be {value!r}.",
        allowed=[allowed],
        next_step="Correct it.",
        code="policy",
    )


def refusals(contact_id: str | None = None) -> Select[tuple[str]]:
    """The ids of the contacts whose newest word on win-back is no.

    :param contact_id: look at this one alone.
    """
    newest = select(
        Consent.contact_id,
        Consent.granted,
        func.row_number()
        .over(partition_by=Consent.contact_id, order_by=(Consent.at.desc(), Consent.id.desc()))
        .label("rank"),
    ).where(Consent.purpose == "win_back", *([] if contact_id is None else [Consent.contact_id == contact_id]))
    ranked = newest.subquery()
    return select(ranked.c.contact_id).where(ranked.c.rank == 1, ranked.c.granted.is_(False))


def valued_lapsed(session: Session, rules: Rules, now: datetime, campaign_id: str | None = None) -> list[str]:
    """The ids of the contacts to ask, sorted.

    Lapsed: the last order that was not cancelled, in any currency, is more than ``lapsed_after_days`` old.
    Valued: what they spent in the shop's currency, less what was refunded, is at least ``valued_from``.
    Left out: who refused win-back talks, and whom another campaign asked, or held out, since that last order, so
    that one absence is asked about once and a hold-out stays one.

    :param campaign_id: the campaign that may ask again.
    """
    spent = (
        select(
            Order.contact_id.label("contact_id"),
            func.max(Order.placed_at).label("last_order"),
            func.sum(Order.total_minor).filter(Order.currency == rules.currency).label("total"),
        )
        .where(Order.contact_id.is_not(None), Order.state != "cancelled")
        .group_by(Order.contact_id)
        .subquery()
    )
    refunded = (
        select(Return.contact_id.label("contact_id"), func.sum(func.abs(Return.amount_minor)).label("total"))
        .where(Return.contact_id.is_not(None), Return.state == "refunded", Return.currency == rules.currency)
        .group_by(Return.contact_id)
        .subquery()
    )
    other = aliased(Offer)
    asked = (
        select(other.id)
        .join(Campaign, Campaign.id == other.campaign_id)
        .where(
            Campaign.kind == "win_back",
            other.contact_id == Contact.id,
            other.created_at > spent.c.last_order,
            other.campaign_id != (campaign_id or ""),
        )
        .exists()
    )
    query = (
        select(Contact.id)
        .join(spent, spent.c.contact_id == Contact.id)
        .outerjoin(refunded, refunded.c.contact_id == Contact.id)
        .where(
            spent.c.last_order < now - timedelta(days=rules.lapsed_after_days),
            func.coalesce(spent.c.total, 0) - func.coalesce(refunded.c.total, 0) >= rules.valued_from,
            Contact.id.not_in(refusals()),
            ~asked,
        )
        .order_by(Contact.id)
    )
    return list(session.scalars(query))

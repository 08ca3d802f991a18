"""Win-back: campaigns with a hold-out, and one offer's way from invitation to decision."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select as sql_select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.customers.identity import contact_of
from rapport.service.once import add_once
from rapport.store import Campaign, Offer, Order, Problem, Store, new_id, utcnow

from .audience import Rules, refusals, valued_lapsed

KIND = "win_back"
REASONS = ("price", "quality", "fit", "delivery", "service", "choice", "no_need", "forgot", "other")
DECISIONS = ("accepted", "declined")
OPEN = ("invited", "shown")
VOUCHER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing to mistake when read out
VOUCHER_ATTEMPTS = 5


@dataclass(frozen=True)
class Selection:
    """A campaign's audience: how many are invited and held out in all, and how many of them this run added."""

    campaign_id: str
    code: str
    invited: int
    held_out: int
    added: int


def draw(seed: int, campaign_code: str, contact_id: str) -> float:
    """A number in [0, 1) that depends on these three alone: whoever runs it again gets the same groups."""
    digest = hashlib.sha256(f"{seed}:{campaign_code}:{contact_id}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def select(store: Store, policy: Mapping[str, Any], now: datetime, seed: int = 0) -> Selection:
    """Make this month's campaign, and one offer for each valued lapsed contact: ``invited`` or ``held_out``.

    Each offer carries its propensity: the chance of being invited, which is 1 - ``hold_out_share``. Run again in the
    same month, it adds those who have lapsed since, by the rules and the seed the campaign began with.

    :param policy: ``Shop.policy()``; ``[winback]`` has the numbers.
    :param now: aware.
    :param seed: of the draw; kept with the campaign.
    :raises Problem: ``policy``.
    """
    rules = Rules.of(policy)
    code = f"win-back-{now:%Y-%m}"
    with store.write() as session:
        campaign, fresh = add_once(
            session,
            Campaign(id=new_id("cam"), code=code, kind=KIND, rules={**rules.as_dict(), "seed": seed}, created_at=now),
            sql_select(Campaign).where(Campaign.code == code),
        )
        if not fresh:  # two runs at once wait here for each other
            session.execute(sql_select(Campaign.id).where(Campaign.id == campaign.id).with_for_update(key_share=True))
        kept = dict(campaign.rules)
        seed = kept.pop("seed")
        rules = Rules(**kept)
        known = set(session.scalars(sql_select(Offer.contact_id).where(Offer.campaign_id == campaign.id)))
        added = [contact for contact in valued_lapsed(session, rules, now, campaign.id) if contact not in known]
        for contact_id in added:
            held_out = draw(seed, code, contact_id) < rules.hold_out_share
            session.add(
                Offer(
                    id=new_id("off"),
                    campaign_id=campaign.id,
                    contact_id=contact_id,
                    state="held_out" if held_out else "invited",
                    propensity=1 - rules.hold_out_share,
                    value_minor=rules.voucher,
                    currency=rules.currency,
                    created_at=now,
                )
            )
        session.flush()
        states = list(session.scalars(sql_select(Offer.state).where(Offer.campaign_id == campaign.id)))
        held = states.count("held_out")
        if added or fresh:
            record(session, "system", "campaign.select", campaign.id, details={"added": len(added)}, at=now)
        return Selection(campaign.id, code, len(states) - held, held, len(added))


def due_offer(session: Session, contact_id: str, now: datetime | None = None) -> Offer | None:
    """The offer to talk to this contact about now.

    None if there is none, it lapsed, they have ordered since, or they have said since that they don't want such talks.
    """
    now = now or utcnow()
    offer = session.scalars(
        sql_select(Offer)
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .where(Campaign.kind == KIND, Offer.contact_id == contact_id, Offer.state.in_(OPEN))
        .order_by(Offer.created_at.desc(), Offer.id.desc())
        .limit(1)
    ).first()
    if offer is None or (offer.valid_until is not None and offer.valid_until <= now):
        return None
    ordered = session.scalars(
        sql_select(Order.id)
        .where(Order.contact_id == contact_id, Order.placed_at > offer.created_at, Order.state != "cancelled")
        .limit(1)
    ).first()
    refused = session.scalars(refusals(contact_id)).first()
    return None if ordered or refused else offer


def _lock_offer(session: Session, offer_id: str, conversation_id: str) -> Offer:
    """The offer as it is now, held until the transaction ends, if it is this conversation's customer's."""
    offer = session.scalars(
        sql_select(Offer)
        .where(Offer.id == offer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    contact = contact_of(session, conversation_id)
    if offer is None or contact is None or offer.contact_id != contact.id or offer.state == "held_out":
        # One answer for all, so that no one can try offers out. A held-out contact treated spoils the experiment.
        raise Problem(
            "There is no such offer for this customer.",
            next_step="Ask due_offer for the customer's own.",
            code="offer_unknown",
        )
    return offer


def _audit(session: Session, offer: Offer, action: str, conversation_id: str, why: str | None, at: datetime) -> None:
    details = {"conversation": conversation_id, "state": offer.state}
    record(session, f"customer:{offer.contact_id}", action, offer.id, why, details, at=at)


def record_reason(
    session: Session, offer_id: str, reason: str, *, conversation_id: str, now: datetime | None = None
) -> Offer:
    """Keep why the customer stayed away, in the caller's transaction. Told again, the newest reason stands.

    :param reason: one of ``REASONS``.
    :raises Problem: ``offer_reason``, ``offer_unknown``.
    """
    if reason not in REASONS:
        raise Problem(f"{reason!r} is not a reason on the list.", allowed=REASONS, code="offer_reason")
    offer = _lock_offer(session, offer_id, conversation_id)
    if offer.reason != reason:
        offer.reason, offer.conversation_id = reason, conversation_id
        _audit(session, offer, "offer.reason", conversation_id, reason, now or utcnow())
        session.flush()
    return offer


def _voucher_code() -> str:
    letters = "".join(secrets.choice(VOUCHER_ALPHABET) for _ in range(10))  # 50 bits
    return f"BACK-{letters[:5]}-{letters[5:]}"


def make_offer(
    session: Session, offer_id: str, policy: Mapping[str, Any], now: datetime, *, conversation_id: str
) -> Offer:
    """Give the invited customer a voucher, in the caller's transaction. A repeat returns the same voucher.

    :param policy: ``Shop.policy()``; ``[winback] voucher`` is the value in minor units, and
        ``voucher_valid_days`` its life.
    :raises Problem: ``offer_unknown``; ``offer_decided`` when the customer has declined; ``policy``.
    """
    offer = _lock_offer(session, offer_id, conversation_id)
    if offer.voucher_code is not None:
        return offer
    if offer.state != "invited":
        raise Problem(f"This offer is {offer.state} already.", next_step="Make no other one.", code="offer_decided")
    rules = Rules.of(policy)
    for attempt in range(VOUCHER_ATTEMPTS):
        try:
            with session.begin_nested():
                offer.voucher_code = _voucher_code()
                offer.value_minor, offer.currency = rules.voucher, rules.currency
                offer.valid_until = now + timedelta(days=rules.voucher_valid_days)
                offer.state, offer.conversation_id = "shown", conversation_id
                session.flush()
            break
        except IntegrityError:  # another customer's code: one chance in 10^15
            if attempt == VOUCHER_ATTEMPTS - 1:
                raise
    _audit(session, offer, "offer.make", conversation_id, None, now)
    return offer


def decide(session: Session, offer_id: str, decision: str, now: datetime, *, conversation_id: str) -> Offer:
    """Keep the customer's yes or no, in the caller's transaction. The first decision stands; a repeat changes nothing.

    An offer whose time is over becomes ``expired`` instead, and is returned so.

    :param decision: ``accepted`` or ``declined``. An invitation may be declined before an offer was made.
    :raises Problem: ``offer_decision``, ``offer_unknown``, ``offer_decided`` for a change of mind,
        ``offer_not_made`` when there is nothing yet to accept.
    """
    if decision not in DECISIONS:
        raise Problem(f"An offer cannot be {decision!r}.", allowed=DECISIONS, code="offer_decision")
    offer = _lock_offer(session, offer_id, conversation_id)
    if offer.state in (decision, "expired"):
        return offer
    if offer.state not in OPEN:
        raise Problem(
            f"This offer is {offer.state} already.",
            next_step="Hand over to a person to change it.",
            code="offer_decided",
        )
    if decision == "accepted" and offer.state == "invited":
        raise Problem("No offer was made yet.", next_step="Call make_offer first.", code="offer_not_made")
    late = offer.valid_until is not None and offer.valid_until <= now
    offer.state, offer.decided_at, offer.conversation_id = "expired" if late else decision, now, conversation_id
    session.flush()
    _audit(session, offer, f"offer.{offer.state}", conversation_id, None, now)
    return offer


def offer_card(offer: Offer) -> dict[str, Any]:
    """The ``offer`` item of a reply: JSON; value in minor units, ``valid_until`` in ISO 8601."""
    return {
        "kind": "offer",
        "code": offer.voucher_code,
        "value_minor": offer.value_minor,
        "currency": offer.currency,
        "valid_until": None if offer.valid_until is None else offer.valid_until.isoformat(),
    }

"""What follows an order: returns, and loyalty points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .catalogue import CATEGORIES
from .process import POINTS_EXPIRE_DAYS, RETURN_WINDOW_DAYS, Process
from .purchase import Purchase, Reversal

_CLOTHING_REASONS = {"too_small": 30, "too_large": 24, "not_as_expected": 20, "changed_mind": 16, "faulty": 10}
_OTHER_REASONS = {"not_as_expected": 45, "changed_mind": 35, "faulty": 20}
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Points:
    """Loyalty points earned (positive) or taken back (negative) by an order."""

    purchase: Purchase
    points: int
    reason: str
    at: datetime


def draw_returns(process: Process, random: Random, purchase: Purchase) -> list[Reversal]:
    """Which lines of a delivered order come back; drawn line by line."""
    found: list[Reversal] = []
    if purchase.cancelled or purchase.delivered_at is None:
        return found
    away = purchase.customer.country in ("GB", "CN")
    announced = purchase.delivered_at + timedelta(days=random.uniform(1, RETURN_WINDOW_DAYS - 8))
    arrived = announced + timedelta(days=random.uniform(7, 18) if away else random.uniform(2, 8))
    settled = arrived + timedelta(days=random.uniform(0.5, 6))
    for place, line in enumerate(purchase.lines):
        category = CATEGORIES[line.choice.item.category]
        if random.random() >= category.returned:
            continue
        quantity = line.quantity if category.clothing else random.randint(1, line.quantity)
        reasons = _CLOTHING_REASONS if category.clothing else _OTHER_REASONS
        found.append(
            Reversal(
                line=place,
                quantity=quantity,
                amount_minor=quantity * line.unit_price_minor,
                reason=random.choices(list(reasons), list(reasons.values()))[0],
                announced_at=announced,
                arrived_at=arrived,
                settled_at=settled,
                refused=random.random() < process.refused_share,
            )
        )
    return found


def points_of_a_year(purchases: list[Purchase], at: datetime) -> int:
    """Points earned in the 12 months before ``at``: what the loyalty tier goes by."""
    return sum(
        purchase.points
        for purchase in purchases
        if not purchase.cancelled and purchase.delivered_at and at - _YEAR < purchase.delivered_at <= at
    )


def points(purchase: Purchase, now: datetime) -> list[Points]:
    """An order's entries: earned on delivery, taken back with a refund, and the rest expired after 18 months."""
    earned_at = purchase.delivered_at
    if purchase.cancelled or earned_at is None or earned_at > now or not purchase.points:
        return []
    entries = [Points(purchase, purchase.points, "order", earned_at)]
    for reversal in purchase.returns:
        taken = reversal.amount_minor // 100
        if reversal.state(now) == "refunded" and taken:
            entries.append(Points(purchase, -taken, "return", reversal.settled_at))
    left = sum(entry.points for entry in entries)
    expires = earned_at + timedelta(days=POINTS_EXPIRE_DAYS)
    if left > 0 and expires <= now:
        entries.append(Points(purchase, -left, "expired", expires))
    return entries

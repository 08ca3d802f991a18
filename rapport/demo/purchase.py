"""Drawing orders: when, what, how much, and how the parcel travelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .catalogue import BODY, CATEGORIES, Choice, choices, items_of
from .customer import Customer
from .people import CARRIERS, CARRIERS_ELSEWHERE
from .process import LEAF_POINTS, Delivery, Process, delivery_to, pieces, poisson

WAREHOUSE = ZoneInfo("Europe/Berlin")
_WINTER, _SUMMER = (10, 11, 12, 1, 2), (6, 7, 8)


@dataclass(frozen=True)
class Line:
    """A position of an order."""

    choice: Choice
    quantity: int
    unit_price_minor: int

    @property
    def amount_minor(self) -> int:
        """What the position cost."""
        return self.quantity * self.unit_price_minor

    @property
    def points(self) -> int:
        """Loyalty points: one per whole euro."""
        return self.amount_minor // 100


@dataclass
class Purchase:
    """An order from beginning to end, as if everything had already happened; ``now`` cuts it off.

    Times are aware UTC; ``delivered_at`` is none for a parcel that is on its way whenever one looks.
    """

    customer: Customer
    placed_at: datetime
    packed_at: datetime
    sent_at: datetime
    promised_from: datetime
    promised_to: datetime
    delivered_at: datetime | None
    lines: list[Line]
    postage_minor: int
    carrier: str
    tracking_number: str
    cancelled: bool = False
    number: str = ""
    returns: list[Reversal] = field(default_factory=list)

    @property
    def total_minor(self) -> int:
        """Goods and postage."""
        return sum(line.amount_minor for line in self.lines) + self.postage_minor

    @property
    def points(self) -> int:
        """Points earned when it is delivered."""
        return sum(line.points for line in self.lines)

    def state(self, now: datetime) -> str:
        """The order's state at ``now``."""
        if self.cancelled:
            return "cancelled"
        if self.delivered_at is not None and self.delivered_at <= now:
            return "delivered"
        if self.sent_at <= now:
            return "sent"
        return "packed" if self.packed_at <= now else "placed"


@dataclass(frozen=True)
class Reversal:
    """A line, or part of it, that comes back. ``line`` is its place in the order, from 0."""

    line: int
    quantity: int
    amount_minor: int
    reason: str
    announced_at: datetime
    arrived_at: datetime
    settled_at: datetime
    refused: bool

    def state(self, now: datetime) -> str:
        """The return's state at ``now``."""
        if self.settled_at <= now:
            return "refused" if self.refused else "refunded"
        return "arrived" if self.arrived_at <= now else "announced"


def at_local(day: date, hour: float, zone: ZoneInfo) -> datetime:
    """A local time of day, given in hours, as UTC."""
    minutes = int(hour * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone).astimezone(UTC)


def draw_lines(process: Process, random: Random, customer: Customer, month: int) -> list[Line]:
    """What is in the basket: no variant twice."""
    season = 1 if month in _WINTER else -1 if month in _SUMMER else 0
    keys = list(CATEGORIES)
    weights = [customer.taste[key] * CATEGORIES[key].winter ** season for key in keys]
    lines: dict[str, Line] = {}
    for _ in range(min(1 + poisson(random, process.extra_lines), process.max_lines)):
        category = CATEGORIES[random.choices(keys, weights)[0]]
        items = items_of(category.key)
        item = random.choices(items, [each.popularity for each in items])[0]
        fitting = [choice for choice in choices(item) if choice.size == customer.size or choice.size not in BODY]
        choice = random.choice(fitting)
        price = choice.price_minor
        if month in process.sale_months and random.random() < process.sale_share:
            price = round(price * (1 - process.sale_discount) / 10) * 10
        quantity = pieces(random, process.more_of_home if category.home else process.more_of_clothing)
        lines.setdefault(choice.sku, Line(choice, quantity, price))
    return list(lines.values())


def postage(country: str, goods_minor: int, points_of_a_year: int) -> int:
    """Postage in euro cents, by the delivery terms and the loyalty tier."""
    terms = delivery_to(country)
    if terms.free_from_minor is not None and goods_minor >= terms.free_from_minor:
        return 0
    within_union = country not in ("GB", "CN")
    return 0 if within_union and points_of_a_year >= LEAF_POINTS else terms.price_minor


def promise(placed_at: datetime, terms: Delivery, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The promised window: 8:00 of its first day to 20:00 of its last, where the customer lives."""
    day = placed_at.astimezone(zone).date()
    first, last = (day + timedelta(days=days) for days in terms.days)
    return at_local(first, 8, zone), at_local(last, 20, zone)


def tracking(random: Random, country: str) -> tuple[str, str]:
    """A carrier that does not exist and a number of its form."""
    carrier, prefix = CARRIERS.get(country) or random.choice(CARRIERS_ELSEWHERE)
    return carrier, f"{prefix}{random.randint(0, 999_999_999):09d}{country}"


def draw_purchase(process: Process, random: Random, customer: Customer, day: date, points_of_a_year: int) -> Purchase:
    """One order placed on a day of the customer's calendar."""
    hour = random.choices(range(24), process.hours)[0] + random.random()
    placed = at_local(day, hour, customer.zone)
    lines = draw_lines(process, random, customer, day.month)
    terms = delivery_to(customer.country)
    begins, ends = promise(placed, terms, customer.zone)
    packed = _next_working(random, placed + timedelta(minutes=random.randint(120, 1200)), last_day=4)
    sent = _next_working(random, packed + timedelta(minutes=random.randint(90, 1500)), last_day=5)
    carrier, number = tracking(random, customer.country)
    return Purchase(
        customer=customer, placed_at=placed, packed_at=packed, sent_at=sent, promised_from=begins, promised_to=ends,
        delivered_at=_arrival(process, random, day, sent, terms, customer.zone), lines=lines,
        postage_minor=postage(customer.country, sum(line.amount_minor for line in lines), points_of_a_year),
        carrier=carrier, tracking_number=number, cancelled=random.random() < process.cancelled_share,
    )  # fmt: skip


def _next_working(random: Random, at: datetime, last_day: int) -> datetime:
    """``at``, or Monday morning at the warehouse when it falls after the week's ``last_day`` (Monday is 0)."""
    local = at.astimezone(WAREHOUSE)
    if local.weekday() <= last_day:
        return at
    return at_local(local.date() + timedelta(days=7 - local.weekday()), 7 + 5 * random.random(), WAREHOUSE)


def _arrival(process: Process, random: Random, day: date, sent: datetime, terms: Delivery, zone: ZoneInfo) -> datetime:
    hour = 9 + 9 * random.random()
    first, last = terms.days
    if random.random() < process.late_share:
        return at_local(day + timedelta(days=last + random.randint(1, 8)), hour, zone)
    window = [day + timedelta(days=days) for days in range(first, last + 1)]
    earliest = sent + timedelta(hours=12)
    open_days = [each for each in window if each.weekday() != 6 and at_local(each, hour, zone) >= earliest]
    return at_local(random.choice(open_days or window[-1:]), hour, zone)

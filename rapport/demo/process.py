"""The stochastic process behind the demo shop, and all its parameters."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True)
class Process:
    """Every number the generator draws by. Rates are per day, shares are probabilities, money is in euro cents.

    Purchases: a customer joins with a first order; further orders follow a Poisson process with an own rate
    ``lambda ~ Gamma(shape rate_r, scale 1 / rate_alpha)``; after every order, the first included, the customer drops
    out for good with an own probability ``p ~ Beta(dropout_a, dropout_b)``. That is the MBG/NBD model (BG/NBD without
    its rule that nobody drops out before the second order), run on a clock that the season and the weekday speed up or
    slow down: ``intensity(day) = lambda * month_factor * weekday_factor``, both factors with mean 1.
    """

    days: int = 730
    """Length of the history, up to now; the shop opened on its first day."""
    chinese_share: float = 0.30
    """Customers who speak Chinese; the others speak English."""
    china_share: float = 0.80
    """Of those, how many live in mainland China; the others live in Europe."""

    rate_r: float = 0.85
    """Shape r of the gamma distribution of rates: below 1, most buy seldom and a few often."""
    rate_alpha: float = 75.0
    """Its alpha (one over the scale), in days: the mean rate is ``rate_r / rate_alpha`` orders a day."""
    dropout_a: float = 1.0
    """Beta a of the dropout probability."""
    dropout_b: float = 2.2
    """Beta b of the dropout probability: the mean is ``a / (a + b)``."""
    months: tuple[float, ...] = (0.95, 0.80, 0.90, 0.95, 0.95, 0.80, 0.70, 0.72, 0.95, 1.10, 1.55, 1.63)
    """Seasonality, January to December; it moves first and repeat orders alike."""
    weekdays: tuple[float, ...] = (1.05, 1.00, 0.95, 0.95, 0.85, 0.90, 1.30)
    """Monday to Sunday."""
    hours: tuple[float, ...] = (
        1.0, 0.5, 0.3, 0.2, 0.2, 0.4, 1.0, 2.0, 3.0, 4.0, 4.5, 4.5,
        5.0, 4.5, 4.0, 4.0, 4.2, 4.6, 5.0, 6.0, 7.5, 7.5, 5.0, 2.5,
    )  # fmt: skip
    """Weights of the hours 0 to 23, in the customer's own time zone."""

    extra_lines: float = 0.85
    """Lines of an order: 1 + Poisson(extra_lines), at most ``max_lines``."""
    max_lines: int = 6
    """The longest order."""
    more_of_home: float = 0.35
    """Pieces of a line: 1 + Geometric; the chance of one more piece of home textiles, at most 6 pieces."""
    more_of_clothing: float = 0.06
    """The same for clothing."""
    affinity: float = 1.5
    """Concentration of a customer's Dirichlet taste over categories: lower is pickier."""
    sale_months: tuple[int, ...] = (1, 7)
    """January and July are sale months."""
    sale_share: float = 0.40
    """Lines sold at a reduced price in a sale month."""
    sale_discount: float = 0.20
    """How much lower the price is, rounded to 10 cents."""

    cancelled_share: float = 0.02
    """Orders cancelled before packing."""
    late_share: float = 0.05
    """Parcels that come 1 to 8 days after the promised window."""
    refused_share: float = 0.02
    """Returns that are refused."""

    newsletter_share: float = 0.55
    """Customers who said yes to the newsletter at their first order; the others said no."""
    newsletter_withdrawn_share: float = 0.10
    """Of those, how many took it back within a year."""
    win_back_share: float = 0.70
    """Customers who may be asked why they stay away."""

    out_of_stock_share: float = 0.08
    """Variants that are sold out now."""


@dataclass(frozen=True)
class Delivery:
    """Delivery terms of one region, as ``policies/service.toml`` of the demo shop has them (a test compares).

    :param days: the promised window, in days after the order.
    :param price_minor: postage in euro cents.
    :param free_from_minor: order value from which postage is free; none: never.
    """

    days: tuple[int, int]
    price_minor: int
    free_from_minor: int | None = None


EUROPEAN_UNION = Delivery((3, 5), 490, 6000)
UNITED_KINGDOM = Delivery((4, 7), 990)
CHINA = Delivery((7, 12), 1490, 15000)
LEAF_POINTS = 300  # earned in 12 months: standard delivery in the European Union is free
POINTS_EXPIRE_DAYS = 548  # 18 months
RETURN_WINDOW_DAYS = 30


def delivery_to(country: str) -> Delivery:
    """The terms for a country the shop sends to."""
    return {"GB": UNITED_KINGDOM, "CN": CHINA}.get(country, EUROPEAN_UNION)


class SeasonClock:
    """Maps the process's even time to days: a busy day takes more of it than a quiet one.

    :param first: the first day of the history; the last one, ``process.days`` later, is today.
    """

    def __init__(self, process: Process, first: date) -> None:
        self.first = first
        month_mean = sum(process.months) / len(process.months)
        weekday_mean = sum(process.weekdays) / len(process.weekdays)
        self._ends: list[float] = []
        total = 0.0
        for offset in range(process.days + 1):
            day = first + timedelta(days=offset)
            total += process.months[day.month - 1] / month_mean * process.weekdays[day.weekday()] / weekday_mean
            self._ends.append(total)

    @property
    def length(self) -> float:
        """The whole history in even time; about one unit a day."""
        return self._ends[-1]

    def day(self, position: float) -> date:
        """The day a position in even time falls on; the position is in [0, length)."""
        return self.first + timedelta(days=bisect_right(self._ends, position))


def purchase_days(process: Process, clock: SeasonClock, random: Random) -> list[date]:
    """One customer's order days, first to last; never empty."""
    position = random.random() * clock.length
    rate = random.gammavariate(process.rate_r, 1 / process.rate_alpha)
    dropout = random.betavariate(process.dropout_a, process.dropout_b)
    days = []
    while position < clock.length:
        days.append(clock.day(position))
        if random.random() < dropout:
            break
        position += random.expovariate(rate) if rate > 0 else clock.length
    return days


def poisson(random: Random, mean: float) -> int:
    """A Poisson draw by counting exponential gaps; for small means."""
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count += 1
        left += random.expovariate(1.0)
    return count


def pieces(random: Random, more: float, most: int = 6) -> int:
    """1 + Geometric: another piece with the chance ``more``, again and again, at most ``most``."""
    count = 1
    while count < most and random.random() < more:
        count += 1
    return count

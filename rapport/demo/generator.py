"""Filling a store with the demo shop: seeded, in one transaction, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select

from rapport.store import ImportBatch, Order, Problem, Store, utcnow

from .aftermath import draw_returns, points_of_a_year
from .customer import Addresses, Customer, draw_customer
from .persona import PERSONAS, purchases_of
from .process import Process, SeasonClock, purchase_days
from .purchase import Purchase, draw_purchase
from .report import DemoReport, measure
from .rows import Rows, consents

KIND = "demo"
SEED = 20261122
CUSTOMERS = 1200
FIRST_ORDER = 100_001

Progress = Callable[[int, int], None]


def generate(
    store: Store,
    seed: int = SEED,
    now: datetime | None = None,
    customers: int = CUSTOMERS,
    progress: Progress | None = None,
    process: Process = Process(),  # noqa: B008 - frozen
) -> DemoReport:
    """Fill the store with customers, products and two years of orders up to ``now``.

    The same seed, time, number and process give the same rows, ids included. A store that has a demo shop already is
    left as it is, whatever the arguments; the report then tells of the one it has.

    :param now: aware; the present if not given, without its microseconds.
    :param customers: how many to draw; the four personas come on top.
    :param progress: called with (steps done, steps in all).
    :raises Problem: when orders of another origin have numbers of the demo shop.
    :raises ValueError: when ``now`` is naive or ``customers`` is negative.
    """
    now = now or utcnow()
    if now.tzinfo is None:
        raise ValueError(f"naive datetime {now!r}: timestamps are aware and UTC")
    now = now.astimezone(UTC).replace(microsecond=0)
    if customers < 0:
        raise ValueError(f"customers is {customers}: it cannot be below 0")
    found = _existing(store)
    if found is None:
        rows = _draw(process, seed, now, customers, progress or (lambda done, total: None))
        found = _insert(store, rows, seed, now, customers)
        if progress:
            progress(customers + 1, customers + 1)
        return measure(store, seed=seed, now=now, already=False, sha256=found.sha256)
    known = dict(part.split("=", 1) for part in found.file.split())
    return measure(
        store,
        seed=int(known["seed"]),
        now=datetime.fromisoformat(known["now"]),
        already=True,
        sha256=found.sha256,
    )


def _existing(store: Store) -> ImportBatch | None:
    with store.read() as session:
        found = session.scalar(select(ImportBatch).where(ImportBatch.kind == KIND))
        if found is not None:
            session.expunge(found)  # else the session's end would empty it
        return found


def _draw(process: Process, seed: int, now: datetime, customers: int, progress: Progress) -> Rows:
    rows = Rows(seed, now)
    clock = SeasonClock(process, (now - timedelta(days=process.days)).date())
    opened = now - timedelta(days=process.days + 1)
    rows.catalogue(process, _random(seed, "catalogue"), opened)
    addresses = Addresses({persona.email for persona in PERSONAS})
    placed: list[tuple[Purchase, datetime]] = []
    for persona in PERSONAS:
        own = purchases_of(persona, now)
        since = own[0].placed_at - timedelta(minutes=10)
        rows.customer(own[0].customer, since, [("newsletter", True, since), ("win_back", True, since)])
        placed.extend((purchase, since) for purchase in own)
    for number in range(1, customers + 1):
        random = _random(seed, number)  # of its own, so that no customer depends on the ones before
        customer = draw_customer(process, random, f"mm-{number:05d}", addresses)
        history = _history(process, random, clock, customer, now)
        first = history[0].placed_at if history else now
        since = first - timedelta(minutes=random.randint(3, 40))
        rows.customer(customer, since, consents(process, random, since, now))
        placed.extend((purchase, since) for purchase in history)
        if number % 50 == 0:
            progress(number, customers + 1)
    placed.sort(key=lambda pair: (pair[0].placed_at, pair[0].customer.external_id))
    numbers = iter(range(FIRST_ORDER, FIRST_ORDER + len(placed)))
    for purchase, since in placed:
        purchase.number = purchase.number or f"MM{next(numbers)}"
        rows.purchase(purchase, since)
    return rows


def _random(seed: int, stream: int | str) -> Random:
    return Random(f"{seed}/{stream}")  # noqa: S311 - has to be repeatable


def _history(process: Process, random: Random, clock: SeasonClock, customer: Customer, now: datetime) -> list[Purchase]:
    """A customer's orders up to ``now``, oldest first."""
    history: list[Purchase] = []
    for day in purchase_days(process, clock, random):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        purchase = draw_purchase(process, random, customer, day, points_of_a_year(history, noon))
        purchase.returns = draw_returns(process, random, purchase)
        if purchase.placed_at <= now:
            history.append(purchase)
    return sorted(history, key=lambda purchase: purchase.placed_at)


def _insert(store: Store, rows: Rows, seed: int, now: datetime, customers: int) -> ImportBatch:
    with store.write() as session:
        clash = session.scalar(select(Order.number).where(Order.number.like("MM%")).limit(1))
        if clash is not None:
            raise Problem(
                f"The store has an order {clash} already; the demo shop would use the same numbers.",
                allowed=["a store without orders numbered MM..."],
                next_step="Make a shop folder of its own for the demo: rapport init PATH.",
                code="demo_store",
            )
        rows.insert(session)
        batch = ImportBatch(
            id="imp_demo", kind=KIND, file=f"seed={seed} customers={customers} now={now.isoformat()}",
            sha256=rows.sha256(), rows_read=rows.count, rows_kept=rows.count, rows_rejected=0, started_at=utcnow(),
            finished_at=utcnow(),
        )  # fmt: skip
        session.add(batch)
        return batch

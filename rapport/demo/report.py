"""What came out of the generator, counted in the store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from rapport.store import Consent, Contact, LoyaltyEntry, Order, OrderLine, Product, Return, Store, Variant

from .rows import SOURCE

LAPSED_AFTER_DAYS = 180
VALUED_FROM_MINOR = 15000


@dataclass(frozen=True)
class DemoReport:
    """The demo shop in figures. Shares are between 0 and 1, cancelled orders are left out of all but ``orders``.

    :param already: the store held a demo shop before, so nothing was added; the figures are of that one.
    :param sha256: checksum of all rows: the same seed, time and number of customers give the same.
    :param repeat_rate: customers with two orders or more, of those with one or more.
    :param lapsed_share: customers whose last order is more than 180 days old, of those with one or more.
    :param lapsed_valued: of the lapsed, those who spent 150 euros or more and may be asked, by language.
    :param returned_lines: order lines with a return, of the delivered ones.
    :param peak: orders per day in November and December over those per day from June to August.
    """

    seed: int
    now: datetime
    already: bool
    sha256: str
    contacts: int
    contacts_zh: int
    products: int
    variants: int
    orders: int
    order_lines: int
    returns: int
    loyalty_entries: int
    consents: int
    cancelled: int
    on_the_way: int
    revenue_minor: int
    orders_per_customer: float
    repeat_rate: float
    lapsed_share: float
    lapsed_valued: dict[str, int]
    returned_lines: float
    peak: float


def measure(store: Store, *, seed: int, now: datetime, already: bool, sha256: str) -> DemoReport:
    """Count the demo shop in the store."""
    with store.read() as session:
        contacts = session.execute(select(Contact.id, Contact.language).where(Contact.source == SOURCE)).all()
        orders = session.execute(
            select(Order.contact_id, Order.placed_at, Order.total_minor, Order.state).where(Order.source == SOURCE)
        ).all()
        counted = _counts(session)
        may_ask = _may_ask(session)
    histories: dict[str, list[Any]] = defaultdict(list)
    for order in orders:
        if order.contact_id and order.state != "cancelled":
            histories[order.contact_id].append(order)
    since = now - timedelta(days=LAPSED_AFTER_DAYS)
    lapsed = [contact for contact, own in histories.items() if max(order.placed_at for order in own) < since]
    valued: dict[str, int] = {"en": 0, "zh": 0}
    languages = {row.id: row.language for row in contacts}
    for contact in lapsed:
        if contact in may_ask and sum(order.total_minor for order in histories[contact]) >= VALUED_FROM_MINOR:
            valued[languages[contact]] += 1
    kept = [order for own in histories.values() for order in own]
    buyers = len(histories) or 1
    return DemoReport(
        seed=seed, now=now, already=already, sha256=sha256,
        contacts=len(contacts), contacts_zh=sum(row.language == "zh" for row in contacts),
        products=counted["products"], variants=counted["variants"],
        orders=len(orders), order_lines=counted["order_lines"], returns=counted["returns"],
        loyalty_entries=counted["loyalty_entries"], consents=counted["consents"],
        cancelled=len(orders) - len(kept),
        on_the_way=sum(order.state == "sent" for order in orders),
        revenue_minor=sum(order.total_minor for order in kept),
        orders_per_customer=len(kept) / buyers,
        repeat_rate=sum(len(own) > 1 for own in histories.values()) / buyers,
        lapsed_share=len(lapsed) / buyers,
        lapsed_valued=valued,
        returned_lines=counted["returned_lines"] / max(counted["delivered_lines"], 1),
        peak=_peak([order.placed_at for order in kept], now),
    )  # fmt: skip


def _counts(session: Session) -> dict[str, int]:
    demo_order: ColumnElement[bool] = Order.source == SOURCE
    delivered = Order.state == "delivered"
    lines = select(func.count(OrderLine.id)).join(Order).where(demo_order)
    returns = select(func.count(Return.id)).join(Order, Return.order_id == Order.id).where(demo_order)
    of_contacts = Contact.source == SOURCE
    queries = {
        "products": select(func.count(Product.id)).where(Product.source == SOURCE),
        "variants": select(func.count(Variant.id)).join(Product).where(Product.source == SOURCE),
        "order_lines": lines,
        "delivered_lines": lines.where(delivered),
        "returns": returns,
        "returned_lines": returns.with_only_columns(func.count(Return.order_line_id.distinct())),
        "loyalty_entries": select(func.count(LoyaltyEntry.id)).join(Contact).where(of_contacts),
        "consents": select(func.count(Consent.id)).join(Contact).where(of_contacts),
    }
    return {name: int(session.scalar(query) or 0) for name, query in queries.items()}


def _may_ask(session: Session) -> set[str]:
    newest: dict[str, bool] = {}
    rows = select(Consent.contact_id, Consent.granted).where(Consent.purpose == "win_back").order_by(Consent.at)
    for contact_id, granted in session.execute(rows):
        newest[contact_id] = granted
    return {contact_id for contact_id, granted in newest.items() if granted}


def _peak(placed: list[datetime], now: datetime) -> float:
    """Over full calendar days of the last 365, so that the growth of the young shop does not count as season."""
    days = [(now - timedelta(days=back)).date() for back in range(1, 366)]
    recent = set(days)
    months = [at.month for at in placed if at.date() in recent]

    def per_day(*wanted: int) -> float:
        return sum(month in wanted for month in months) / sum(day.month in wanted for day in days)

    return per_day(11, 12) / (per_day(6, 7, 8) or 1.0)

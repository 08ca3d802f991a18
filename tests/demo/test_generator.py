"""Repeatable, once only, and plausible."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from rapport.demo import DemoReport, Process, generate
from rapport.shop import Shop
from rapport.store import (
    Base,
    Consent,
    Contact,
    LoyaltyEntry,
    Message,
    Order,
    OrderLine,
    Problem,
    Product,
    Return,
    Store,
    Variant,
    schema,
)

from .conftest import NOW, everything, pairs

TABLES = (Product, Variant, Contact, Consent, Order, OrderLine, Return, LoyaltyEntry)
Demo = tuple[Store, DemoReport]


def _hash(store: Store) -> str:
    """A checksum of what is in the tables, not of what was meant to be."""
    digest = hashlib.sha256()
    with store.read() as session:
        for table in TABLES:
            columns = Base.metadata.tables[table.__tablename__].columns
            for row in session.execute(select(*columns).order_by(columns["id"])):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@pytest.fixture
def other_store(tmp_path: Path):
    opened = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def test_the_same_seed_makes_the_same_rows_on_both_databases(store: Store, other_store: Store):
    first = generate(store, seed=7, now=NOW, customers=60)
    second = generate(other_store, seed=7, now=NOW, customers=60)
    assert first == second
    assert _hash(store) == _hash(other_store)


def test_another_seed_or_time_makes_others(sqlite_store: Store, other_store: Store):
    assert generate(sqlite_store, seed=7, now=NOW, customers=20).sha256 != (
        generate(other_store, seed=8, now=NOW, customers=20).sha256
    )
    assert _hash(sqlite_store) != _hash(other_store)


def test_a_second_run_adds_nothing(store: Store):
    first = generate(store, seed=7, now=NOW, customers=40)
    before = _hash(store)
    again = generate(store, seed=8, customers=999)
    assert again.already
    assert (again.seed, again.now, again.contacts, again.orders) == (7, NOW, 44, first.orders)
    assert again.sha256 == first.sha256
    assert _hash(store) == before


def test_broken_off_it_leaves_nothing(sqlite_store: Store):
    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:
        if done > 50:
            raise Killed

    with pytest.raises(Killed):
        generate(sqlite_store, now=NOW, customers=200, progress=kill)
    with sqlite_store.read() as session:
        assert session.scalar(select(func.count(Contact.id))) == 0
    assert not generate(sqlite_store, now=NOW, customers=20).already


def test_it_is_quick_and_says_how_far_it_is(sqlite_store: Store):
    seen: list[tuple[int, int]] = []
    began = process_time()
    generate(sqlite_store, now=NOW, progress=lambda done, total: seen.append((done, total)))
    assert process_time() - began < 8
    assert seen == sorted(seen)
    assert seen[-1] == (1201, 1201)


def test_a_shop_with_orders_of_its_own_is_left_alone(sqlite_store: Store):
    with sqlite_store.write() as session:
        session.add(Order(id="ord_1", number="MM100001", state="placed", placed_at=NOW, total_minor=1, currency="EUR",
                          source="shop"))  # fmt: skip
    with pytest.raises(Problem) as caught:
        generate(sqlite_store, now=NOW, customers=5)
    assert caught.value.code == "demo_store"
    with sqlite_store.read() as session:
        assert session.scalar(select(func.count(Contact.id))) == 0


def test_a_naive_time_is_refused(sqlite_store: Store):
    with pytest.raises(ValueError, match="naive"):
        generate(sqlite_store, now=datetime(2026, 11, 22), customers=1)


def test_who_the_customers_are(demo: Demo):
    store, report = demo
    assert report.contacts == 1204
    assert 0.26 < report.contacts_zh / report.contacts < 0.34
    contacts = everything(store, Contact)
    emails = [contact.email or "" for contact in contacts]
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"[a-z0-9.-]+@(example\.(com|net)|(mail|post)\.example)", email) for email in emails)
    assert {contact.country for contact in contacts} >= {"DE", "GB", "NL", "CN", "FR", "AT"}
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", contact.name) for contact in contacts if contact.language == "zh")
    assert all(contact.country != "CN" or contact.language == "zh" for contact in contacts)
    assert all(contact.properties["address"]["country"] == contact.country for contact in contacts)
    assert all(contact.created_at <= NOW and contact.phone is None for contact in contacts)


def test_the_catalogue_is_in_both_languages(demo: Demo):
    store, report = demo
    assert 38 <= report.products <= 48
    products, variants = everything(store, Product), everything(store, Variant)
    assert all(set(product.names) == {"en", "zh"} for product in products)
    assert all(re.search(r"[\u4e00-\u9fff]", product.names["zh"]) for product in products)
    assert {variant.product_id for variant in variants} == {product.id for product in products}
    assert all(variant.price_minor > 0 and variant.currency == "EUR" for variant in variants)
    sold_out = sum(variant.in_stock == 0 for variant in variants) / len(variants)
    assert 0.03 < sold_out < 0.14


def test_order_numbers_run_with_time_and_fit_the_shop(demo: Demo, shop: Shop):
    store, report = demo
    orders = sorted(everything(store, Order), key=lambda order: order.number)
    pattern = shop.settings.shop.order_number_pattern
    assert all(re.fullmatch(pattern, order.number) for order in orders)
    drawn = [order for order in orders if order.number < "MM900000"]
    assert [order.number for order in drawn] == [f"MM{100_001 + place}" for place in range(len(drawn))]
    assert [order.placed_at for order in drawn] == sorted(order.placed_at for order in drawn)
    assert len(orders) == report.orders == len(drawn) + 8
    assert min(order.placed_at for order in drawn) < NOW - timedelta(days=690)
    assert max(order.placed_at for order in drawn) <= NOW


def test_states_go_with_dates(demo: Demo):
    store, _ = demo
    orders = everything(store, Order)
    states = Counter(order.state for order in orders)
    assert set(states) == {"placed", "packed", "sent", "delivered", "cancelled"}
    assert 0.012 < states["cancelled"] / len(orders) < 0.03
    for order in orders:
        assert order.placed_at <= NOW
        assert order.promised_from is not None
        assert order.promised_to is not None
        assert order.placed_at < order.promised_from < order.promised_to
        moving = order.state in ("sent", "delivered")
        assert (order.sent_at is not None) == (order.carrier is not None) == moving
        assert (order.tracking_number is not None) == moving
        assert (order.delivered_at is not None) == (order.state == "delivered")
        if order.sent_at:
            assert order.placed_at < order.sent_at <= NOW
        if order.delivered_at and order.sent_at:
            assert order.sent_at < order.delivered_at <= NOW
        if order.state in ("placed", "packed"):
            assert NOW - order.placed_at < timedelta(days=5)
        if order.state == "sent":
            assert NOW - order.placed_at < timedelta(days=22)
    late = [order.delivered_at > order.promised_to for order in orders if order.delivered_at and order.promised_to]
    assert 0.03 < sum(late) / len(late) < 0.08


def test_totals_are_goods_and_postage(demo: Demo):
    store, _ = demo
    amount = func.sum(OrderLine.quantity * OrderLine.unit_price_minor)
    goods = pairs(store, select(OrderLine.order_id, amount).group_by(OrderLine.order_id))
    orders = everything(store, Order)
    assert len(goods) == len(orders)
    for order in orders:
        postage = order.total_minor - goods[order.id]
        country = order.address["country"]
        if country == "GB":
            assert postage == 990
        elif country == "CN":
            assert postage == (0 if goods[order.id] >= 15000 else 1490)
        else:
            assert postage in ((0,) if goods[order.id] >= 6000 else (0, 490))  # 0 below: the loyalty tier Leaf


def test_order_lines_speak_the_customers_language(demo: Demo):
    store, _ = demo
    with store.read() as session:
        rows = session.execute(
            select(Contact.language, OrderLine.description)
            .join(Order, Order.contact_id == Contact.id)
            .join(OrderLine, OrderLine.order_id == Order.id)
        ).all()
    assert all(bool(re.search(r"[\u4e00-\u9fff]", text)) == (language == "zh") for language, text in rows)


def test_people_come_back_and_stay_away(demo: Demo):
    _, report = demo
    assert 0.40 < report.repeat_rate < 0.60
    assert 2.0 < report.orders_per_customer < 3.2
    assert 0.45 < report.lapsed_share < 0.65
    assert report.lapsed_valued["en"] > 100
    assert report.lapsed_valued["zh"] > 40


def test_report_agrees_with_a_count_of_its_own(demo: Demo):
    store, report = demo
    with store.read() as session:
        orders = session.execute(
            select(Order.contact_id, func.count(), func.max(Order.placed_at), func.sum(Order.total_minor))
            .where(Order.state != "cancelled").group_by(Order.contact_id)
        ).all()  # fmt: skip
        asked = set(session.scalars(select(Consent.contact_id).where(Consent.purpose == "win_back", Consent.granted)))
    languages = pairs(store, select(Contact.id, Contact.language))
    since = NOW - timedelta(days=180)
    assert report.repeat_rate == pytest.approx(sum(count > 1 for _, count, _, _ in orders) / len(orders))
    lapsed = [(contact, spent) for contact, _, last, spent in orders if last < since]
    assert report.lapsed_share == pytest.approx(len(lapsed) / len(orders))
    valued = Counter(languages[contact] for contact, spent in lapsed if spent >= 15000 and contact in asked)
    assert report.lapsed_valued == dict(valued)


def test_the_season_and_the_week_show(demo: Demo):
    store, report = demo
    assert 1.6 < report.peak < 2.8
    with store.read() as session:
        european = select(Order.placed_at).join(Contact).where(Order.number < "MM900000", Contact.country != "CN")
        placed = session.scalars(european).all()
    first_summer = [at for at in placed if at.year == 2025 and at.month in (6, 7, 8)]
    first_winter = [at for at in placed if (at.year, at.month) in ((2025, 11), (2025, 12))]
    assert len(first_winter) / 61 > 1.6 * len(first_summer) / 92
    local = [at.astimezone(ZoneInfo("Europe/Berlin")) for at in placed]
    weekdays = Counter(at.weekday() for at in local)
    assert max(weekdays, key=lambda day: weekdays[day]) == 6
    hours = Counter(at.hour for at in local)
    assert sum(hours[hour] for hour in range(18, 23)) > 4 * sum(hours[hour] for hour in range(5))


def test_returns(demo: Demo):
    store, report = demo
    assert 0.09 < report.returned_lines < 0.15
    with store.read() as session:
        rows = session.execute(
            select(Product.category, OrderLine.id, Return.id)
            .join(Variant, Variant.product_id == Product.id)
            .join(OrderLine, OrderLine.variant_id == Variant.id)
            .join(Order, Order.id == OrderLine.order_id)
            .outerjoin(Return, Return.order_line_id == OrderLine.id)
            .where(Order.state == "delivered")
        ).all()
    orders = {order.id: order for order in everything(store, Order)}
    lines = {line.id: line for line in everything(store, OrderLine)}
    returns = [(each, orders[each.order_id], lines[each.order_line_id]) for each in everything(store, Return)]
    share: dict[bool, list[bool]] = defaultdict(list)
    for category, _, returned in rows:
        share[category in ("tops", "knitwear", "trousers", "dresses", "outerwear")].append(returned is not None)
    clothing, other = (sum(share[kind]) / len(share[kind]) for kind in (True, False))
    assert clothing > 1.8 * other
    assert {returned.state for returned, _, _ in returns} == {"announced", "arrived", "refunded", "refused"}
    for returned, order, line in returns:
        assert order.delivered_at is not None
        assert timedelta(0) < returned.announced_at - order.delivered_at < timedelta(days=30)
        assert returned.announced_at <= NOW
        assert 1 <= returned.quantity <= line.quantity
        assert returned.amount_minor == returned.quantity * line.unit_price_minor
        assert returned.contact_id == order.contact_id
        assert (returned.refunded_at is not None) == (returned.state == "refunded")


def test_points(demo: Demo, shop: Shop):
    store, _ = demo
    assert shop.policy()["loyalty"]["points_per_euro"] == 1
    entries = everything(store, LoyaltyEntry)
    orders = {order.id: order for order in everything(store, Order)}
    earned: Counter[str] = Counter()
    for line in everything(store, OrderLine):
        earned[line.order_id] += line.quantity * line.unit_price_minor // 100
    balance: Counter[str] = Counter()
    for entry in entries:
        assert entry.order_id is not None
        balance[entry.contact_id] += entry.points
        delivered = orders[entry.order_id].delivered_at
        assert delivered is not None
        assert entry.at <= NOW
        if entry.reason == "order":
            assert (entry.points, entry.at) == (earned[entry.order_id], delivered)
        else:
            assert entry.points < 0
        if entry.reason == "expired":
            assert entry.at - delivered == timedelta(days=548)
    assert min(balance.values()) >= 0
    assert Counter(entry.reason for entry in entries).keys() == {"order", "return", "expired"}


def test_consents_and_no_conversations(demo: Demo):
    store, _ = demo
    consents = everything(store, Consent)
    with store.read() as session:
        assert session.scalar(select(func.count(Message.id))) == 0
    assert {consent.purpose for consent in consents} == {"newsletter", "win_back"}
    asked = [consent.granted for consent in consents if consent.purpose == "win_back"]
    assert len(asked) == 1204
    assert 0.65 < sum(asked) / len(asked) < 0.76
    assert max(consent.at for consent in consents) <= NOW.astimezone(UTC)


def test_the_process_can_be_changed(sqlite_store: Store):
    process = Process(chinese_share=1.0, cancelled_share=0.0)
    report = generate(sqlite_store, now=NOW, customers=30, process=process)
    assert report.contacts_zh == 32
    assert report.cancelled == 0

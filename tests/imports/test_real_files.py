"""The published files themselves, on SQLite. Every expected figure is worked out here by SQL or JSON of its own."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from time import process_time

import duckdb
import pytest
from sqlalchemy import func, select

from rapport.imports import run
from rapport.store import Contact, Order, OrderLine, Product, RejectedRow, Return, Store, Variant

# The rules of docs and module, written again as one query over the raw file.
RULES = """
CREATE VIEW judged AS SELECT *, CASE
  WHEN NOT regexp_full_match(InvoiceNo, 'C?[0-9]{6}') THEN 'invoice_number'
  WHEN upper(StockCode) IN ('POST','DOT','C2','M','D','S','B','BANK CHARGES','AMAZONFEE','CRUK') THEN 'not_goods'
  WHEN (InvoiceNo LIKE 'C%') <> (Quantity < 0) OR Quantity = 0 THEN 'quantity'
  WHEN UnitPrice < 0.005 THEN 'price'
  ELSE 'kept' END AS verdict
FROM read_parquet('{file}');
CREATE VIEW sold AS SELECT * FROM judged WHERE verdict = 'kept' AND InvoiceNo NOT LIKE 'C%';
CREATE VIEW reversed AS SELECT * FROM judged WHERE verdict = 'kept' AND InvoiceNo LIKE 'C%';
"""
MINOR = "CAST(sum(CAST(CAST(UnitPrice AS DECIMAL(12, 2)) * 100 AS BIGINT) * abs(Quantity)) AS BIGINT)"


@pytest.fixture(scope="module")
def retail(shared_data: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(RULES.replace("{file}", str(shared_data / "transactions" / "uci_online_retail.parquet")))
    return connection


def test_uci_online_retail(sqlite_store: Store, shared_data: Path, retail: duckdb.DuckDBPyConnection):
    def expected(sql: str) -> int:
        row = retail.execute(sql).fetchone()
        assert row is not None
        return int(row[0])

    began = process_time()
    report = run(sqlite_store, "online-retail", shared_data / "transactions" / "uci_online_retail.parquet")
    assert process_time() - began < 90

    verdicts = dict(retail.execute("SELECT verdict, count(*) FROM judged GROUP BY 1").fetchall())
    assert report.read == sum(verdicts.values()) == 541_909
    assert report.kept == verdicts.pop("kept")
    assert report.reasons == verdicts
    assert report.rejected == sum(verdicts.values())
    with sqlite_store.read() as session:

        def count(column) -> int:
            return session.scalar(select(func.count()).select_from(column)) or 0

        assert count(RejectedRow) == report.rejected
        assert count(Order) == expected("SELECT count(DISTINCT InvoiceNo) FROM sold")
        assert count(OrderLine) == expected("SELECT count(*) FROM sold")
        assert count(Return) == expected("SELECT count(*) FROM reversed")
        assert count(Order) + count(Return) < report.kept == count(OrderLine) + count(Return)
        everyone = "SELECT count(DISTINCT CustomerID) FROM judged WHERE verdict = 'kept'"
        assert count(Contact) == expected(everyone)
        assert count(Product) == count(Variant) == expected("SELECT count(DISTINCT upper(StockCode)) FROM sold")
        anonymous = select(func.count(Order.id)).where(Order.contact_id.is_(None))
        assert session.scalar(anonymous) == expected(
            "SELECT count(DISTINCT InvoiceNo) FROM sold WHERE CustomerID IS NULL"
        )
        assert session.scalar(select(func.sum(Order.total_minor))) == expected(f"SELECT {MINOR} FROM sold")
        assert session.scalar(select(func.sum(Return.amount_minor))) == expected(f"SELECT {MINOR} FROM reversed")
        lines = select(func.sum(OrderLine.quantity * OrderLine.unit_price_minor))
        assert session.scalar(lines) == expected(f"SELECT {MINOR} FROM sold")
        last = retail.execute("SELECT max(InvoiceDate) FROM sold").fetchone()
        assert last is not None
        newest = session.scalar(select(func.max(Order.placed_at)))
        assert newest is not None
        assert newest.replace(tzinfo=None) == last[0]  # December: London is at UTC
        biggest = retail.execute(f"SELECT CustomerID, {MINOR} AS m FROM sold WHERE CustomerID IS NOT NULL "
                                 "GROUP BY 1 ORDER BY m DESC LIMIT 5").fetchall()  # fmt: skip
        found = session.execute(
            select(Contact.external_id, func.sum(Order.total_minor).label("m"))
            .join(Order, Order.contact_id == Contact.id).group_by(Contact.external_id)
            .order_by(func.sum(Order.total_minor).desc()).limit(5)
        ).all()  # fmt: skip
        assert [tuple(row) for row in found] == [(f"uci-{key}", minor) for key, minor in biggest]
    assert run(sqlite_store, "online-retail", shared_data / "transactions" / "uci_online_retail.parquet").unchanged


def test_tau_bench(sqlite_store: Store, shared_data: Path):
    folder = shared_data / "dialogs" / "tau_bench_retail"
    users, products, orders = (
        json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
        for name in ("users", "products", "orders")
    )
    report = run(sqlite_store, "tau-bench", folder)
    variants = sum(len(product["variants"]) for product in products.values())
    assert report.read == report.kept == len(users) + variants + len(orders) == 500 + 591 + 1000
    assert report.rejected == 0
    with sqlite_store.read() as session:
        assert session.scalar(select(func.count(Contact.id))) == 500
        assert session.scalar(select(func.count(Product.id))) == 50
        assert session.scalar(select(func.count(Variant.id))) == 591
        states = dict(session.execute(select(Order.state, func.count()).group_by(Order.state)).tuples().all())
        published = Counter(order["status"] for order in orders.values())
        assert states == {
            "placed": published["pending"], "sent": published["processed"], "delivered": published["delivered"],
            "cancelled": published["cancelled"],
        }  # fmt: skip
        items = [item for order in orders.values() for item in order["items"]]
        assert session.scalar(select(func.count(OrderLine.id))) == len(items)
        paid = sum(
            round(payment["amount"] * 100)
            for order in orders.values()
            for payment in order["payment_history"]
            if payment["transaction_type"] == "payment"
        )
        assert session.scalar(select(func.sum(Order.total_minor))) == paid
        owner = session.execute(
            select(Order.number, Contact.external_id).join(Contact, Order.contact_id == Contact.id)
        ).all()
        assert {row.number: row.external_id for row in owner} == {
            number: f"tau-{order['user_id']}" for number, order in orders.items()
        }

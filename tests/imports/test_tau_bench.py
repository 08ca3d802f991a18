"""The 22 records of conftest, counted by hand, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from rapport.imports import run
from rapport.imports.tau_bench import REASONS, UNDATED
from rapport.store import Contact, Order, OrderLine, Problem, Product, RejectedRow, Return, Store, Variant

from .conftest import TAU, TAU_REASONS, write_tau


def test_counts(store: Store, tau_folder: Path, counts):
    report = run(store, "tau-bench", tau_folder)
    assert (report.read, report.kept, report.rejected) == (22, 11, 11)
    assert report.reasons == TAU_REASONS
    assert set(report.explained) <= set(REASONS)
    assert counts(store) == {
        "Contact": 2, "Product": 2, "Variant": 3, "Order": 6, "OrderLine": 9, "Return": 2,
        "ImportBatch": 1, "RejectedRow": 11,
    }  # fmt: skip


def test_users_are_contacts(store: Store, tau_folder: Path):
    run(store, "tau-bench", tau_folder)
    with store.read() as session:
        noah = session.scalars(select(Contact).where(Contact.external_id == "tau-noah")).one()
        assert (noah.name, noah.email, noah.country, noah.language) == ("Noah Brown", "noah@example.com", "US", "en")
        assert noah.properties == {
            "address": {
                "street": "1 A St",
                "more": "",
                "postcode": "8",
                "city": "Denver",
                "region": "CO",
                "country": "US",
            }
        }
        assert noah.created_at == UNDATED


def test_items_are_variants(store: Store, tau_folder: Path):
    run(store, "tau-bench", tau_folder)
    with store.read() as session:
        found = session.execute(
            select(Product.name, Variant.sku, Variant.price_minor, Variant.in_stock, Variant.options)
            .join(Variant)
            .order_by(Variant.sku)
        ).all()
        assert [tuple(row) for row in found] == [
            ("Mug", "tau-71", 1000, 1, {"capacity": "1l\ufffd"}),  # PostgreSQL would refuse the NUL
            ("T-Shirt", "tau-91", 5088, 1, {"size": "M"}),
            ("T-Shirt", "tau-92", 1999, 0, {"size": "L"}),
        ]  # fmt: skip


def test_orders_and_what_is_asked_back(store: Store, tau_folder: Path):
    run(store, "tau-bench", tau_folder)
    with store.read() as session:
        orders = session.scalars(select(Order).order_by(Order.number)).all()
        assert [(order.number, order.state, order.total_minor) for order in orders] == [
            ("#W1", "delivered", 6088),
            ("#W2", "placed", 1999),
            ("#W3", "sent", 1950),  # what was paid, not today's price
            ("#W4", "cancelled", 5088),
            ("#W5", "delivered", 11176),
            ("#W6", "delivered", 5088),
        ]
        assert [order.tracking_number for order in orders] == [None, None, "3579", None, None, None]
        assert {order.currency for order in orders} == {"USD"}
        returns = session.scalars(select(Return).order_by(Return.external_id)).all()
        # Of W5's two equal items only one was asked for.
        assert [(row.external_id, row.reason, row.state, row.amount_minor) for row in returns] == [
            ("tau-#W5-1", "return", "announced", 5088),
            ("tau-#W6-1", "exchange", "announced", 5088),
        ]
        line = session.get_one(OrderLine, returns[0].order_line_id)
        assert line.description == "T-Shirt, M"
        assert line.order_id == returns[0].order_id


def test_rejected_records_are_kept_as_they_were(store: Store, tau_folder: Path):
    run(store, "tau-bench", tau_folder)
    with store.read() as session:
        row = session.scalars(select(RejectedRow).where(RejectedRow.reason == "unknown_user")).one()
        assert row.row == {"file": "orders", "key": "#W7", "record": TAU["orders"]["#W7"]}
        assert row.row_number == 5 + 7 + 7


def test_plain_files_do_as_well(sqlite_store: Store, tmp_path: Path):
    for name, records in TAU.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(records))
    assert run(sqlite_store, "tau-bench", tmp_path).kept == 11


def test_text_that_no_database_takes(store: Store, tmp_path: Path):
    lone = {"users": {"u": {**TAU["users"]["noah"], "name": {"first_name": "A\ud800\x00B", "last_name": "C"}}}}
    bad = {"users": {"v": {"name": "\ud800\x00"}}}
    data = {"users": lone["users"] | bad["users"], "products": {}, "orders": {}}
    report = run(store, "tau-bench", write_tau(tmp_path / "t", data))
    assert (report.kept, report.rejected) == (1, 1)
    with store.read() as session:
        assert session.scalars(select(Contact.name)).one() == "A? B C"


def test_a_missing_file_is_named(sqlite_store: Store, tau_folder: Path):
    (tau_folder / "products.json.gz").unlink()
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "tau-bench", tau_folder)
    assert "products.json.gz" in caught.value.what
    assert caught.value.allowed == ("users.json.gz", "products.json.gz", "orders.json.gz")


def test_a_file_where_a_folder_is_wanted(sqlite_store: Store, tau_folder: Path):
    with pytest.raises(Problem, match="is not a folder"):
        run(sqlite_store, "tau-bench", tau_folder / "users.json.gz")


@pytest.mark.parametrize("content", [b"not gzip", b"\x1f\x8b\x08\x00broken"])
def test_a_broken_file_is_named(sqlite_store: Store, tau_folder: Path, content: bytes):
    (tau_folder / "orders.json.gz").write_bytes(content)
    with pytest.raises(Problem, match=r"orders\.json\.gz is not JSON"):
        run(sqlite_store, "tau-bench", tau_folder)


def test_a_list_is_not_a_shop(sqlite_store: Store, tau_folder: Path):
    (tau_folder / "orders.json.gz").unlink()
    (tau_folder / "orders.json").write_text("[]")
    with pytest.raises(Problem, match="holds a list"):
        run(sqlite_store, "tau-bench", tau_folder)

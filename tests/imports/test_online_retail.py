"""The 21 rows of conftest, counted by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from rapport.imports import run
from rapport.imports.online_retail import REASONS
from rapport.store import Contact, Order, OrderLine, Problem, Product, RejectedRow, Return, Store, Variant

from .conftest import RETAIL, RETAIL_REASONS, RETAIL_TYPES, write_parquet


def test_counts(store: Store, retail_file: Path, counts):
    report = run(store, "online-retail", retail_file)
    assert (report.read, report.kept, report.rejected) == (21, 12, 9)
    assert report.reasons == RETAIL_REASONS
    assert list(report.reasons)[:2] == ["not_goods", "price"]  # most first
    assert report.explained == {reason: REASONS[reason] for reason in RETAIL_REASONS}
    assert not report.unchanged
    assert counts(store) == {
        "Contact": 3, "Product": 3, "Variant": 3, "Order": 6, "OrderLine": 9, "Return": 3,
        "ImportBatch": 1, "RejectedRow": 9,
    }  # fmt: skip


def test_an_order_is_its_invoice(store: Store, retail_file: Path):
    run(store, "online-retail", retail_file)
    with store.read() as session:
        order = session.scalars(select(Order).where(Order.number == "536365")).one()
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        sold = sorted((line.quantity, line.unit_price_minor) for line in lines)
        assert sold == [(1, 255), (2, 339), (2, 339), (6, 255)]
        assert order.total_minor == 7 * 255 + 4 * 339
        assert order.currency == "GBP"
        assert order.state == "delivered"
        assert order.source == "uci-online-retail"
        assert order.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)  # the first minute of the two
        contact = session.get_one(Contact, order.contact_id)
        assert (contact.external_id, contact.country, contact.language) == ("uci-17850", "GB", "en")


def test_times_are_london_times_and_countries_are_codes(store: Store, retail_file: Path):
    run(store, "online-retail", retail_file)
    with store.read() as session:
        order = session.scalars(select(Order).where(Order.number == "536366")).one()
        assert order.placed_at == datetime(2011, 6, 1, 11, 0, tzinfo=UTC)  # noon in British summer time
        assert order.contact_id is None
        assert order.address == {"country": "IE", "country_name": "EIRE"}
        vague = session.scalars(select(Order).where(Order.number == "536369")).one()
        assert vague.address == {"country": "ZZ", "country_name": "Unspecified"}


def test_returns(store: Store, retail_file: Path):
    run(store, "online-retail", retail_file)
    with store.read() as session:
        returns = session.scalars(select(Return).order_by(Return.external_id)).all()
        assert [(row.external_id, row.quantity, row.amount_minor, row.state) for row in returns] == [
            ("uci-C536379-1-71053", 1, 375, "refunded"),
            ("uci-C536379-2-85123A", 2, 510, "refunded"),
            ("uci-C536380-1-71053", 1, 375, "refunded"),
        ]
        assert returns[0].contact_id is not None
        assert returns[2].contact_id is None
        assert {row.order_id for row in returns} == {None}


def test_products_are_named_by_habit_and_priced_by_the_last_sale(store: Store, retail_file: Path):
    run(store, "online-retail", retail_file)
    with store.read() as session:
        found = session.execute(
            select(Product.external_id, Product.name, Variant.price_minor).join(Variant).order_by(Product.external_id)
        ).all()
        assert [tuple(row) for row in found] == [
            ("uci-71053", "LANTERN", 375),
            ("uci-85123A", "WHITE HEART", 305),
            ("uci-GIFT_0001_20", "Voucher", 1702),
        ]
        nameless = session.scalars(select(OrderLine).join(Order).where(Order.number == "536369")).one()
        assert nameless.description == "LANTERN"


def test_rejected_rows_are_kept_as_they_were(store: Store, retail_file: Path):
    report = run(store, "online-retail", retail_file)
    with store.read() as session:
        rows = session.scalars(select(RejectedRow).where(RejectedRow.batch_id == report.batch_id)).all()
        by_number = {row.row_number: row for row in rows}
        assert set(by_number) == {3, 6, 7, 8, 11, 13, 14, 16, 19}
        assert by_number[3].row == {
            "InvoiceNo": "536365", "StockCode": "POST", "Description": "POSTAGE", "Quantity": 1,
            "InvoiceDate": "2010-12-01T08:26:00", "UnitPrice": 18.0, "CustomerID": 17850, "Country": "United Kingdom",
        }  # fmt: skip


def test_a_newer_file_adds_only_what_is_new(store: Store, retail_file: Path, tmp_path: Path, counts):
    run(store, "online-retail", retail_file)
    before = counts(store)
    later = [*RETAIL, ("536374", "71053", "LANTERN", 1, "2011-12-09 13:00:00", 3.39, 17850, "United Kingdom")]
    report = run(store, "online-retail", write_parquet(tmp_path / "later.parquet", later))
    assert (report.read, report.kept, report.rejected) == (22, 1, 21)
    # Invoices of which nothing was kept are judged anew. All rows of the others are there: 5 of 536365, 3 of C536379,
    # 2 each of 536369 and 536371, and one each of 536366, 536372, 536373 and C536380.
    assert report.reasons["already_in_store"] == 5 + 3 + 2 * 2 + 4
    after = counts(store)
    assert after["Order"] == before["Order"] + 1
    assert after["Contact"] == before["Contact"]
    assert after["Variant"] == before["Variant"]
    assert after["Return"] == before["Return"]


def test_floats_with_gaps_are_customer_numbers_too(sqlite_store: Store, tmp_path: Path):
    types = RETAIL_TYPES.replace("CustomerID INTEGER", "CustomerID DOUBLE")
    types = types.replace("Quantity INTEGER", "Quantity DOUBLE")
    row = ("536365", "85123A", "HEART", 6.0, "2010-12-01 08:26:00", 2.55, 17850.0, "France")
    rows = [row, ("536366", *row[1:6], float("nan"), "France"), ("536367", "85123A", "HEART", 1.5, *row[4:])]
    report = run(sqlite_store, "online-retail", write_parquet(tmp_path / "f.parquet", rows, types))
    assert (report.kept, report.reasons) == (2, {"quantity": 1})
    with sqlite_store.read() as session:
        assert session.scalars(select(Contact.external_id)).all() == ["uci-17850"]


@pytest.mark.parametrize(
    ("price", "minor"), [(0.29, 29), (1.004, 100), (8142.75, 814275), (float("inf"), None), (-1.0, None), (1e9, None)]
)
def test_prices(sqlite_store: Store, tmp_path: Path, price: float, minor: int | None):
    rows = [("536365", "85123A", "HEART", 1, "2010-12-01 08:26:00", price, 1, "France")]
    report = run(sqlite_store, "online-retail", write_parquet(tmp_path / "p.parquet", rows))
    with sqlite_store.read() as session:
        assert session.scalars(select(OrderLine.unit_price_minor)).all() == ([minor] if minor else [])
    assert report.reasons == ({} if minor else {"price": 1})


def test_a_file_without_rows_is_a_file(sqlite_store: Store, tmp_path: Path):
    report = run(sqlite_store, "online-retail", write_parquet(tmp_path / "empty.parquet", []))
    assert (report.read, report.kept, report.rejected) == (0, 0, 0)


def test_missing_columns_are_named(sqlite_store: Store, tmp_path: Path, counts):
    file = write_parquet(tmp_path / "x.parquet", [("536365", 2)], "InvoiceNo VARCHAR, Menge INTEGER")
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "online-retail", file)
    assert caught.value.code == "import_columns"
    assert "lacks the columns StockCode, Description, Quantity" in caught.value.what
    assert "InvoiceNo, Menge" in caught.value.what
    assert "UnitPrice" in caught.value.allowed
    assert counts(sqlite_store)["ImportBatch"] == 0


def test_columns_of_the_wrong_kind_are_named(sqlite_store: Store, tmp_path: Path):
    file = write_parquet(tmp_path / "x.parquet", [], RETAIL_TYPES.replace("UnitPrice DOUBLE", "UnitPrice VARCHAR"))
    with pytest.raises(Problem, match="UnitPrice VARCHAR, not numbers"):
        run(sqlite_store, "online-retail", file)


def test_what_is_not_parquet_is_refused(sqlite_store: Store, tmp_path: Path):
    file = tmp_path / "x.parquet"
    file.write_text("InvoiceNo,StockCode\n")
    with pytest.raises(Problem) as caught:
        run(sqlite_store, "online-retail", file)
    assert caught.value.code == "import_file"

"""Small files with known faults, and counting what an import left in the store."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import func, select

from rapport.store import (
    Contact,
    ImportBatch,
    Order,
    OrderLine,
    Product,
    RejectedRow,
    Return,
    Store,
    Variant,
)

RETAIL_TYPES = (
    "InvoiceNo VARCHAR, StockCode VARCHAR, Description VARCHAR, Quantity INTEGER, InvoiceDate TIMESTAMP, "
    "UnitPrice DOUBLE, CustomerID INTEGER, Country VARCHAR"
)
WINTER, SUMMER = "2010-12-01 08:26:00", "2011-06-01 12:00:00"
# 21 rows, 12 kept and 9 set aside; counted by hand, invoice by invoice.
RETAIL = [
    ("536365", "85123A", "WHITE HEART", 6, WINTER, 2.55, 17850, "United Kingdom"),
    ("536365", "71053", "LANTERN", 2, "2010-12-01 08:27:00", 3.39, 17850, "United Kingdom"),
    ("536365", "POST", "POSTAGE", 1, WINTER, 18.0, 17850, "United Kingdom"),  # not_goods
    ("536365", "85123a", "WHITE HEART", 1, WINTER, 2.55, 17850, "United Kingdom"),  # the same product
    ("536366", "71053", "LANTERN", 1, SUMMER, 3.75, None, "EIRE"),  # no customer
    ("536367", "71053", "damaged", -5, WINTER, 0.0, None, "United Kingdom"),  # quantity, before price
    ("536368", "71053", "LANTERN", 4, WINTER, 0.0, 17850, "United Kingdom"),  # price
    ("536368", "PADS", "PADS", 1, WINTER, 0.001, 17850, "United Kingdom"),  # price: rounds to nothing
    ("C536379", "71053", "LANTERN", -1, SUMMER, 3.75, 17850, "United Kingdom"),  # a return
    ("C536379", "85123A", "WHITE HEART", -2, SUMMER, 2.55, 17850, "United Kingdom"),
    ("C536379", "D", "Discount", -1, SUMMER, 27.5, 17850, "United Kingdom"),  # not_goods
    ("C536380", "71053", "LANTERN", -1, SUMMER, 3.75, None, "United Kingdom"),  # a return without customer
    ("A563185", "B", "Adjust bad debt", 1, WINTER, 11062.06, None, "United Kingdom"),  # invoice_number
    ("536369", "??", "what", 1, WINTER, 1.0, 12431, "Belgium"),  # stock_code
    ("536369", "71053", None, 3, WINTER, 3.39, 12431, "Unspecified"),  # no description: the product's name
    ("536370", "71053", "LANTERN", 1, None, 3.39, 12431, "Belgium"),  # date
    ("536371", "gift_0001_20", "Voucher", 1, WINTER, 17.02, 12431, "Australia"),
    ("536365", "71053", "LANTERN", 2, WINTER, 3.39, 17850, "United Kingdom"),  # later in the file, and twice
    ("536371", "71053", "LANTERN", 1, WINTER, 3.39, 17850, "Australia"),  # customer
    ("536372", "85123A", "WHITE HEART", 1, WINTER, 2.95, 99999, "Bahrain"),
    ("536373", "85123A", "WHITE  HEART", 1, "2011-12-09 12:50:00", 3.05, 99999, "Bahrain"),
]
RETAIL_REASONS = {
    "not_goods": 2, "price": 2, "customer": 1, "date": 1, "invoice_number": 1, "quantity": 1, "stock_code": 1,
}  # fmt: skip


def write_parquet(file: Path, rows: list[tuple[Any, ...]], types: str = RETAIL_TYPES) -> Path:
    """Write rows as parquet."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({types})")
        if rows:
            connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    return file


@pytest.fixture
def retail_file(tmp_path: Path) -> Path:
    """The 21 rows as parquet."""
    return write_parquet(tmp_path / "retail.parquet", RETAIL)


def _user(first: str, email: str) -> dict[str, Any]:
    return {
        "name": {"first_name": first, "last_name": "Brown"},
        "address": {
            "address1": "1 A St",
            "address2": "",
            "city": "Denver",
            "country": "USA",
            "state": "CO",
            "zip": "8",
        },
        "email": email,
        "payment_methods": {"p1": {"source": "paypal", "id": "p1"}},
        "orders": [],
    }


def _order(user: str, status: str, *items: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "user_id": user,
        "status": status,
        "items": [
            {"name": "T-Shirt", "product_id": "9", "item_id": item, "price": price, "options": {"size": "M"}}
            for item, price in items
        ],
        "address": {"address1": "2 B St", "city": "Austin", "country": "USA", "state": "TX", "zip": "7"},
        "fulfillments": [],
        **more,
    }


# 5 users, 7 item rows, 10 orders: 22 rows, 11 kept and 11 set aside.
TAU = {
    "users": {
        "noah": _user("Noah", "Noah@Example.com"),
        "ivan": _user("Ivan", "ivan@example.com"),
        "nobody": {"email": "x@example.com"},  # shape
        "bad mail": _user("Bad", "no-address"),  # shape: the key has a space
        "mailless": _user("Mailless", "no-address"),  # email
    },
    "products": {
        "9": {
            "name": "T-Shirt",
            "variants": {
                "91": {"item_id": "91", "options": {"size": "M"}, "available": True, "price": 50.88},
                "92": {"item_id": "92", "options": {"size": "L"}, "available": False, "price": 19.99},
                "93": {"item_id": "93", "options": {"size": "S"}, "available": True, "price": "free"},  # price
                "94": {"item_id": "94", "options": {"size": "S"}, "available": True, "price": -3},  # price
            },
        },
        "8": {"name": "Empty", "variants": {}},  # no_items
        "7": {"name": "Mug", "variants": {"71": {"options": {"capacity": "1l\x00"}, "available": True, "price": 10}}},
        "6": "nonsense",  # shape
    },
    "orders": {
        "#W1": _order("noah", "delivered", ("91", 50.88), ("71", 10.0)),
        "#W2": _order("noah", "pending", ("92", 19.99)),
        "#W3": _order("ivan", "processed", ("92", 19.5), fulfillments=[{"tracking_id": ["3579"], "item_ids": ["92"]}]),
        "#W4": _order("ivan", "cancelled", ("91", 50.88)),
        "#W5": _order("ivan", "return requested", ("91", 50.88), ("91", 50.88), ("71", 10.0), return_items=["91"]),
        "#W6": _order("ivan", "exchange requested", ("91", 50.88), exchange_items=["91"], exchange_new_items=["92"]),
        "#W7": _order("stranger", "pending", ("91", 50.88)),  # unknown_user
        "#W8": _order("noah", "pending", ("93", 1.0)),  # unknown_item: it was set aside
        "#W9": _order("noah", "vanished", ("91", 50.88)),  # status
        "#W10": _order("noah", "pending"),  # no_items
    },
}
TAU_REASONS = {
    "shape": 3, "no_items": 2, "price": 2, "email": 1, "status": 1, "unknown_item": 1, "unknown_user": 1,
}  # fmt: skip


def write_tau(folder: Path, data: dict[str, Any]) -> Path:
    """Write the three files, packed."""
    folder.mkdir(exist_ok=True)
    for name, records in data.items():
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(records).encode(), mtime=0))
    return folder


@pytest.fixture
def tau_folder(tmp_path: Path) -> Path:
    """The small tau-bench shop."""
    return write_tau(tmp_path / "tau", TAU)


@pytest.fixture
def counts() -> Callable[[Store], dict[str, int]]:
    """Rows by table."""
    tables = (Contact, Product, Variant, Order, OrderLine, Return, ImportBatch, RejectedRow)

    def count(store: Store) -> dict[str, int]:
        with store.read() as session:
            return {table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}

    return count

"""tau-bench retail: users, products and orders of a fictive shop, three JSON files in a folder.

What becomes what: a user is a contact, a product with its items a product with variants, an order an order; each user,
item and order is one row. pending -> placed, processed -> sent (it has a tracking number), delivered, cancelled stay;
"return requested" and "exchange requested" are delivered orders with one announced return per item asked for. The files
hold no dates: everything is dated :data:`UNDATED`, so leave this source out of figures over time. They hold no stock
either, only whether an item is available: 1 or 0. Payment methods are not taken: nothing here needs them. Prices are
US dollars. What is set aside, and why, is in :data:`REASONS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.store import Contact, Order, Problem, Product, Variant

from .country import country_code
from .source import Rejected, json_safe, minor_units, one_line
from .stable_id import stable_id
from .tables import Tables
from .tau_bench_file import NAMES, Record, find, flat, load

SOURCE = "tau-bench"
CURRENCY = "USD"
UNDATED = datetime(2024, 1, 1, tzinfo=UTC)
REASONS = {
    "shape": "The record is not an object with the fields it needs.",
    "email": "The user's e-mail address is missing or not one.",
    "price": "A price is missing, not a number, or not above zero.",
    "no_items": "The product or order has no items.",
    "unknown_user": "The order's user is not among the users taken.",
    "unknown_item": "The order holds an item that is not among the items taken.",
    "status": "The order's status is not one of those known.",
    "already_in_store": "It is in the store already, from another file.",
}

_STATES = {
    "pending": "placed",
    "pending (item modified)": "placed",
    "pending (items modified)": "placed",
    "processed": "sent",
    "delivered": "delivered",
    "cancelled": "cancelled",
    "return requested": "delivered",
    "exchange requested": "delivered",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_KEY = re.compile(r"[\w#.:/-]{1,60}")


def _text(value: Any) -> str:
    return one_line(value) if isinstance(value, str | int) else ""


def _address(value: Any) -> dict[str, Any]:
    raw = value if isinstance(value, dict) else {}
    return {
        "street": _text(raw.get("address1")),
        "more": _text(raw.get("address2")),
        "postcode": _text(raw.get("zip")),
        "city": _text(raw.get("city")),
        "region": _text(raw.get("state")),
        "country": country_code(_text(raw.get("country"))),
    }


class TauBench:
    """The three files, read.

    :raises OSError: when one cannot be read.
    :raises Problem: when one is missing or not JSON.
    """

    reasons: ClassVar[Mapping[str, str]] = REASONS

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise Problem(
                f"{path} is not a folder.",
                allowed=[f"{name}.json.gz" for name in NAMES],
                next_step="Give the folder that holds these three files.",
                code="import_file",
            )
        self.files: Sequence[Path] = [find(path, name) for name in NAMES]
        loaded = {name: load(file) for name, file in zip(NAMES, self.files, strict=True)}
        self._records = [Record(place, *row) for place, row in enumerate(flat(loaded), start=1)]
        self.total = len(self._records)
        self._contacts: dict[str, str] = {}
        self._products: dict[str, str] = {}
        self._variants: dict[str, str] = {}
        self._orders: set[str] = set()

    def close(self) -> None:
        """Nothing stays open."""

    def pieces(self, start: int, size: int) -> Iterator[Sequence[Record]]:
        """Runs of records, in the order users, items, orders."""
        for at in range(start, self.total, size):
            yield self._records[at : at + size]

    def begin(self, session: Session) -> None:
        """Look up what earlier runs and files left."""
        known = session.execute(select(Contact.external_id, Contact.id).where(Contact.source == SOURCE))
        self._contacts = {row[0]: row[1] for row in known}
        known = session.execute(select(Product.external_id, Product.id).where(Product.source == SOURCE))
        self._products = {row[0]: row[1] for row in known}
        items = session.execute(select(Variant.sku, Variant.id).join(Product).where(Product.source == SOURCE))
        self._variants = {row[0]: row[1] for row in items}
        self._orders = set(session.scalars(select(Order.number)))

    def write(self, session: Session, rows: Sequence[Record]) -> list[Rejected]:
        """Write a run of records."""
        tables = Tables()
        take = {"users": self._user, "products": self._item, "orders": self._order}
        rejected = []
        for row in rows:
            reason = take[row.file](tables, row) if _KEY.fullmatch(row.key) else "shape"
            if reason:
                raw = json_safe({"file": row.file, "key": row.key, "record": row.value})
                rejected.append(Rejected(row.number, reason, raw))
        tables.insert(session)
        return rejected

    def _user(self, tables: Tables, row: Record) -> str | None:
        user = row.value
        name = user.get("name") if isinstance(user, dict) else None
        full = _text(f"{name.get('first_name') or ''} {name.get('last_name') or ''}") if isinstance(name, dict) else ""
        if not full:
            return "shape"
        email = _text(user.get("email")).lower()
        if not _EMAIL.fullmatch(email):
            return "email"
        key = f"tau-{row.key}"
        if key in self._contacts:
            return "already_in_store"
        address = _address(user.get("address"))
        self._contacts[key] = stable_id("cus", UNDATED, SOURCE, key)
        tables.contacts.append({
            "id": self._contacts[key], "external_id": key, "name": full, "email": email, "phone": None,
            "language": "en", "country": address["country"], "source": SOURCE, "properties": {"address": address},
            "created_at": UNDATED,
        })  # fmt: skip
        return None

    def _item(self, tables: Tables, row: Record) -> str | None:
        value = row.value
        if not isinstance(value, dict) or not _text(value.get("name")):
            return "shape"
        if "item_id" not in value:
            return "no_items"
        item, name = value["item"], _text(value["name"])
        if not isinstance(item, dict) or not isinstance(item.get("options"), dict):
            return "shape"
        if not _KEY.fullmatch(value["item_id"]):
            return "shape"
        price = minor_units(item.get("price"))
        if price is None or price < 1:
            return "price"
        key, sku = f"tau-{row.key}", f"tau-{value['item_id']}"
        if sku in self._variants:
            return "already_in_store"
        if key not in self._products:
            self._products[key] = stable_id("pro", UNDATED, SOURCE, key)
            tables.products.append({
                "id": self._products[key], "external_id": key, "name": name, "names": {"en": name},
                "category": "general", "source": SOURCE, "created_at": UNDATED,
            })  # fmt: skip
        self._variants[sku] = stable_id("var", UNDATED, SOURCE, sku)
        tables.variants.append({
            "id": self._variants[sku], "product_id": self._products[key], "sku": sku,
            "options": json_safe(item["options"]), "price_minor": price, "currency": CURRENCY,
            "in_stock": int(item.get("available") is True),
        })  # fmt: skip
        return None

    def _order(self, tables: Tables, row: Record) -> str | None:
        order = row.value
        items = order.get("items") if isinstance(order, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return "shape"
        fault = self._order_fault(row.key, order, items)
        if fault:
            return fault
        order_id = stable_id("ord", UNDATED, SOURCE, row.key)
        contact_id = self._contacts[f"tau-{order['user_id']}"]
        self._orders.add(row.key)
        lines = [self._line(order_id, place, item) for place, item in enumerate(items, start=1)]
        tables.orders.append({
            "id": order_id, "number": row.key, "contact_id": contact_id, "state": _STATES[order["status"]],
            "placed_at": UNDATED, "sent_at": None, "promised_from": None, "promised_to": None, "delivered_at": None,
            "carrier": None, "tracking_number": _tracking(order),
            "total_minor": sum(line["unit_price_minor"] for line in lines), "currency": CURRENCY,
            "address": _address(order.get("address")), "source": SOURCE,
        })  # fmt: skip
        tables.lines.extend(lines)
        self._announce(tables, row.key, order, contact_id, list(zip(items, lines, strict=True)))
        return None

    def _order_fault(self, number: str, order: dict[str, Any], items: list[dict[str, Any]]) -> str | None:
        if not items:
            return "no_items"
        if order.get("status") not in _STATES:
            return "status"
        if f"tau-{order.get('user_id')}" not in self._contacts:
            return "unknown_user"
        if any(f"tau-{item.get('item_id')}" not in self._variants for item in items):
            return "unknown_item"
        if any((minor_units(item.get("price")) or 0) < 1 for item in items):
            return "price"
        return "already_in_store" if number in self._orders else None

    def _line(self, order_id: str, place: int, item: dict[str, Any]) -> dict[str, Any]:
        options = item.get("options")
        chosen = ", ".join(map(str, options.values())) if isinstance(options, dict) else ""
        return {
            "id": stable_id("oln", UNDATED, SOURCE, order_id, place),
            "order_id": order_id,
            "variant_id": self._variants[f"tau-{item['item_id']}"],
            "description": one_line(f"{_text(item.get('name'))}, {chosen}".strip(", ")),
            "quantity": 1,
            "unit_price_minor": minor_units(item["price"]),
        }

    @staticmethod
    def _announce(
        tables: Tables, number: str, order: dict[str, Any], contact_id: str, lines: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        """A return for each item asked to be taken back; an item asked for twice takes two lines."""
        kind = str(order["status"]).removesuffix(" requested")
        if kind not in ("return", "exchange"):
            return
        asked = order.get(f"{kind}_items")
        left = [str(item_id) for item_id in asked] if isinstance(asked, list) else []
        for place, (item, line) in enumerate(lines, start=1):
            if str(item["item_id"]) not in left:
                continue
            left.remove(str(item["item_id"]))
            tables.returns.append({
                "id": stable_id("ret", UNDATED, SOURCE, number, place), "external_id": f"tau-{number}-{place}",
                "order_id": line["order_id"], "order_line_id": line["id"], "contact_id": contact_id, "quantity": 1,
                "amount_minor": line["unit_price_minor"], "currency": CURRENCY, "reason": kind,
                "state": "announced", "announced_at": UNDATED, "refunded_at": None,
            })  # fmt: skip


def _tracking(order: dict[str, Any]) -> str | None:
    for sent in order.get("fulfillments") or ():
        numbers = sent.get("tracking_id") if isinstance(sent, dict) else None
        if isinstance(numbers, list) and numbers:
            return _text(numbers[0])[:64] or None
    return None

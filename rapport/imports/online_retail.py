"""UCI Online Retail: every line item of a UK gift shop, one parquet file.

What becomes what: an invoice is an order (delivered: the file knows nothing else), its rows are order lines; a row of
an invoice that starts with C is a return, refunded at once, linked to its customer but to no order, because the file
does not say which invoice it reverses. A row without a customer makes an order without a contact. Stock codes that
differ only in case are one product with one variant, named as it is named most often, priced as it was sold last.
Times are the shop's, Europe/London. Prices are pounds, rounded to pence. Identical rows are kept: a till scans twice
what is bought twice. What is set aside, and why, is in :data:`REASONS`; the first reason that fits is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from rapport.store import Contact, Order, Product, Return, Variant

from .country import country_code
from .online_retail_file import COLUMNS, OnlineRetailFile, Row
from .source import Rejected, json_safe, minor_units, one_line, whole_number
from .stable_id import stable_id
from .tables import Tables

SOURCE = "uci-online-retail"
CURRENCY = "GBP"
SHOP_TIME = ZoneInfo("Europe/London")
REASONS = {
    "invoice_number": "The invoice number is not six digits, with or without C before them (A: bad-debt bookings).",
    "date": "The invoice date is missing or not a time.",
    "not_goods": "The code stands for postage, a fee, a discount, a sample or a manual booking, not for goods.",
    "stock_code": "The stock code is missing or not one of the forms the shop uses for goods.",
    "quantity": "The quantity is not a whole number, or its sign does not go with the invoice: write-offs, mostly.",
    "price": "The price is not a number, is below one penny, or is larger than any sale.",
    "customer": "The customer is not a number, or another one than the invoice began with.",
    "already_in_store": "An order or return of this number is in the store already, from another file.",
}

_INVOICE = re.compile(r"C?\d{6}")
_GOODS = re.compile(r"\d{5}[A-Z]{0,2}|DCGS\w{1,16}|GIFT_\d{4}_\d{2}|PADS")
_NOT_GOODS = frozenset({"POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"})


class _Line(NamedTuple):
    row: Row
    code: str
    quantity: int
    price_minor: int
    at: datetime
    customer: int | None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time()) if isinstance(value, date) else None


def _utc(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=SHOP_TIME)).astimezone(UTC)


def _check(row: Row, first: _Line | None) -> _Line | str:
    """The row as a line of the invoice that ``first`` began, or the reason it cannot be one."""
    if not isinstance(row.invoice, str) or not _INVOICE.fullmatch(row.invoice):
        return "invoice_number"
    at = _moment(row.at)
    if at is None:
        return "date"
    code = str(row.code or "").strip().upper()
    if code in _NOT_GOODS:
        return "not_goods"
    if not _GOODS.fullmatch(code):
        return "stock_code"
    quantity = whole_number(row.quantity)
    if not quantity or (quantity < 0) != row.invoice.startswith("C"):
        return "quantity"
    price = minor_units(row.price)
    if price is None or price < 1:
        return "price"
    known = row.customer is not None and row.customer == row.customer  # NaN: a column of floats with gaps
    customer = whole_number(row.customer) if known else None
    if (known and customer is None) or (first is not None and customer != first.customer):
        return "customer"
    return _Line(row, code, quantity, price, at, customer)


class OnlineRetail:
    """The file, open.

    :raises OSError: when it cannot be read.
    :raises Problem: when it is not parquet or lacks a column.
    """

    reasons: ClassVar[Mapping[str, str]] = REASONS

    def __init__(self, path: Path) -> None:
        self._file = OnlineRetailFile(path)
        self.files: Sequence[Path] = (path,)
        self.total = self._file.total
        self._names: dict[str, str] = {}
        self._prices: dict[str, float] = {}
        self._contacts: dict[str, str] = {}
        self._variants: dict[str, str] = {}
        self._invoices: set[str] = set()

    def close(self) -> None:
        """Give back the file."""
        self._file.close()

    def pieces(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        """Whole invoices, in the order of their first rows."""
        piece: list[Row] = []
        for _, invoice in groupby(self._file.rows(start), key=lambda row: row.invoice):
            piece.extend(invoice)
            if len(piece) >= size:
                yield piece
                piece = []
        if piece:
            yield piece

    def begin(self, session: Session) -> None:
        """Look up what earlier runs and files left, so that nothing is written twice."""
        self._names, self._prices = self._file.names(), self._file.prices()
        known = session.execute(select(Contact.external_id, Contact.id).where(Contact.source == SOURCE))
        self._contacts = {row[0]: row[1] for row in known}
        bought = session.execute(select(Variant.sku, Variant.id).join(Product).where(Product.source == SOURCE))
        self._variants = {row[0]: row[1] for row in bought}
        self._invoices = set(session.scalars(select(Order.number)))
        returned = select(Return.external_id).where(Return.external_id.like("uci-%"))
        self._invoices.update(key.split("-")[1] for key in session.scalars(returned) if key)

    def write(self, session: Session, rows: Sequence[Row]) -> list[Rejected]:
        """Write whole invoices."""
        rejected: list[Rejected] = []
        tables = Tables()
        for invoice, group in groupby(rows, key=lambda row: row.invoice):
            lines: list[_Line] = []
            for row in group:
                first = lines[0] if lines else None
                checked = "already_in_store" if invoice in self._invoices else _check(row, first)
                if isinstance(checked, str):
                    raw = json_safe(dict(zip(COLUMNS, row[1:], strict=True)))
                    rejected.append(Rejected(row.number, checked, raw))
                else:
                    lines.append(checked)
            if lines:
                self._invoice(tables, invoice, lines)
        tables.insert(session)
        return rejected

    def _invoice(self, tables: Tables, invoice: str, lines: list[_Line]) -> None:
        at = _utc(min(line.at for line in lines))
        contact_id = self._contact(tables, lines[0], at)
        self._invoices.add(invoice)
        if invoice.startswith("C"):
            for place, line in enumerate(lines, start=1):
                tables.returns.append({
                    "id": stable_id("ret", at, SOURCE, invoice, place),
                    "external_id": f"uci-{invoice}-{place}-{line.code}",
                    "order_id": None, "order_line_id": None, "contact_id": contact_id,
                    "quantity": -line.quantity, "amount_minor": -line.quantity * line.price_minor,
                    "currency": CURRENCY, "reason": "cancelled_invoice", "state": "refunded",
                    "announced_at": at, "refunded_at": at,
                })  # fmt: skip
            return
        order_id = stable_id("ord", at, SOURCE, invoice)
        country = one_line(lines[0].row.country)
        tables.orders.append({
            "id": order_id, "number": invoice, "contact_id": contact_id, "state": "delivered", "placed_at": at,
            "sent_at": None, "promised_from": None, "promised_to": None, "delivered_at": None,
            "carrier": None, "tracking_number": None,
            "total_minor": sum(line.quantity * line.price_minor for line in lines), "currency": CURRENCY,
            "address": {"country": country_code(country), "country_name": country}, "source": SOURCE,
        })  # fmt: skip
        for place, line in enumerate(lines, start=1):
            tables.lines.append({
                "id": stable_id("oln", at, SOURCE, invoice, place), "order_id": order_id,
                "variant_id": self._variant(tables, line.code, at),
                "description": one_line(line.row.description) or one_line(self._names.get(line.code)) or line.code,
                "quantity": line.quantity, "unit_price_minor": line.price_minor,
            })  # fmt: skip

    def _contact(self, tables: Tables, line: _Line, at: datetime) -> str | None:
        if line.customer is None:
            return None
        key = f"uci-{line.customer}"
        if key not in self._contacts:
            country = one_line(line.row.country)
            self._contacts[key] = stable_id("cus", at, SOURCE, key)
            tables.contacts.append({
                "id": self._contacts[key], "external_id": key, "name": f"Customer {line.customer}", "email": None,
                "phone": None, "language": "en", "country": country_code(country), "source": SOURCE,
                "properties": {"country_name": country}, "created_at": at,
            })  # fmt: skip
        return self._contacts[key]

    def _variant(self, tables: Tables, code: str, at: datetime) -> str:
        key = f"uci-{code}"
        if key not in self._variants:
            name = one_line(self._names.get(code)) or code
            product_id = stable_id("pro", at, SOURCE, key)
            self._variants[key] = stable_id("var", at, SOURCE, key)
            tables.products.append({
                "id": product_id, "external_id": key, "name": name, "names": {"en": name}, "category": "gifts",
                "source": SOURCE, "created_at": at,
            })  # fmt: skip
            tables.variants.append({
                "id": self._variants[key], "product_id": product_id, "sku": key, "options": {},
                "price_minor": minor_units(self._prices.get(code)) or 0, "currency": CURRENCY, "in_stock": 0,
            })  # fmt: skip
        return self._variants[key]

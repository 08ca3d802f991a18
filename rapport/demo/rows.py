"""From drawn things to rows of the store. Ids follow from the seed and what they name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from rapport.imports.source import insert_rows
from rapport.imports.stable_id import stable_id
from rapport.store import Base, Consent, Contact, LoyaltyEntry, Order, OrderLine, Product, Return, Variant

from .aftermath import points
from .catalogue import ITEMS, choices
from .customer import Customer
from .process import Process
from .purchase import Purchase

SOURCE = "demo"
CURRENCY = "EUR"
Row = dict[str, Any]


class Rows:
    """Everything the demo shop puts into the store.

    :param seed: what the ids are drawn from.
    :param now: what has not happened by then is left out.
    """

    def __init__(self, seed: int, now: datetime) -> None:
        self.seed = seed
        self.now = now
        self.tables: dict[type[Base], list[Row]] = {
            table: [] for table in (Product, Variant, Contact, Consent, Order, OrderLine, Return, LoyaltyEntry)
        }
        self._variants: dict[str, str] = {}
        self._returns = 0

    def _id(self, prefix: str, at: datetime, *parts: object) -> str:
        return stable_id(prefix, at, SOURCE, self.seed, *parts)

    def catalogue(self, process: Process, random: Random, opened: datetime) -> None:
        """All products and variants, with stock."""
        for item in ITEMS:
            product_id = self._id("pro", opened, item.key)
            self.tables[Product].append({
                "id": product_id, "external_id": item.key, "name": item.en, "names": {"en": item.en, "zh": item.zh},
                "category": item.category, "source": SOURCE, "created_at": opened,
            })  # fmt: skip
            for choice in choices(item):
                self._variants[choice.sku] = self._id("var", opened, choice.sku)
                sold_out = random.random() < process.out_of_stock_share
                self.tables[Variant].append({
                    "id": self._variants[choice.sku], "product_id": product_id, "sku": choice.sku,
                    "options": choice.options, "price_minor": choice.price_minor, "currency": CURRENCY,
                    "in_stock": 0 if sold_out else random.randint(2, 60),
                })  # fmt: skip

    def customer(self, customer: Customer, since: datetime, consents: Iterable[tuple[str, bool, datetime]]) -> None:
        """A contact and what it said yes or no to, as (purpose, granted, at)."""
        contact_id = self._id("cus", since, customer.external_id)
        self.tables[Contact].append({
            "id": contact_id, "external_id": customer.external_id, "name": customer.name, "email": customer.email,
            "phone": None, "language": customer.language, "country": customer.country, "source": SOURCE,
            "properties": {"address": customer.address}, "created_at": since,
        })  # fmt: skip
        for purpose, granted, at in consents:
            self.tables[Consent].append({
                "id": self._id("cst", at, customer.external_id, purpose, granted), "contact_id": contact_id,
                "purpose": purpose, "granted": granted, "source": "checkout", "at": at,
            })  # fmt: skip

    def purchase(self, purchase: Purchase, since: datetime) -> None:
        """A numbered order with its lines, returns and points, as they stand at ``now``."""
        customer, now, placed = purchase.customer, self.now, purchase.placed_at
        contact_id = self._id("cus", since, customer.external_id)
        order_id = self._id("ord", placed, purchase.number)
        state = purchase.state(now)
        sent = state in ("sent", "delivered")
        self.tables[Order].append({
            "id": order_id, "number": purchase.number, "contact_id": contact_id, "state": state, "placed_at": placed,
            "sent_at": purchase.sent_at if sent else None,
            "promised_from": purchase.promised_from, "promised_to": purchase.promised_to,
            "delivered_at": purchase.delivered_at if state == "delivered" else None,
            "carrier": purchase.carrier if sent else None,
            "tracking_number": purchase.tracking_number if sent else None,
            "total_minor": purchase.total_minor, "currency": CURRENCY,
            "address": {"name": customer.name, **customer.address}, "source": SOURCE,
        })  # fmt: skip
        line_ids = [self._id("oln", placed, purchase.number, place) for place in range(len(purchase.lines))]
        for line_id, line in zip(line_ids, purchase.lines, strict=True):
            self.tables[OrderLine].append({
                "id": line_id, "order_id": order_id, "variant_id": self._variants[line.choice.sku],
                "description": line.choice.description(customer.language), "quantity": line.quantity,
                "unit_price_minor": line.unit_price_minor,
            })  # fmt: skip
        if state == "delivered":
            self._reversals(purchase, order_id, contact_id, line_ids)
        for place, entry in enumerate(points(purchase, now)):
            self.tables[LoyaltyEntry].append({
                "id": self._id("loy", entry.at, purchase.number, place), "contact_id": contact_id,
                "points": entry.points, "reason": entry.reason, "order_id": order_id, "at": entry.at,
            })  # fmt: skip

    def _reversals(self, purchase: Purchase, order_id: str, contact_id: str, line_ids: list[str]) -> None:
        for reversal in purchase.returns:
            if reversal.announced_at > self.now:
                continue
            self._returns += 1
            number = f"RT{100_000 + self._returns}"
            state = reversal.state(self.now)
            self.tables[Return].append({
                "id": self._id("ret", reversal.announced_at, number), "external_id": number, "order_id": order_id,
                "order_line_id": line_ids[reversal.line], "contact_id": contact_id, "quantity": reversal.quantity,
                "amount_minor": reversal.amount_minor, "currency": CURRENCY, "reason": reversal.reason, "state": state,
                "announced_at": reversal.announced_at,
                "refunded_at": reversal.settled_at if state == "refunded" else None,
            })  # fmt: skip

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.tables.values()))

    def sha256(self) -> str:
        """A checksum of all rows."""
        digest = hashlib.sha256()
        for table, rows in self.tables.items():
            digest.update(table.__name__.encode())
            digest.update(json.dumps(rows, default=str, sort_keys=True).encode())
        return digest.hexdigest()

    def insert(self, session: Session) -> None:
        """Insert everything, parents first."""
        for table, rows in self.tables.items():
            insert_rows(session, table, rows)


def consents(process: Process, random: Random, since: datetime, now: datetime) -> list[tuple[str, bool, datetime]]:
    """A customer's answers at the first order, and a later change of mind."""
    newsletter = random.random() < process.newsletter_share
    given = [("newsletter", newsletter, since), ("win_back", random.random() < process.win_back_share, since)]
    withdrawn = since + timedelta(days=random.uniform(5, 360))
    if newsletter and random.random() < process.newsletter_withdrawn_share and withdrawn <= now:
        given.append(("newsletter", False, withdrawn))
    return given

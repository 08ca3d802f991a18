"""Rows on their way into the store."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from rapport.store import Contact, Order, OrderLine, Product, Return, Variant

from .source import insert_rows

Row = dict[str, Any]


class Tables:
    """Rows to insert, table by table; all rows of a table have the same keys."""

    def __init__(self) -> None:
        self.contacts: list[Row] = []
        self.products: list[Row] = []
        self.variants: list[Row] = []
        self.orders: list[Row] = []
        self.lines: list[Row] = []
        self.returns: list[Row] = []

    def insert(self, session: Session) -> None:
        """Insert everything in the session's transaction, parents first."""
        insert_rows(session, Contact, self.contacts)
        insert_rows(session, Product, self.products)
        insert_rows(session, Variant, self.variants)
        insert_rows(session, Order, self.orders)
        insert_rows(session, OrderLine, self.lines)
        insert_rows(session, Return, self.returns)

"""One generated shop, shared by the tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from sqlalchemy import Select, select

from rapport.demo import DemoReport, generate
from rapport.store import Base, Store, schema

Table = TypeVar("Table", bound=Base)

# A Wednesday afternoon, so that orders are at every stage; docs/demo-shop.md gives the figures of this moment.
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, DemoReport]]:
    """The demo shop with its default seed and size."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'store.sqlite'}")
    schema.upgrade(store)
    yield store, generate(store, now=NOW)
    store.close()


def everything(store: Store, table: type[Table]) -> list[Table]:
    """All rows of a table, usable after the session."""
    with store.read() as session:
        found = list(session.scalars(select(table)))
        session.expunge_all()
        return found


def pairs(store: Store, query: Select[Any]) -> dict[Any, Any]:
    """A query of two columns as a dictionary."""
    with store.read() as session:
        return {row[0]: row[1] for row in session.execute(query)}

"""A store with two customers."""

from __future__ import annotations

import pytest

from rapport.store import Store
from tests.customers.people import Outbox, settle


@pytest.fixture
def shopful(store: Store) -> Store:
    """The store on both databases, with customers and orders."""
    settle(store)
    return store


@pytest.fixture
def outbox() -> Outbox:
    """Where codes go."""
    return Outbox()

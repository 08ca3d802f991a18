"""The demo never touches a real shop."""

from __future__ import annotations

import pytest

from rapport.cli.demo import fill
from rapport.shop import Shop
from rapport.store import Contact, Problem, Store, new_id


def test_a_shop_with_real_customers_is_refused_and_untouched(shop: Shop, sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        session.add(Contact(id=new_id("cus"), name="Ada", language="en", country="DE", source="uci-online-retail"))
    with pytest.raises(Problem) as caught:
        fill(shop, sqlite_store, 60)
    assert caught.value.code == "shop_is_real"
    with sqlite_store.read() as session:
        assert session.query(Contact).count() == 1


def test_filling_twice_changes_nothing(shop: Shop, sqlite_store: Store) -> None:
    for _ in range(2):
        fill(shop, sqlite_store, 60)
        with sqlite_store.read() as session:
            assert session.query(Contact).count() == 64  # four personas with fixed names beside the drawn ones

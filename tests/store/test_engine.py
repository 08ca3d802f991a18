"""Opening the store, and its two transaction kinds."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from rapport.store import Contact, Problem, Store, new_id, schema


def a_contact(**changes: object) -> Contact:
    return Contact(
        **{"id": new_id("con"), "name": "Ada", "language": "en", "country": "DE", "source": "test", **changes}
    )


def test_write_commits_and_read_sees_it(store: Store) -> None:
    with store.write() as session:
        session.add(a_contact(name="王芳", language="zh"))
    with store.read() as session:
        assert session.scalars(select(Contact.name)).all() == ["王芳"]


def test_an_error_rolls_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        session.add(a_contact())
        session.flush()
        raise RuntimeError
    with store.read() as session:
        assert session.scalars(select(Contact)).all() == []


def test_timestamps_come_back_aware_and_naive_ones_are_refused(store: Store) -> None:
    with store.write() as session:
        session.add(a_contact())
    with store.read() as session:
        assert session.scalars(select(Contact)).one().created_at.utcoffset() is not None
    with pytest.raises(StatementError, match="naive datetime"), store.write() as session:
        session.add(a_contact(created_at=datetime(2026, 1, 1)))


def test_concurrent_read_then_write_loses_nothing(store: Store) -> None:
    """Eight threads add one to the same field twenty times; a lost update or a lock error would show."""
    with store.write() as session:
        session.add(a_contact(id="con_1", properties={"n": 0}))

    def add() -> None:
        for _ in range(20):
            with store.write() as session:
                row = session.scalars(select(Contact).where(Contact.id == "con_1").with_for_update()).one()
                row.properties = {"n": row.properties["n"] + 1}

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        assert session.scalars(select(Contact)).one().properties == {"n": 160}


def test_sqlite_runs_in_wal_mode(sqlite_store: Store) -> None:
    with sqlite_store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "not a url"])
def test_other_addresses_are_refused_with_the_allowed_ones(url: str) -> None:
    with pytest.raises(Problem) as caught:
        Store(url)
    assert caught.value.code == "store_url"
    assert caught.value.allowed and caught.value.next_step


def test_upgrade_is_repeatable_and_check_passes(store: Store) -> None:
    schema.upgrade(store)
    schema.check(store)
    assert schema.current(store) == schema.head()


def test_a_newer_store_is_refused_and_untouched(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for act in (schema.check, schema.upgrade):
        with pytest.raises(Problem) as caught:
            act(store)
        assert caught.value.code == "store_newer"
    assert schema.current(store) == "9999"


def test_migrations_equal_the_models(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from rapport.store import Base

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []

"""Metrics of the hand-counted March, the same on both databases."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from rapport.metrics import CATALOGUE, compute, conversations, turns
from rapport.metrics.duck import attached
from rapport.store import Problem, Store

from .seed import SINCE, UNTIL, seed

# name: (numerator, denominator, coverage) in March, then over all time
GOLDEN = {
    "csat": ((2, 3, 3 / 5), (2, 4, 4 / 6)),
    "containment": ((4, 5, 5 / 6), (5, 6, 6 / 7)),
    "repeat_rate": ((1, 3, 4 / 5), (2, 3, 5 / 6)),
    "conversation_count": ((5, 5, 5 / 6), (6, 6, 6 / 7)),
    "answered_share": ((3, 7, 7 / 10), (4, 8, 8 / 11)),
}


def url_of(store: Store) -> str:
    return store.url.render_as_string(hide_password=False)


def test_every_metric_has_golden_values() -> None:
    assert set(GOLDEN) == set(CATALOGUE)


def test_golden_values(store: Store) -> None:
    seed(store)
    for name, expected in GOLDEN.items():
        for window, (numerator, denominator, coverage) in zip(((SINCE, UNTIL), (None, None)), expected, strict=True):
            found = compute(url_of(store), name, *window)
            where = f"{name} {window}"
            assert (found.numerator, found.denominator, found.n) == (numerator, denominator, denominator), where
            assert found.coverage == pytest.approx(coverage), where
            share = found.unit == "share"
            assert found.value == pytest.approx(numerator / denominator if share else numerator), where
            assert (found.interval is not None) is share
            if found.interval is not None and found.value is not None:
                assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1
            assert found.message is None
            rows = found.rows()
            assert len(rows) >= denominator
            assert all(str(rows[c].dt.tz) == "UTC" for c in rows.columns if rows[c].dtype.kind == "M")


def test_rows_of_each_metric(sqlite_store: Store) -> None:
    seed(sqlite_store)
    url = url_of(sqlite_store)

    def columns(name: str, *names: str) -> list[tuple[Any, ...]]:
        rows = compute(url, name, SINCE, UNTIL).rows()
        return [tuple(None if pd.isna(value) else value for value in row) for row in rows[list(names)].to_numpy()]

    assert columns("csat", "conversation_id", "rating", "satisfied") == [
        ("c1", 5, 1), ("c2", 4, 1), ("c3", 2, 0), ("c4", None, None), ("c5", None, None)]  # fmt: skip
    assert columns("containment", "conversation_id", "contained", "turns") == [
        ("c1", 1, 3), ("c2", 1, 2), ("c3", 0, 2), ("c4", 1, 2), ("c5", 1, 1)]  # fmt: skip
    assert columns("repeat_rate", "contact_id", "orders", "repeated") == [
        ("cus_a", 2, 1), ("cus_b", 1, 0), ("cus_c", 1, 0)]  # fmt: skip
    assert [row[1] for row in columns("answered_share", "id", "helped")] == [1, 1, 0, 0, 0, 1, 0]


def test_an_empty_store_says_what_to_do(store: Store) -> None:
    for name, metric in CATALOGUE.items():
        found = compute(url_of(store), name)
        assert (found.value, found.n, found.interval, found.coverage) == (None, 0, None, None)
        assert found.message == metric.when_empty
        assert found.text() == "no data"
        assert len(found.rows()) == 0
    assert len(turns(url_of(store))) == len(conversations(url_of(store))) == 0


def test_no_ratings_is_no_data_with_zero_coverage(sqlite_store: Store) -> None:
    seed(sqlite_store)
    found = compute(url_of(sqlite_store), "csat", "2026-03-10", UNTIL)
    assert (found.value, found.n, found.coverage) == (None, 0, 0.0)
    assert not any(isinstance(v, float) and math.isnan(v) for v in (found.coverage, found.value) if v is not None)


def test_tables_for_analysts(store: Store) -> None:
    seed(store)
    found = turns(url_of(store), SINCE, UNTIL)
    assert (len(found), str(found["started_at"].dt.tz)) == (10, "UTC")
    talks = conversations(url_of(store), SINCE, UNTIL).set_index("conversation_id")
    assert talks.loc["c2", ["turns", "helped", "abstained", "contained", "rating"]].tolist() == [2, 1, 1, 1, 4]
    assert talks.loc["c3", ["turns", "negative", "contained", "rating"]].tolist() == [2, 2, 0, 2]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 3, 1), date(2026, 4, 1)),
        ("2026-03-01T01:00+01:00", datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
def test_ways_to_write_a_window(sqlite_store: Store, since: Any, until: Any) -> None:
    seed(sqlite_store)
    found = compute(url_of(sqlite_store), "conversation_count", since, until)
    assert found.value == 5
    assert str(found.window) == "2026-03-01 to before 2026-04-01 (UTC)"


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("yesterday", None, "moment"),
        (3, None, "moment"),
        (datetime(2026, 1, 1), None, "moment"),
        (None, "2026-01-01T10:00", "moment"),
        ("2026-02-01", "2026-02-01", "window_empty"),
    ],
)
def test_wrong_windows(sqlite_store: Store, since: Any, until: Any, code: str) -> None:
    with pytest.raises(Problem) as caught:
        compute(url_of(sqlite_store), "csat", since, until)
    assert caught.value.code == code


def test_an_unknown_metric_names_the_known(sqlite_store: Store) -> None:
    with pytest.raises(Problem) as caught:
        compute(url_of(sqlite_store), "nps")
    assert caught.value.allowed == tuple(CATALOGUE)


def test_the_value_is_frozen_and_its_repr_small(sqlite_store: Store) -> None:
    found = compute(url_of(sqlite_store), "csat")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.n = 3  # type: ignore[misc]
    assert "lambda" not in repr(found)


def test_a_missing_store(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        compute(f"sqlite:///{tmp_path / 'none.sqlite'}", "csat")
    assert caught.value.code == "store_missing"
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_tables(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'empty.sqlite'}").engine.connect().close()
    with pytest.raises(Problem) as caught:
        compute(f"sqlite:///{tmp_path / 'empty.sqlite'}", "csat")
    assert caught.value.code == "store_older"


def test_what_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Problem) as caught:
        compute(f"sqlite:///{file}", "csat")
    assert caught.value.code == "store_unreachable"


def test_a_password_is_never_shown() -> None:
    with pytest.raises(Problem) as caught:
        compute("postgresql://user:hunter2@127.0.0.1:1/none", "csat")
    assert caught.value.code == "store_unreachable"
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense"])
def test_another_database(url: str) -> None:
    with pytest.raises(Problem) as caught:
        compute(url, "csat")
    assert caught.value.code == "store_url"


def test_a_folder_with_a_quote_and_spaces(tmp_path: Path) -> None:
    from rapport.store import schema

    folder = tmp_path / "the shop's own"
    store = Store(f"sqlite:///{folder / 'store.sqlite'}")
    schema.upgrade(store)
    assert compute(url_of(store), "csat").value is None
    store.close()


def test_the_store_is_attached_read_only(store: Store) -> None:
    import duckdb

    with attached(url_of(store), None, None) as connection:
        [(name,)] = attachments(connection)
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute(f"DELETE FROM {name}.turn")


def attachments(connection: Any) -> list[Any]:
    return connection.execute(
        "SELECT database_name FROM duckdb_databases() WHERE database_name LIKE 'store%'"
    ).fetchall()


def test_the_loaded_duckdb_is_shared_and_keeps_nothing_of_a_use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    seed(store)
    compute(url_of(store), "csat")
    monkeypatch.setattr(duckdb, "connect", None)  # loading the extension again would cost a quarter of a second
    march = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    with attached(url_of(store), *march) as first, attached(url_of(store), None, None) as second:
        counts = [one.execute("SELECT count(*) FROM turn, period WHERE started_at >= since AND started_at < until")
                  .fetchone() for one in (first, second)]  # fmt: skip
        assert counts == [(10,), (11,)]  # each has its own window
    with store.write() as session:
        session.execute(text("DELETE FROM turn"))
    with attached(url_of(store), None, None) as connection:
        assert connection.execute("SELECT count(*) FROM turn").fetchone() == (0,)
        assert len(attachments(connection)) == 1


def test_metrics_are_computed_in_parallel(sqlite_store: Store) -> None:
    seed(sqlite_store)
    windows = [(SINCE, UNTIL), (None, None)] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda window: compute(url_of(sqlite_store), "conversation_count", *window).value, windows)
        )
    assert found == [5, 6] * 8


def test_writers_are_not_blocked_by_a_reader(sqlite_store: Store) -> None:
    seed(sqlite_store)
    with attached(url_of(sqlite_store), None, None) as connection:
        connection.execute("SELECT count(*) FROM turn")
        with sqlite_store.write() as session:
            from rapport.store import Conversation

            session.add(Conversation(id="c9", channel="web", language="en"))
        assert connection.execute("SELECT count(*) FROM conversation").fetchone() == (9,)

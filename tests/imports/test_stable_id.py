from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rapport.imports.stable_id import stable_id
from rapport.store import new_id

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_same_parts_same_id_other_parts_other_id():
    assert stable_id("ord", AT, "demo", 1) == stable_id("ord", AT, "demo", 1)
    assert stable_id("ord", AT, "demo", 1) != stable_id("ord", AT, "demo", 2)
    assert stable_id("ord", AT, "a", "bc") != stable_id("ord", AT, "ab", "c")


def test_laid_out_and_sorted_like_new_ids():
    now = datetime.now(UTC)
    older, newer = stable_id("ord", now - timedelta(days=1), "x"), stable_id("ord", now + timedelta(days=1), "x")
    assert len(older) == len(new_id("ord"))
    assert older < new_id("ord") < newer

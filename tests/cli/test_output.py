"""How problems are shown."""

from __future__ import annotations

import errno
import shlex

import pytest
from sqlalchemy import text

from rapport.cli.output import EXIT_PROBLEM, command, shown_problems
from rapport.shop import Shop
from rapport.store import Contact, Problem, Store, new_id


def test_a_problem_is_three_lines_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, shown_problems():
        raise Problem("It is [bold]wrong[/].", allowed=["a", "b"], next_step="Do that.")
    assert caught.value.code == EXIT_PROBLEM
    printed = capsys.readouterr().err
    assert "Problem: It is [bold]wrong[/]." in printed  # a value in brackets is not markup
    assert "Allowed: a, b" in printed
    assert "Next:    Do that." in printed


def test_a_full_disk_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, shown_problems():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.code == EXIT_PROBLEM
    assert "disk is full" in capsys.readouterr().err


def test_a_store_on_a_full_disk_keeps_what_it_had(sqlite_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """SQLite's own limit on pages stands in for the disk: the same error, from the same place."""

    def add(note: str) -> None:
        with sqlite_store.write() as session:
            session.add(Contact(id=new_id("cus"), name="Ada", language="en", country="DE", source="test",
                                properties={"note": note}))  # fmt: skip

    add("small")
    with sqlite_store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.rollback()
    with pytest.raises(SystemExit) as caught, shown_problems():
        add("x" * 1_000_000)
    assert caught.value.code == EXIT_PROBLEM
    assert "disk is full" in capsys.readouterr().err
    with sqlite_store.read() as session:
        assert [c.properties["note"] for c in session.query(Contact)] == ["small"]


def test_our_own_faults_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError), shown_problems():
        _ = 1 / 0


def test_other_database_errors_are_not_called_a_full_disk(
    sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit), shown_problems(), sqlite_store.write() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert "disk is full" not in capsys.readouterr().err


def test_a_path_that_cannot_be_used_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, shown_problems():
        open("/nowhere/at/all")  # noqa: SIM115
    assert caught.value.code == EXIT_PROBLEM
    assert "/nowhere/at/all" in capsys.readouterr().err


def test_a_command_to_copy_survives_spaces(shop: Shop) -> None:
    spaced = shop.folder.with_name("my shop")
    shop.folder.rename(spaced)
    words = shlex.split(command("train", Shop(spaced)))
    assert words[1:] == ["train", "--shop", str(spaced)]

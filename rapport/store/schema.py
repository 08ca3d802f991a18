"""The schema's version: creating, upgrading, and refusing a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from .engine import Store
from .problem import Problem

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The version this code writes."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("no migrations are shipped")
    return revision


def current(store: Store) -> str | None:
    """The version the store is at; none for an empty database."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(store: Store) -> None:
    """Do nothing if the store is at this code's version.

    :raises Problem: when it is newer, older or empty, with the step to take.
    """
    at = current(store)
    if at == head():
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if at is not None and at not in known:
        raise Problem(
            f"The store has schema {at!r}, which this version of Rapport does not know: it was written by a newer one.",
            allowed=sorted(known),
            next_step="Install the newer version again, or restore the backup made before the upgrade.",
            code="store_newer",
        )
    raise Problem(
        f"The store has schema {at or 'none'}, this version needs {head()}.",
        allowed=[head()],
        next_step="Run: rapport init (it upgrades in place).",
        code="store_older",
    )


def upgrade(store: Store) -> None:
    """Create or upgrade the tables. Safe to call again.

    :raises Problem: when the store is newer than this code.
    """
    try:
        check(store)
        return
    except Problem as problem:
        if problem.code == "store_newer":
            raise
    config = _config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

"""Writing a row once, whoever comes first."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.store import Base

Row = TypeVar("Row", bound=Base)


def add_once(session: Session, row: Row, same: Select[tuple[Row]]) -> tuple[Row, bool]:
    """Add the row, or return the one that is already there.

    :param same: selects the row that stands for the same thing, by its unique columns.
    :return: the row in the store, and whether it is this one.
    :raises IntegrityError: when the row breaks another rule than the one ``same`` asks about.
    """
    found = session.scalars(same).one_or_none()
    if found is not None:
        return found, False
    try:
        # A savepoint, because on PostgreSQL a refused insert would spoil the whole transaction.
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        found = session.scalars(same).one_or_none()
        if found is None:
            raise
        return found, False
    return row, True

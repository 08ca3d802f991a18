"""Computing a metric: compiled SQL on DuckDB over the store, in place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rapport.store import Problem

from .catalogue import definition
from .compiled import sql
from .duck import attached
from .interval import wilson
from .value import MetricValue, Moment, Window, moment

if TYPE_CHECKING:
    import pandas as pd


def window_of(since: Moment, until: Moment) -> Window:
    """The window between two moments.

    :raises Problem: when one is no moment, or ``since`` is not before ``until``.
    """
    window = Window(moment(since, "since"), moment(until, "until"))
    if window.since is not None and window.until is not None and window.since >= window.until:
        raise Problem(f"since ({since}) is not before until ({until}).", next_step="Swap them.", code="window_empty")
    return window


def compute(store_url: str, name: str, since: Moment = None, until: Moment = None) -> MetricValue:
    """A metric of the catalogue over a window.

    :param store_url: ``sqlite:///...`` or ``postgresql+psycopg://...``; read in place, never written.
    :param since: first moment (UTC); a day counts from its midnight.
    :param until: first moment after the window.
    :raises Problem: for an unknown metric, a wrong window, or a store that can't be read.
    """
    metric = definition(name)
    window = window_of(since, until)
    statement = sql(metric.summary)
    with attached(store_url, window.since, window.until) as connection:
        found = connection.execute(statement).fetchone() or (0, 0, 0, 0)
    numerator, denominator, covered, eligible = (int(number or 0) for number in found)
    empty = denominator == 0
    share = metric.unit == "share"
    return MetricValue(
        name=metric.name,
        title=metric.title,
        value=None if empty else numerator / denominator if share else float(numerator),
        n=denominator,
        numerator=numerator,
        denominator=denominator,
        interval=wilson(numerator, denominator) if share else None,
        coverage=covered / eligible if eligible else None,
        coverage_of=metric.coverage,
        window=window,
        formula=metric.formula,
        sentence=metric.sentence,
        caution=metric.caution,
        unit=metric.unit,
        message=metric.when_empty if empty else None,
        _rows=lambda: frame(store_url, metric.rows, window),
    )


def frame(store_url: str, query: Callable[[Any], Any], window: Window) -> pd.DataFrame:
    """A query of :mod:`rapport.metrics.queries` as a data frame; its times are aware, in UTC.

    :raises Problem: when the store can't be read.
    """
    statement = sql(query)
    with attached(store_url, window.since, window.until) as connection:
        found = connection.execute(statement).df()
    for column in found.columns:
        if found[column].dtype.kind == "M":
            found[column] = found[column].dt.tz_localize(UTC)
    return found


def turns(store_url: str, since: Moment = None, until: Moment = None) -> pd.DataFrame:
    """The turns of a window, oldest first."""
    from . import queries

    return frame(store_url, queries.turns, window_of(since, until))


def conversations(store_url: str, since: Moment = None, until: Moment = None) -> pd.DataFrame:
    """The conversations with a customer turn in a window, with what became of them, oldest first."""
    from . import queries

    return frame(store_url, queries.conversations, window_of(since, until))

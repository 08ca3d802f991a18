"""A metric as an object in the notebook: show it, call it with a window, ask for its rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from rapport.metrics import Interval, MetricValue, Moment, Window, compute, definition

from .render import measure_html, measure_text

if TYPE_CHECKING:
    import pandas as pd


class HasStore(Protocol):
    """What a metric needs of ``crm``."""

    @property
    def store_url(self) -> str:
        """The address of the store."""


class Measure:
    """A metric over a window. The number is computed once, when first asked for; ``crm.<name>`` gives a fresh one."""

    def __init__(self, crm: HasStore, name: str, since: Moment = None, until: Moment = None) -> None:
        metric = definition(name)
        self.name = metric.name
        self._crm = crm
        self._since, self._until = since, until
        # `crm.csat?` and Shift-Tab read this
        self.__doc__ = (
            f"{metric.title}: {metric.sentence}\n\nFormula:  {metric.formula}\nCoverage: {metric.coverage}\n"
            f"Caution:  {metric.caution}\n\nWith a window: crm.{name}(since='2026-01-01', until='2026-02-01') (UTC, "
            "until is not in it).\nThe rows behind it: .rows()"
        )

    def __call__(self, since: Moment = None, until: Moment = None) -> Measure:
        """The same metric over another window.

        :param since: first moment, a day or an aware time.
        :param until: first moment after the window.
        """
        return Measure(self._crm, self.name, since, until)

    @cached_property
    def result(self) -> MetricValue:
        """The number with everything that is needed to judge it.

        :raises Problem: for a wrong window or a store that can't be read.
        """
        return compute(self._crm.store_url, self.name, self._since, self._until)

    @property
    def value(self) -> float | None:
        """A share 0..1 or a count; none when there is nothing to count yet."""
        return self.result.value

    @property
    def n(self) -> int:
        """Observations behind the value."""
        return self.result.n

    @property
    def interval(self) -> Interval | None:
        """95 % bounds, where the metric is a share."""
        return self.result.interval

    @property
    def coverage(self) -> float | None:
        """0..1: the share of what could have been counted that was."""
        return self.result.coverage

    @property
    def window(self) -> Window:
        """The window it was computed over."""
        return self.result.window

    @property
    def formula(self) -> str:
        """Numerator over denominator, in words."""
        return definition(self.name).formula

    @property
    def sentence(self) -> str:
        """What it says."""
        return definition(self.name).sentence

    def rows(self) -> pd.DataFrame:
        """The rows behind the number."""
        return self.result.rows()

    def record(self) -> dict[str, Any]:
        """The number as one tidy row."""
        found = self.result
        return {
            "metric": found.name,
            "value": found.value,
            "low": found.interval.low if found.interval else None,
            "high": found.interval.high if found.interval else None,
            "n": found.n,
            "coverage": found.coverage,
            "unit": found.unit,
            "since": found.window.since,
            "until": found.window.until,
        }

    def __dir__(self) -> list[str]:
        return [
            "coverage",
            "formula",
            "interval",
            "n",
            "name",
            "record",
            "result",
            "rows",
            "sentence",
            "value",
            "window",
        ]

    def __repr__(self) -> str:
        return measure_text(self.result)

    def _repr_html_(self) -> str:
        return measure_html(self.result)

"""``%crm``: metrics as tidy data frames."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

from rapport.metrics import CATALOGUE
from rapport.store import Problem

from .crm import Crm

if TYPE_CHECKING:
    import pandas as pd

VALUE_FLAGS = ("--since", "--until")
FLAGS = (*VALUE_FLAGS, "--rows")


@dataclass(frozen=True)
class Request:
    """What a ``%crm`` line asks for; no metric: all of them."""

    metric: str | None = None
    since: str | None = None
    until: str | None = None
    rows: bool = False


def parse(line: str) -> Request:
    """Read a ``%crm`` line.

    :raises Problem: for an unknown metric or flag, with the ones there are.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise Problem("A quotation mark is not closed.", next_step="Close it.", code="magic") from None
    metrics: list[str] = []
    values: dict[str, str] = {}
    rows = False
    rest = iter(words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            metrics.append(word)
        elif flag in VALUE_FLAGS:
            given = value if equals else next(rest, "")
            if not given or given.startswith("--"):
                raise Problem(f"{flag} needs a day.", allowed=["2026-01-31", "2026-01-31T09:00+01:00"], code="magic")
            values[flag[2:]] = given
        elif word == "--rows":
            rows = True
        else:
            raise Problem(f"%crm knows no {word!r}.", allowed=FLAGS, code="magic")
    if len(metrics) > 1:
        raise Problem(f"One metric at a time, not {' and '.join(metrics)}.", allowed=list(CATALOGUE), code="magic")
    if metrics and metrics[0] not in CATALOGUE:
        raise Problem(f"There is no metric {metrics[0]!r}.", allowed=list(CATALOGUE), code="magic")
    if rows and not metrics:
        raise Problem("--rows needs a metric.", allowed=list(CATALOGUE), code="magic")
    return Request(metrics[0] if metrics else None, values.get("since"), values.get("until"), rows)


@magics_class
class MetricMagic(Magics):
    """Holds ``%crm``."""

    def __init__(self, shell: InteractiveShell, crm: Crm) -> None:
        super().__init__(shell)
        self.crm = crm

    @line_magic("crm")  # type: ignore[arg-type]  # IPython's stub takes nothing
    def metric(self, line: str) -> pd.DataFrame:
        """A metric as a tidy data frame: ``%crm [METRIC] [--since DAY] [--until DAY] [--rows]``.

        Without a metric: all of them, one row each. ``--rows``: the rows behind it. Days are UTC, and the ``--until``
        day is not in it.
        """
        try:
            wanted = parse(line)
            if wanted.rows and wanted.metric:
                return self.crm.metric(wanted.metric)(wanted.since, wanted.until).rows()
            names = [wanted.metric] if wanted.metric else list(CATALOGUE)
            records = [self.crm.metric(name)(wanted.since, wanted.until) for name in names]
            import pandas as pd

            return pd.DataFrame([measure.record() for measure in records])
        except Problem as problem:
            raise UsageError(str(problem)) from None

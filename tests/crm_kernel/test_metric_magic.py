"""``%crm`` lines."""

from __future__ import annotations

import pandas as pd
import pytest
from crm_kernel.metric_magic import Request, parse
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from rapport.metrics import CATALOGUE
from rapport.shop import Shop
from rapport.store import Problem


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("", Request()),
        ("csat", Request("csat")),
        ("csat --since 2026-01-01 --until=2026-02-01", Request("csat", "2026-01-01", "2026-02-01")),
        ("--since 2026-01-01 csat --rows", Request("csat", "2026-01-01", None, True)),
        ("--until '2026-02-01'", Request(None, None, "2026-02-01")),
    ],
)
def test_lines(line: str, request_: Request) -> None:
    assert parse(line) == request_


@pytest.mark.parametrize(
    ("line", "said", "allowed"),
    [
        ("nps", "There is no metric 'nps'.", "csat"),
        ("csat --form 1", "%crm knows no '--form'.", "--since"),
        ("csat --since", "--since needs a day.", "2026-01-31"),
        ("csat --since --rows", "--since needs a day.", "2026-01-31"),
        ("csat containment", "One metric at a time", "csat"),
        ("--rows", "--rows needs a metric.", "csat"),
    ],
)
def test_errors_name_the_allowed(line: str, said: str, allowed: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(line)
    assert said in caught.value.what
    assert allowed in caught.value.allowed


def test_an_open_quotation_mark() -> None:
    with pytest.raises(Problem, match="not closed"):
        parse("csat --since '2026")


def test_one_metric(shell: InteractiveShell, seeded_shop: Shop) -> None:
    found = shell.run_line_magic("crm", "csat --since 2026-03-01 --until 2026-04-01")
    assert isinstance(found, pd.DataFrame)
    assert found.columns.tolist() == ["metric", "value", "low", "high", "n", "coverage", "unit", "since", "until"]
    assert found.loc[0, ["metric", "n"]].tolist() == ["csat", 3]
    assert found.loc[0, "value"] == pytest.approx(2 / 3)


def test_all_metrics(shell: InteractiveShell, seeded_shop: Shop) -> None:
    assert shell.run_line_magic("crm", "")["metric"].tolist() == list(CATALOGUE)


def test_rows(shell: InteractiveShell, seeded_shop: Shop) -> None:
    assert len(shell.run_line_magic("crm", "repeat_rate --rows")) == 3


def test_an_empty_store_is_no_crash(shell: InteractiveShell, empty_shop: Shop) -> None:
    assert shell.run_line_magic("crm", "csat")["value"].isna().all()


@pytest.mark.parametrize("line", ["nps", "csat --since soon"])
def test_in_the_shell_they_are_short(shell: InteractiveShell, seeded_shop: Shop, line: str) -> None:
    with pytest.raises(UsageError, match="Allowed: "):
        shell.run_line_magic("crm", line)


@pytest.mark.parametrize(
    ("typed", "offered", "not_offered"),
    [
        ("%crm c", ["csat", "containment"], ["repeat_rate"]),
        ("%crm csat --", ["--since", "--until", "--rows"], ["csat"]),
        ("%crm csat --since 2026-01-01 --", ["--until"], ["--since"]),
    ],
)
def test_completion(shell: InteractiveShell, typed: str, offered: list[str], not_offered: list[str]) -> None:
    with provisionalcompleter():
        found = [offer.text for offer in shell.Completer.completions(typed, len(typed))]
    assert set(offered) <= set(found)
    assert not set(not_offered) & set(found)

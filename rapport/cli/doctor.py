"""``rapport doctor``: all checks as a table; exit code 1 when something is wrong."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from rapport.shop import Shop

from .checks import all_checks
from .output import console, errors

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]look[/]", "wrong": "[red]wrong[/]"}


def run_doctor(folder: Path | None) -> None:
    """The command."""
    shop = Shop.find(folder)
    table = Table("check", "", "found", title=f"{shop.folder}")
    steps: list[tuple[str, str]] = []
    wrong = 0
    with errors.status("Looking ..."):
        for finding in all_checks(shop):
            table.add_row(finding.check, _MARKS[finding.verdict], escape(finding.found))
            wrong += finding.verdict == "wrong"
            if finding.next_step:
                steps.append((finding.check, finding.next_step))
    console.print(table)
    for check, step in steps:
        console.print(f"[bold]{check}[/]: {escape(step)}", soft_wrap=True)
    if wrong:
        raise typer.Exit(1)
    console.print("All is well.")

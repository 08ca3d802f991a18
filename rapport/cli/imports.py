"""``rapport import``: real files into the store."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from rapport.shop import Shop
from rapport.store import Problem

from .init import prepare
from .output import console
from .progress import bars


def run_import(folder: Path | None, kind: str, path: Path) -> None:
    """The command.

    :raises Problem: for an unknown kind or a missing file.
    """
    from rapport import imports

    kinds = ("articles", *imports.KINDS)
    if kind not in kinds:
        raise Problem(f"Nothing is known of imports of kind {kind!r}.", allowed=kinds, code="import_kind",
                      next_step="Run: rapport import --help")  # fmt: skip
    if not path.exists():
        raise Problem(f"{path} does not exist.", next_step="Check the path.", code="file_missing")
    shop = Shop.find(folder)
    store = prepare(shop)
    try:
        if kind == "articles":
            from knowledge.articles import import_articles

            result = import_articles(store, path)
            console.print(
                f"{result.kept} articles kept, {result.unchanged} unchanged, {len(result.rejected)} set aside."
            )
            for file, reason in result.rejected:
                console.print(f"  {file}: {reason}")
            console.print("Next: rapport train")
            return
        with bars() as progress:
            task = progress.add_task(f"Importing {path.name}", total=None)
            report = imports.run(
                store, kind, path, progress=lambda done, total: progress.update(task, completed=done, total=total)
            )
    finally:
        store.close()
    table = Table("rows", "count", title=f"{kind}: {path.name}")
    table.add_row("read", f"{report.read:,}")
    table.add_row("kept", f"{report.kept:,}")
    table.add_row("set aside", f"{report.rejected:,}")
    for reason, count in sorted(report.reasons.items(), key=lambda item: -item[1]):
        table.add_row(f"  {reason}", f"{count:,}")
    console.print(table)

"""``python -m benchmarks [NAME ...]``: run, then print every result as one table."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from .record import RESULTS

NAMES = ("start", "turn_latency", "faq_quality", "nlu_quality")


def flat(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested figures as ``(dotted name, value)``."""
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, f"{value:.4g}" if isinstance(value, float) else str(value)))
    return rows


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    wanted = sys.argv[1:] or list(NAMES)
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"Problem: no benchmark {unknown[0]!r}.\nAllowed: {', '.join(NAMES)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    table = Table("benchmark", "figure", "value")
    for file in sorted(RESULTS.glob("*.json")):
        result = json.loads(file.read_text("utf-8"))
        for index, (figure, value) in enumerate(flat(result["figures"])):
            table.add_row(result["name"] if not index else "", figure, value)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

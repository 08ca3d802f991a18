"""How the command line speaks: one console, one way to show a problem."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

EXIT_PROBLEM = 2


def show_problem(what: str, allowed: tuple[str, ...] = (), next_step: str = "") -> None:
    """Print the one error shape to standard error."""
    errors.print(Text.assemble(("Problem: ", "bold red"), what), soft_wrap=True)
    if allowed:
        errors.print(Text.assemble(("Allowed: ", "bold"), ", ".join(allowed)), soft_wrap=True)
    if next_step:
        errors.print(Text.assemble(("Next:    ", "bold green"), next_step), soft_wrap=True)


def _is_disk_full(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "database or disk is full" in str(seen) or "No space left on device" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


@contextmanager
def shown_problems() -> Iterator[None]:
    """Turn a :class:`Problem` (ours or the models') into its message and exit code 2.

    A full disk is one too; any other exception keeps its traceback, because it is our fault and not the user's.
    """
    try:
        yield
    except Exception as error:
        if all(hasattr(error, name) for name in ("what", "allowed", "next_step")):
            show_problem(error.what, tuple(error.allowed), error.next_step)  # type: ignore[attr-defined]
            sys.exit(EXIT_PROBLEM)
        if _is_disk_full(error):
            show_problem(
                "The disk is full; what was being written is not there, what was there before is untouched.",
                next_step="Free some space (rapport doctor shows how much is needed) and run the same command again.",
            )
            sys.exit(EXIT_PROBLEM)
        raise

"""How the command line speaks: one console, one way to show a problem."""

from __future__ import annotations

import errno
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rapport.shop import Shop

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

EXIT_PROBLEM = 2


def command(verb: str, shop: Shop) -> str:
    """A command to copy: on this shop, quoted for the shell, with the path where ``rapport`` may not be on PATH."""
    program = "rapport" if shutil.which("rapport") else str(Path(sys.executable).parent / "rapport")
    return shlex.join([program, verb, "--shop", str(shop.folder)])


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


def _is_database_error(error: Exception) -> bool:
    # Not imported for this: what was never loaded cannot have been raised.
    exceptions = sys.modules.get("sqlalchemy.exc")
    return (
        exceptions is not None
        and isinstance(error, (exceptions.OperationalError, exceptions.DatabaseError))
        and (not isinstance(error, (exceptions.IntegrityError, exceptions.ProgrammingError)))
    )


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
        if isinstance(error, OSError) and error.filename is not None:
            show_problem(
                f"{error.filename}: {error.strerror}.",
                next_step="Check the path and who may read and write there, then run the same command again.",
            )
            sys.exit(EXIT_PROBLEM)
        if _is_database_error(error):
            show_problem(
                f"The store cannot be used: {str(error).splitlines()[0]}",
                next_step="Start the database, or correct [store] url in shop.toml; rapport doctor looks closer.",
            )
            sys.exit(EXIT_PROBLEM)
        raise

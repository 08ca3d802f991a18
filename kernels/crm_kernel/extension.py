"""What loading and unloading the extension does to the shell."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from rapport.store import Problem

from .chat_magic import ChatMagic
from .completion import complete_crm
from .crm import Crm
from .metric_magic import MetricMagic

NAME = "crm"


def load(shell: InteractiveShell) -> None:
    """Register everything; loading again replaces what was there."""
    unload(shell)
    crm = Crm()
    shell.push({NAME: crm}, interactive=False)  # not interactive: %who lists the analyst's own names
    shell.register_magics(MetricMagic(shell, crm))
    shell.register_magics(ChatMagic(shell, crm))
    shell.Completer.custom_matchers.append(complete_crm)
    shell.set_custom_exc((Problem,), show_problem)


def unload(shell: InteractiveShell) -> None:
    """Undo :func:`load`. A name ``crm`` that the analyst bound to something else stays."""
    if isinstance(shell.user_ns.get(NAME), Crm):
        shell.drop_by_id({NAME: shell.user_ns[NAME]})
    for kind, name in (("line", "crm"), ("cell", "chat")):
        shell.magics_manager.magics[kind].pop(name, None)
    matchers = shell.Completer.custom_matchers
    matchers[:] = [matcher for matcher in matchers if matcher is not complete_crm]
    if Problem in shell.custom_exceptions:
        shell.set_custom_exc((), None)


def show_problem(
    shell: InteractiveShell, _kind: type[BaseException], problem: BaseException, _trace: TracebackType, **_: Any
) -> list[str]:
    """Print what was wrong and the next step; a traceback through our code would help nobody."""
    text = f"Problem: {problem}"
    print(text, file=sys.stderr)
    return [text]

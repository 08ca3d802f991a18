"""The Jupyter side of Rapport: ``%load_ext crm_kernel`` gives the analyst ``crm``, ``%crm`` and ``%%chat``.

The ``crm`` kernel (``python -m crm_kernel install``) is IPython's own with this extension loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Put ``crm`` into the namespace and register the magics, completion and short errors."""
    from .extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take away what :func:`load_ipython_extension` brought."""
    from .extension import unload

    unload(shell)

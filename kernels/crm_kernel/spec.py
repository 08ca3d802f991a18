"""The kernelspec: how Jupyter finds and starts the ``crm`` kernel."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

NAME = "crm"
DATA = Path(__file__).parent / "data"


def kernel_json(interpreter: str) -> dict[str, Any]:
    """The contents of ``kernel.json``.

    :param interpreter: the Python to start.
    """
    return {
        # -P: a folder named crm_kernel beside the notebook must not be taken for the package
        "argv": [interpreter, "-P", "-m", "crm_kernel", "-f", "{connection_file}"],
        "display_name": "Rapport CRM",
        "language": "python",
        "metadata": {"debugger": True},
    }


def install(*, user: bool = False, prefix: str | None = None) -> Path:
    """Write the kernelspec with this interpreter's absolute path.

    :param user: into the user's folder rather than ``prefix``.
    :param prefix: an environment's folder; none and not ``user``: the system's.
    :returns: the folder written.
    :raises OSError: when it can't be written.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / NAME
        made.mkdir(mode=0o755)
        (made / "kernel.json").write_text(json.dumps(kernel_json(sys.executable), indent=1) + "\n", encoding="utf-8")
        shutil.copy(DATA / "logo-svg.svg", made)
        return Path(KernelSpecManager().install_kernel_spec(str(made), NAME, user=user, prefix=prefix))

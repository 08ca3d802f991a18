"""Where things are on this machine: the checkout, the assistant's interpreter, the Rasa project."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote

from rapport.store import Problem

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = ROOT / "assistant"
LOCKS = ROOT / "requirements"


def assistant_python() -> Path:
    """The Python 3.10 that has Rasa.

    :raises Problem: when it is not installed.
    """
    named = os.environ.get("RAPPORT_ASSISTANT_PYTHON")
    path = Path(named) if named else ROOT / ".venv-assistant" / "bin" / "python"
    if not path.exists():
        raise Problem(
            f"The assistant's environment is not at {path}: Rasa needs a Python 3.10 of its own.",
            next_step=f"Run: make -C {quote(str(ROOT))} assistant",
            code="assistant_missing",
        )
    return path


def assistant_environment(var: Path) -> dict[str, str]:
    """The environment variables Rasa runs with: no telemetry, no bytecode surprises, its cache in ``var``.

    :param var: the shop's ``var`` folder.
    """
    keep = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return keep | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(var / "cache" / "rasa"),
        "XDG_CONFIG_HOME": str(var / "cache" / "config"),
        "KERAS_HOME": str(var / "cache" / "keras"),
        "MPLCONFIGDIR": str(var / "cache" / "matplotlib"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }

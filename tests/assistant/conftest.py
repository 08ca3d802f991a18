"""Running things in the assistant's own environment, Python 3.10 with Rasa, which has no pytest."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
Run = Callable[..., Any]


@pytest.fixture(scope="session")
def assistant_python(root: Path) -> Path:
    """Python 3.10 of ``.venv-assistant``, or what $RAPPORT_ASSISTANT_PYTHON names."""
    python = Path(os.environ.get("RAPPORT_ASSISTANT_PYTHON") or root / ".venv-assistant" / "bin" / "python")
    if not python.is_file():
        reason = f"the assistant's environment is not installed: {python} is missing; make it with `make install`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return python


@pytest.fixture(scope="session")
def run(root: Path, assistant_python: Path) -> Run:
    """Run ``scripts/NAME.py ARGUMENTS...`` there; returns the JSON of its last line."""

    def start(name: str, *arguments: Path | str) -> Any:
        environment = {**os.environ, "PYTHONPATH": str(root), "RASA_TELEMETRY_ENABLED": "false"}
        command = [assistant_python, "-W", "ignore", SCRIPTS / f"{name}.py", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return start

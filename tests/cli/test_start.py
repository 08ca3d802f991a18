"""The command line answers at once: nothing heavy is imported to show help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "tensorflow",
    "torch",
    "pandas",
    "numpy",
    "sqlalchemy",
    "faiss",
    "ibis",
    "duckdb",
    "sklearn",
    "pydantic",
    "rasa_sdk",
}

CODE = """
import json, sys
from rapport.cli.main import app
try:
    app(["--help"], prog_name="rapport")
except SystemExit:
    pass
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by_help() -> set[str]:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    modules = loaded_by_help()
    assert "typer" in modules
    assert modules & HEAVY == set()


def test_help_names_every_command(root: Path) -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "rapport", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("demo", "init", "train", "serve", "status", "doctor", "import", "ask", "lab"):
        assert f" {command} " in result.stdout

"""Installing the kernelspec."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crm_kernel import __main__ as command
from crm_kernel.spec import DATA, kernel_json


def test_it_is_written_with_an_absolute_interpreter(tmp_path: Path) -> None:
    prefix = tmp_path / "an environment"
    done = subprocess.run(
        [sys.executable, "-m", "crm_kernel", "install", "--prefix", str(prefix)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    folder = prefix / "share" / "jupyter" / "kernels" / "crm"
    assert str(folder) in done.stdout
    written = json.loads((folder / "kernel.json").read_text("utf-8"))
    assert written == kernel_json(sys.executable)
    assert Path(written["argv"][0]).is_absolute()
    assert (folder / "logo-svg.svg").read_text("utf-8").startswith("<svg")


def test_for_the_user(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.install(["--user"]) == 0
    assert (Path(os.environ["JUPYTER_DATA_DIR"]) / "kernels" / "crm" / "kernel.json").is_file()


def test_the_default_is_this_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert command.install([]) == 0
    assert (tmp_path / "share" / "jupyter" / "kernels" / "crm" / "kernel.json").is_file()


def test_where_it_can_not_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert command.install(["--prefix", str(tmp_path / "file")]) == 1
    assert "--user" in capsys.readouterr().err


def test_the_wheels_kernelspec_is_the_same_but_for_the_interpreter() -> None:
    assert json.loads((DATA / "kernel.json").read_text("utf-8")) == kernel_json("python")

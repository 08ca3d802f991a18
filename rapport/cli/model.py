"""The trained assistant as a file: trained aside, swapped in whole, never served when it is not what was trained."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rapport.shop import Shop
from rapport.store import Problem

from .places import ROOT, assistant_environment, assistant_python
from .supervisor import die_with_parent

NAME = "assistant"


def model_file(shop: Shop) -> Path:
    """Where the served model is."""
    return shop.var / "models" / f"{NAME}.tar.gz"


def _stamp_file(shop: Shop) -> Path:
    return shop.var / "models" / f"{NAME}.json"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_stamp(shop: Shop) -> dict[str, str]:
    """What is known of the model: ``fingerprint``, ``sha256``, ``trained_at``; empty when there is none."""
    try:
        stamp = json.loads(_stamp_file(shop).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def check_model(shop: Shop) -> Path:
    """The model's file, if it is whole.

    :raises Problem: when it is missing or differs from what was trained.
    """
    file = model_file(shop)
    if not file.is_file():
        raise Problem(
            f"The assistant is not trained: {file} is missing.", next_step="Run: rapport train", code="model_missing"
        )
    if read_stamp(shop).get("sha256") != _sha256(file):
        raise Problem(
            f"The model file {file} is damaged: its hash is not the one noted after training.",
            next_step="Run: rapport train (it makes a new one).",
            code="model_damaged",
        )
    return file


def is_current(shop: Shop, fingerprint: str) -> bool:
    """Whether the model is whole and was trained on these inputs."""
    try:
        check_model(shop)
    except Problem:
        return False
    return read_stamp(shop).get("fingerprint") == fingerprint


def train_model(shop: Shop, project: Path, fingerprint: str, tick: Callable[[], None] = lambda: None) -> Path:
    """Train and swap in the new model.

    :param tick: called about five times a second while training runs.
    :raises Problem: with the end of Rasa's output when training failed. The old model stays.
    """
    work = shop.var / "models" / ".new"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    log = shop.var / "log" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stream:
        process = subprocess.Popen(
            [assistant_python(), "-m", "assistant.train", project, work, NAME],
            cwd=ROOT,
            env=assistant_environment(shop.var),
            stdout=stream,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # a killed `rapport train` leaves no training behind
        )
        try:
            while True:
                try:
                    code = process.wait(0.2)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    new = work / f"{NAME}.tar.gz"
    if code or not new.is_file():
        tail = "\n".join(log.read_text(errors="replace").strip().splitlines()[-6:])
        raise Problem(
            f"Training failed (exit code {code}). The end of its log:\n{tail}",
            next_step=f"Read {log}, correct the file it names, and run: rapport train",
            code="training_failed",
        )
    stamp = {"fingerprint": fingerprint, "sha256": _sha256(new), "trained_at": datetime.now(UTC).isoformat()}
    new_stamp = work / "stamp.json"
    new_stamp.write_text(json.dumps(stamp, indent=1))
    # Killed between these two, the hashes differ, the model counts as damaged, and the next training replaces it.
    new.replace(model_file(shop))
    new_stamp.replace(_stamp_file(shop))
    shutil.rmtree(work, ignore_errors=True)
    return model_file(shop)

"""Where an index lies on disk: complete versions side by side, and one small file that names the current one.

::

    index/current             "<version> <sha256 of its meta.json>"
    index/<version>/meta.json and the files it names with their sha256
    index/calibration.json    (knowledge.calibration)

A new version is written whole, renamed into place, and only then named in ``current`` by an atomic replace. A crash at
any point leaves the old index in use.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rapport.store import Problem, new_id

META, POINTER, LOCK = "meta.json", "current", ".lock"
_BUILDING = ".building-"
_TRAIN = "Run: rapport train"
T = TypeVar("T")


def corrupt(folder: Path, why: str) -> Problem:
    """The Problem for files that are not what was written."""
    return Problem(f"The index in {folder} is damaged: {why}.", next_step=_TRAIN, code="index_corrupt")


def current_version(folder: Path) -> str | None:
    """The name of the index in use; none when there is none."""
    try:
        return _pointer(folder)[0]
    except Problem:
        return None


def read(folder: Path, make: Callable[[dict[str, bytes]], T]) -> T:
    """Read and verify the current version's files, and make something of them.

    :raises Problem: ``index_missing`` or ``index_corrupt``, and whatever ``make`` raises.
    """
    while True:
        pointer = _pointer(folder)
        try:
            return make(_files(folder, *pointer))
        except Problem:
            # Two swaps may have happened since the pointer was read, and the version it named be gone.
            if _pointer(folder) == pointer:
                raise


def write(folder: Path, files: dict[str, bytes], meta: dict[str, Any]) -> str:
    """Write a new version and make it the current one.

    :param meta: stored as meta.json, with ``version`` and the ``files``' sha256 added.
    :returns: the version's name.
    :raises Problem: when the disk won't take it; the old version stays current.
    """
    version = new_id("idx")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            for left in folder.glob(f"{_BUILDING}*"):  # of a build that was killed; nobody else builds under the lock
                shutil.rmtree(left, ignore_errors=True)
            before = current_version(folder)
            building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=folder))
            try:
                for name, content in files.items():
                    _write(building / name, content)
                hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
                description = json.dumps({**meta, "version": version, "files": hashes}, indent=1).encode()
                _write(building / META, description)
                building.chmod(0o755)
                building.rename(folder / version)
                replace(folder / POINTER, f"{version} {hashlib.sha256(description).hexdigest()}\n".encode())
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
            _prune(folder, keep={version, before})  # the last one too: a reader may be in the middle of it
    except OSError as error:
        raise Problem(
            f"The index could not be written to {folder}: {error.strerror or error}.",
            next_step="Free space there or correct its permissions, then run: rapport train",
            code="index_write",
        ) from error
    return version


def replace(file: Path, content: bytes) -> None:
    """Put a file in place whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        _write(temporary, content)
        temporary.chmod(0o644)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # given back when the file is closed, also by a kill
        yield


def _prune(folder: Path, keep: set[str | None]) -> None:
    for other in folder.glob("idx_*"):
        if other.is_dir() and other.name not in keep:
            shutil.rmtree(other, ignore_errors=True)


def _pointer(folder: Path) -> tuple[str, str]:
    try:
        words = (folder / POINTER).read_text(encoding="utf-8").split()
    except (FileNotFoundError, NotADirectoryError):
        raise Problem(f"There is no index in {folder}.", next_step=_TRAIN, code="index_missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise corrupt(folder, f"{POINTER} can't be read ({error})") from None
    if len(words) != 2 or not words[0].startswith("idx_") or "/" in words[0]:
        raise corrupt(folder, f"{POINTER} does not name a version")
    return words[0], words[1]


def _files(folder: Path, version: str, sha256: str) -> dict[str, bytes]:
    description = _verified(folder, folder / version / META, sha256)
    try:
        hashes = dict(json.loads(description)["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise corrupt(folder, f"{META}: {error}") from None
    return {META: description, **{name: _verified(folder, folder / version / name, hashes[name]) for name in hashes}}


def _verified(folder: Path, file: Path, sha256: str) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise corrupt(folder, f"{file.name}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise corrupt(folder, f"{file.name} was changed or cut short")
    return content

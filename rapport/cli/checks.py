"""The doctor's checks: each looks at one thing and says what to do when it is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal

from rapport.shop import Shop
from rapport.store import Problem, Store, schema

from .model import check_model
from .places import LOCKS, ROOT, assistant_python
from .ports import holder, is_free
from .servers import wanted_ports
from .status import running
from .supervisor import answers

Verdict = Literal["ok", "warning", "wrong"]
DISK_NEEDED_GB = 1.0

_VERSIONS = """
import importlib.metadata, json, sys
print(json.dumps({"python": sys.version.split()[0],
                  "packages": {d.metadata["Name"].lower().replace("_", "-").replace(".", "-"): d.version
                               for d in importlib.metadata.distributions()}}))
"""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    verdict: Verdict
    found: str
    next_step: str = ""


def _problem(check: str, problem: Problem, verdict: Verdict = "wrong") -> Finding:
    return Finding(check, verdict, problem.what, problem.next_step)


def _installed(python: Path) -> tuple[str, dict[str, str]]:
    import json

    result = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(result.stdout)
    return answer["python"], answer["packages"]


def locked_versions(lock: Path, python: str) -> dict[str, str]:
    """Package versions a lock asks for on this machine, ``name -> version``.

    :param python: the full version of the interpreter the lock is for, to evaluate markers.
    """
    from packaging.markers import Marker

    versions = {}
    short = ".".join(python.split(".")[:2])
    for line in lock.read_text().splitlines():
        match = re.match(r"^([A-Za-z0-9_.-]+)(?:\[.*?\])?==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?$", line)
        if not match:
            continue
        name, version, marker = match.groups()
        if marker and not Marker(marker).evaluate({"python_full_version": python, "python_version": short}):
            continue
        versions[name.lower().replace("_", "-").replace(".", "-")] = version
    return versions


def check_interpreter(name: str, python: Callable[[], Path], lock: Path, wanted: tuple[int, int]) -> Iterator[Finding]:
    """One environment: does its interpreter run, and does it hold what the lock says?"""
    try:
        version, packages = _installed(python())
    except Problem as problem:
        yield _problem(f"{name} interpreter", problem)
        return
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        yield Finding(
            f"{name} interpreter",
            "wrong",
            f"It does not run: {error}",
            f"Run: make -C {quote(str(ROOT))} clean install",
        )
        return
    have = tuple(int(part) for part in version.split(".")[:2])
    fits = have == wanted if name == "assistant" else have >= wanted
    step = "" if fits else f"Install Python {wanted[0]}.{wanted[1]} and run: make -C {quote(str(ROOT))} clean install"
    yield Finding(f"{name} interpreter", "ok" if fits else "wrong", f"Python {version}", step)
    differing = [n for n, v in locked_versions(lock, version).items() if packages.get(n) != v]
    if differing:
        some = ", ".join(f"{n} ({packages.get(n, 'missing')})" for n in differing[:3])
        yield Finding(f"{name} lock", "wrong", f"{len(differing)} packages differ from {lock.name}: {some}",
                      f"Run: make -C {quote(str(ROOT))} install")  # fmt: skip
    else:
        yield Finding(f"{name} lock", "ok", f"as in {lock.name}")


def check_ports(shop: Shop) -> Iterator[Finding]:
    """Are the ports free, or ours?"""
    ours = bool(running(shop))
    for server, host, port, setting in wanted_ports(shop, lab=True):
        if is_free(host, port):
            yield Finding(f"port {port}", "ok", f"free for the {server}")
        elif ours:
            yield Finding(f"port {port}", "ok", f"in use by the running {server}")
        else:
            yield Finding(f"port {port}", "wrong", f"the {server} needs it; taken by {holder(port)}",
                          f"Stop that process or change {setting} in shop.toml.")  # fmt: skip


def check_secrets(shop: Shop) -> Iterator[Finding]:
    """Are the secrets there, long enough, and private?"""
    for name in ("session_key", "login_key"):
        try:
            shop.secret(name)
        except Problem as problem:
            yield _problem(f"secret {name}", problem)
            continue
        reference = getattr(shop.settings.secrets, name)
        if reference.file and (shop.folder / reference.file).stat().st_mode & 0o077:
            yield Finding(f"secret {name}", "wrong", "other users of this machine can read it",
                          f"Run: chmod 600 '{shop.folder / reference.file}'")  # fmt: skip
        else:
            yield Finding(f"secret {name}", "ok", "present and private")


def check_policy(shop: Shop) -> Iterator[Finding]:
    """Can the policy be read?"""
    try:
        shop.policy()
        yield Finding("policy", "ok", "policies/service.toml")
    except Problem as problem:
        yield _problem("policy", problem)


def check_store(shop: Shop) -> Iterator[Finding]:
    """Does the store open, and is its schema ours?"""
    store = Store(shop.store_url)
    try:
        schema.check(store)
        yield Finding("store", "ok", f"schema {schema.head()}")
    except Problem as problem:
        yield _problem("store", problem)
    except Exception as error:  # any driver's error: a doctor reports, it doesn't fall ill
        yield Finding("store", "wrong", f"cannot be opened: {error}", "Start the database or correct [store] url.")
    finally:
        store.close()


def check_models(shop: Shop) -> Iterator[Finding]:
    """Is the trained assistant whole, and does the index fit the encoder?"""
    try:
        yield Finding("assistant model", "ok", str(check_model(shop).name))
    except Problem as problem:
        yield _problem("assistant model", problem)
    import nlp_models.encoders
    from knowledge.index import Index
    from nlp_models.problem import ModelProblem

    try:
        encoder = nlp_models.encoders.load()
        yield Finding("encoder", "ok", f"{encoder.name}, weights verified ({encoder.sha256[:12]})")
        Index.load(shop.var / "index", encoder)
        yield Finding("article index", "ok", "whole, made with this encoder")
    except (Problem, ModelProblem) as problem:
        yield Finding("article index", "wrong", problem.what, problem.next_step)


def check_services(shop: Shop) -> Iterator[Finding]:
    """If it runs: does each server answer?"""
    pids = running(shop)
    if not pids:
        yield Finding("services", "ok", "not running; start them with: rapport serve")
        return
    health = {"assistant": f"{shop.rasa_url}/", "actions": f"{shop.actions_url}/health",
              "gateway": f"{shop.gateway_url}/healthz"}  # fmt: skip
    for name, url in health.items():
        good = name in pids and answers(url, 3)
        step = "" if good else f"Read {shop.var / 'log' / (name + '.log')}"
        yield Finding(name, "ok" if good else "wrong", "answers" if good else "does not answer", step)
    yield Finding("ingest", "ok" if "ingest" in pids else "wrong", "runs" if "ingest" in pids else "does not run")


def check_disk(shop: Shop) -> Iterator[Finding]:
    """Is there room for a training and some months of conversations?"""
    free = shutil.disk_usage(shop.folder).free / 1e9
    fits = free >= DISK_NEEDED_GB
    yield Finding("disk", "ok" if fits else "wrong", f"{free:.1f} GB free, {DISK_NEEDED_GB:.0f} GB wanted",
                  "" if fits else "Free some space before training or importing.")  # fmt: skip


def all_checks(shop: Shop) -> Iterator[Finding]:
    """Every check, cheapest first."""
    yield from check_disk(shop)
    yield from check_secrets(shop)
    yield from check_policy(shop)
    yield from check_ports(shop)
    yield from check_store(shop)
    yield from check_services(shop)
    lock = LOCKS / "main.lock"
    yield from check_interpreter("main", lambda: Path(sys.executable), lock, (3, 11))
    yield from check_interpreter("assistant", assistant_python, LOCKS / "assistant.lock", (3, 10))
    yield from check_models(shop)

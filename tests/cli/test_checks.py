"""The doctor's checks, one by one, on things that are wrong. That all is well is seen in tests/house."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rapport.cli import checks
from rapport.cli.init import prepare
from rapport.shop import Shop
from rapport.store import Problem

LOCK = """\
# a comment
alpha==1.2 \\
    --hash=sha256:00
    # via beta
Beta_Gamma[extra]==3.0 ; python_full_version >= '3.11' \\
    --hash=sha256:01
delta==4 ; sys_platform == 'win32' \\
    --hash=sha256:02
"""


def verdicts(findings: object) -> dict[str, str]:
    return {f.check: f.verdict for f in findings}  # type: ignore[attr-defined]


def test_a_lock_is_read_with_its_markers(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text(LOCK)
    assert checks.locked_versions(lock, "3.11.7") == {"alpha": "1.2", "beta-gamma": "3.0"}
    assert checks.locked_versions(lock, "3.10.1") == {"alpha": "1.2"}


def test_an_environment_that_differs_from_its_lock_is_named(tmp_path: Path, root: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text("pytest==0.1\nnowhere-to-be-found==1.0\n")
    python = root / ".venv" / "bin" / "python"
    found = list(checks.check_interpreter("main", lambda: python, lock, (3, 11)))
    assert verdicts(found) == {"main interpreter": "ok", "main lock": "wrong"}
    assert "2 packages differ" in found[1].found
    assert "nowhere-to-be-found (missing)" in found[1].found
    assert "make" in found[1].next_step


def test_an_interpreter_of_another_version_is_wrong(tmp_path: Path, root: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text("")
    python = root / ".venv" / "bin" / "python"
    assert (
        verdicts(checks.check_interpreter("assistant", lambda: python, lock, (3, 10)))["assistant interpreter"]
        == "wrong"
    )


def test_no_interpreter_is_wrong_not_a_crash(tmp_path: Path) -> None:
    def missing() -> Path:
        raise Problem("It is not there.", next_step="Install it.")

    (finding,) = checks.check_interpreter("assistant", missing, tmp_path / "a.lock", (3, 10))
    assert (finding.verdict, finding.next_step) == ("wrong", "Install it.")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o700)
    (finding,) = checks.check_interpreter("assistant", lambda: broken, tmp_path / "a.lock", (3, 10))
    assert finding.verdict == "wrong"


def test_a_taken_port_is_wrong(shop: Shop) -> None:
    from tools.house import House

    house = House(shop.folder.parent / "other")
    with socket.socket() as server:
        server.bind(("127.0.0.1", house.shop.settings.assistant.rasa_port))
        server.listen()
        found = verdicts(checks.check_ports(house.shop))
    assert found[f"port {house.shop.settings.assistant.rasa_port}"] == "wrong"
    assert list(found.values()).count("ok") == 3


def test_a_secret_that_others_can_read_is_wrong(shop: Shop) -> None:
    assert set(verdicts(checks.check_secrets(shop)).values()) == {"ok"}
    os.chmod(shop.var / "secrets" / "login.key", 0o644)
    found = {f.check: f for f in checks.check_secrets(shop)}
    assert found["secret login_key"].verdict == "wrong"
    assert "chmod 600" in found["secret login_key"].next_step
    (shop.var / "secrets" / "session.key").unlink()
    assert verdicts(checks.check_secrets(shop))["secret session_key"] == "wrong"


def test_a_store_that_is_empty_or_newer_is_wrong(shop: Shop) -> None:
    (finding,) = checks.check_store(shop)
    assert finding.verdict == "wrong"
    assert "rapport init" in finding.next_step
    store = prepare(shop)
    (finding,) = checks.check_store(shop)
    assert finding.verdict == "ok"
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    (finding,) = checks.check_store(shop)
    assert (finding.verdict, "newer" in finding.found) == ("wrong", True)


def test_nothing_trained_is_wrong_with_the_command(shop: Shop) -> None:
    found = {f.check: f for f in checks.check_models(shop)}
    assert found["encoder"].verdict == "ok"
    for name in ("assistant model", "article index"):
        assert found[name].verdict == "wrong"
        assert "rapport train" in found[name].next_step


def test_no_room_is_wrong(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdicts(checks.check_disk(shop)) == {"disk": "ok"}
    monkeypatch.setattr(checks, "DISK_NEEDED_GB", 1e9)
    assert verdicts(checks.check_disk(shop)) == {"disk": "wrong"}

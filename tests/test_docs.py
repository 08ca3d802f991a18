"""The documentation names everything there is: every command and every setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rapport.cli.main import app
from rapport.shop import Settings


def commands() -> list[str]:
    return [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]


def settings() -> list[str]:
    return [f"{section}.{name}" for section, field in Settings.model_fields.items()
            for name in field.annotation.model_fields]  # type: ignore[union-attr]  # fmt: skip


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(root: Path, command: str) -> None:
    assert f"## rapport {command}\n" in (root / "docs" / "commands.md").read_text("utf-8")


def test_no_command_is_documented_that_does_not_exist(root: Path) -> None:
    documented = re.findall(r"^## rapport (\S+)$", (root / "docs" / "commands.md").read_text("utf-8"), re.M)
    assert sorted(documented) == sorted(commands())


@pytest.mark.parametrize("setting", settings())
def test_every_setting_is_documented(root: Path, setting: str) -> None:
    assert f"| `{setting}` |" in (root / "docs" / "shop.md").read_text("utf-8")


def test_no_setting_is_documented_that_does_not_exist(root: Path) -> None:
    settings_section = (root / "docs" / "shop.md").read_text("utf-8").partition("## Settings")[2]
    documented = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", settings_section, re.M)
    assert sorted(documented) == sorted(settings())

"""The shop folder: everything that is a shop's own, read and checked."""

from __future__ import annotations

import os
import re
from pathlib import Path
from shlex import quote
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomllib
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rapport.store import Problem, sqlite_url

SUPPORTED_LANGUAGES = ("en", "zh")
MIN_SECRET_BYTES = 32


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(_Section):
    """``[shop]``: who the shop is."""

    name: dict[str, str]
    languages: list[Literal["en", "zh"]] = Field(min_length=1)
    default_language: Literal["en", "zh"]
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    timezone: str
    order_number_pattern: str

    @field_validator("order_number_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("not an IANA time zone such as Europe/Berlin") from None
        return value


class StoreSettings(_Section):
    """``[store]``: where the system of record lives."""

    url: str = ""


class GatewaySettings(_Section):
    """``[gateway]``: the public door and its limits."""

    host: str = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    origins: list[str] = []
    max_text: int = Field(default=1000, ge=1, le=4000)
    messages_per_minute: int = Field(default=20, ge=1)
    sessions_per_minute: int = Field(default=30, ge=1)
    session_hours: int = Field(default=24, ge=1, le=720)


class AssistantSettings(_Section):
    """``[assistant]``: Rasa and the action server, on loopback."""

    rasa_port: int = Field(default=8605, ge=1, le=65535)
    actions_port: int = Field(default=8606, ge=1, le=65535)
    tracker_url: str = ""
    lock_store_url: str = ""


class LabSettings(_Section):
    """``[lab]``: JupyterLab."""

    port: int = Field(default=8688, ge=1, le=65535)


class CodeSettings(_Section):
    """``[codes]``: one-time codes."""

    sender: Literal["file", "console"] = "file"
    minutes: int = Field(default=10, ge=1, le=60)


class SecretReference(_Section):
    """Where a secret is: one of a file (relative to the shop folder) or an environment variable."""

    file: str | None = None
    env: str | None = None


class Secrets(_Section):
    """``[secrets]``: references, never values."""

    session_key: SecretReference
    login_key: SecretReference


class Settings(_Section):
    """The whole of ``shop.toml``."""

    shop: Identity
    store: StoreSettings = StoreSettings()
    gateway: GatewaySettings = GatewaySettings()
    assistant: AssistantSettings = AssistantSettings()
    lab: LabSettings = LabSettings()
    codes: CodeSettings = CodeSettings()
    secrets: Secrets


def _first_problem(file: Path, error: ValidationError) -> Problem:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    # A missing setting's "input" is its whole section, which helps nobody and may hold a secret.
    got = f" (got {first.get('input')!r})" if first["type"] not in {"missing", "extra_forbidden"} else ""
    message = "there is no such setting" if first["type"] == "extra_forbidden" else first["msg"]
    return Problem(
        f"{file}: {where}: {message}{got}.",
        next_step=f"Correct {where} in {file}; docs/shop.md explains every setting.",
        code="shop_settings",
    )


class Shop:
    """A shop folder on disk.

    :param folder: the folder that holds ``shop.toml``.
    :raises Problem: when it is missing, is not TOML, or a setting is wrong.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).expanduser().resolve()
        file = self.folder / "shop.toml"
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Problem(
                f"{self.folder} is not a shop folder: it has no shop.toml.",
                next_step=f"Make one with: rapport init {quote(str(self.folder))}",
                code="shop_missing",
            ) from None
        except UnicodeDecodeError as error:
            raise Problem(
                f"{file} is not UTF-8 (byte {error.start}).", next_step="Save it as UTF-8.", code="not_utf8"
            ) from None
        except OSError as error:
            raise Problem(
                f"{file} cannot be read: {error.strerror}.",
                next_step="Correct its permissions.",
                code="shop_unreadable",
            ) from None
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Problem(f"{file} is not TOML: {error}.", next_step="Correct that line.", code="shop_toml") from None
        try:
            self.settings = Settings.model_validate(raw)
        except ValidationError as error:
            raise _first_problem(file, error) from None

    @classmethod
    def find(cls, folder: Path | str | None = None) -> Shop:
        """The shop named, else ``$RAPPORT_SHOP``, else this folder, else the demo shop beside the code.

        :raises Problem: when none of them is a shop folder.
        """
        if folder is None:
            folder = os.environ.get("RAPPORT_SHOP")
        if folder is None:
            here = Path.cwd()
            demo = Path(__file__).resolve().parent.parent / "shops" / "demo"
            folder = here if (here / "shop.toml").is_file() or not (demo / "shop.toml").is_file() else demo
        return cls(folder)

    @property
    def var(self) -> Path:
        """What is made here and never versioned: store, models, index, logs, secrets."""
        return self.folder / "var"

    @property
    def store_url(self) -> str:
        """The address of the store."""
        return self.settings.store.url or sqlite_url(self.var / "store.sqlite")

    @property
    def tracker_url(self) -> str:
        """The address of Rasa's tracker store."""
        return self.settings.assistant.tracker_url or sqlite_url(self.var / "tracker.sqlite")

    @property
    def rasa_url(self) -> str:
        """Rasa's address, on loopback."""
        return f"http://127.0.0.1:{self.settings.assistant.rasa_port}"

    @property
    def actions_url(self) -> str:
        """The action server's address, on loopback."""
        return f"http://127.0.0.1:{self.settings.assistant.actions_port}"

    @property
    def gateway_url(self) -> str:
        """The gateway's address as seen from this machine."""
        return f"http://{self.settings.gateway.host}:{self.settings.gateway.port}"

    def policy(self) -> dict[str, Any]:
        """``policies/service.toml``.

        :raises Problem: when it is missing or not TOML.
        """
        file = self.folder / "policies" / "service.toml"
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Problem(
                f"{file} is missing.", next_step="Copy it from shops/demo/policies and adapt it.", code="policy_missing"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Problem(f"{file} is not TOML: {error}.", next_step="Correct that line.", code="policy") from None

    def secret(self, name: Literal["session_key", "login_key"]) -> str:
        """A secret's value.

        :raises Problem: when it is not there or shorter than 32 bytes.
        """
        reference: SecretReference = getattr(self.settings.secrets, name)
        if reference.env:
            value, place = os.environ.get(reference.env, ""), f"the environment variable {reference.env}"
        else:
            path = self.folder / (reference.file or "")
            value, place = (path.read_text().strip() if path.is_file() else ""), str(path)
        if len(value.encode()) < MIN_SECRET_BYTES:
            raise Problem(
                f"The secret {name} in {place} is missing or shorter than {MIN_SECRET_BYTES} bytes.",
                next_step=f"Make one with: rapport init {quote(str(self.folder))}",
                code="secret_missing",
            )
        return value

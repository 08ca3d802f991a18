"""Senders of one-time codes, chosen by ``[codes] sender`` in shop.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import tomllib

from rapport.shop import Shop
from rapport.store import utcnow


@dataclass(frozen=True)
class CodeMessage:
    """What is to be sent: the code, the address on file, and the language to write in."""

    id: str
    to: str
    code: str
    language: str
    minutes: int


class Sender(Protocol):
    """Brings a code to an address.

    ``send`` should return at once and queue what takes long: a wait that happens only when an address is on file
    would tell a stranger that it is.
    """

    def send(self, message: CodeMessage) -> None:
        """Send it, or raise."""


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("rapport.customers") / "texts.toml").read_text(encoding="utf-8"))


def compose(message: CodeMessage, shop_names: Mapping[str, str]) -> str:
    """The message as text: address, subject and body, in the customer's language.

    :param shop_names: the shop's name per language; ``[shop] name`` of shop.toml.
    """
    texts = _catalogue()
    language = message.language.split("-")[0]
    if language not in texts:
        language = "en"
    shop = shop_names.get(language) or next(iter(shop_names.values()))
    values = {"shop": shop, "code": message.code, "minutes": message.minutes}
    subject, body = (texts[language][part].format(**values).strip() for part in ("subject", "body"))
    return f"To: {message.to}\nSubject: {subject}\n\n{body}\n"


class FileSender:
    """Writes each message to ``<folder>/<time>-<id>.txt``, readable by the owner alone."""

    def __init__(self, folder: Path, shop_names: Mapping[str, str]) -> None:
        self.folder = folder
        self.shop_names = shop_names

    def send(self, message: CodeMessage) -> None:
        """Write the file.

        :raises OSError: when the folder cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / f"{utcnow():%Y%m%dT%H%M%SZ}-{message.id}.txt"
        # The mode is given at creation: between a write and a later chmod anyone could read the code.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(compose(message, self.shop_names))


class ConsoleSender:
    """Prints each message to standard error: for a shop that is being tried out."""

    def __init__(self, shop_names: Mapping[str, str]) -> None:
        self.shop_names = shop_names

    def send(self, message: CodeMessage) -> None:
        """Print it."""
        print(compose(message, self.shop_names), file=sys.stderr, flush=True)


def sender_for(shop: Shop) -> Sender:
    """The sender that ``[codes] sender`` names."""
    if shop.settings.codes.sender == "console":
        return ConsoleSender(shop.settings.shop.name)
    return FileSender(shop.var / "sent", shop.settings.shop.name)

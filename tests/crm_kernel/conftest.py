"""A seeded shop, and a Jupyter that touches nothing of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from rapport.shop import Shop
from rapport.store import Store, schema

from ..metrics.seed import seed


@pytest.fixture(scope="session")
def metric_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metric-cache")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, metric_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for everything that Jupyter and IPython keep."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
        (folder / name.lower()).mkdir()
    monkeypatch.setenv("RAPPORT_CACHE", str(metric_cache))
    # Without it the kernel's debugger complains about frozen modules on stderr.
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    return folder


@pytest.fixture
def empty_shop(shop: Shop) -> Shop:
    """The demo shop's folder with a store that has tables and no rows."""
    store = Store(shop.store_url)
    schema.upgrade(store)
    store.close()
    return shop


@pytest.fixture
def seeded_shop(empty_shop: Shop) -> Shop:
    """The same with the hand-counted March 2026 of tests/metrics."""
    store = Store(empty_shop.store_url)
    seed(store)
    store.close()
    return empty_shop


@pytest.fixture(scope="session")
def bare_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """One IPython for all tests, without history."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        config = Config()
        config.HistoryManager.enabled = False
        made = InteractiveShell.instance(config=config)
        yield made
        InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """That IPython with the extension loaded, and nothing left of the test before."""
    bare_shell.extension_manager.load_extension("crm_kernel")
    yield bare_shell
    bare_shell.extension_manager.unload_extension("crm_kernel")
    bare_shell.reset(new_session=False)

"""One cache of compiled SQL for all metric tests, away from the user's."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def metric_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metric-cache")


@pytest.fixture(autouse=True)
def _cache(metric_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_CACHE", str(metric_cache))

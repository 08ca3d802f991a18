"""docs/demo-shop.md says what the code does."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from rapport.demo import PERSONAS, SEED, DemoReport, Process
from rapport.shop import Shop
from rapport.store import Store, schema

from .conftest import NOW


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "demo-shop.md").read_text(encoding="utf-8")


def _table(page: str, heading: str) -> dict[str, str]:
    section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `([\w.]+)` \| (.*?) \|", section, re.MULTILINE))


def test_every_parameter_is_there_with_its_value(page: str):
    process = Process()
    written = _table(page, "Parameters")
    assert list(written) == [field.name for field in fields(process)]
    for name, value in asdict(process).items():
        assert written[name] == (", ".join(map(str, value)) if isinstance(value, tuple) else str(value)), name


def test_the_figures_are_those_of_the_generator(page: str, demo: tuple[Store, DemoReport]):
    _, report = demo
    assert f"seed {SEED}" in page
    assert NOW.isoformat() in page
    written = _table(page, "What came out")
    known = asdict(report)
    known |= {f"lapsed_valued.{language}": count for language, count in known.pop("lapsed_valued").items()}
    assert set(written) == set(known) - {"seed", "now", "already", "sha256"}
    for name, value in written.items():
        decimals = len(value.partition(".")[2])
        assert value == (f"{known[name]:.{decimals}f}" if decimals else str(known[name])), name


def test_the_personas_are_there(page: str):
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `demo-")}
    assert list(rows) == [persona.external_id for persona in PERSONAS]
    for persona in PERSONAS:
        row = rows[persona.external_id]
        assert persona.name in row
        assert persona.email in row
        assert f"| {persona.language} |" in row
        assert all(order.number in row for order in persona.orders)


def test_the_example_runs(page: str, shop: Shop):
    store = Store(shop.store_url)
    schema.upgrade(store)
    store.close()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code.group(1), names)
    report = names["report"]
    assert isinstance(report, DemoReport)
    assert report.contacts == 1204

"""The shipped notebook, executed in the ``crm`` kernel on a seeded and on an empty shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from crm_kernel.spec import install

from rapport.shop import Shop

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "first-look.ipynb"

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def run(folder: Path) -> Any:
    install(user=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def outputs(notebook: Any) -> str:
    """All that is shown, as plain text."""
    shown = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", output
            assert output.get("name") != "stderr", output
            shown.append(output.get("text") or output.data.get("text/plain", ""))
    return "\n".join(shown)


def test_on_a_shop_with_conversations(seeded_shop: Shop) -> None:
    notebook = run(seeded_shop.folder)
    shown = outputs(notebook)
    for part in ("Maple & Moss", "Satisfaction (CSAT): 50.0 %", "Containment: 83.3 %", "Repeat rate: 66.7 %",
                 "Dashboard: 11 customer turns", "text 11 <b>&"):  # fmt: skip
        assert part in shown, part
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {})
               for cell in notebook.cells for output in cell.get("outputs", []))  # fmt: skip


def test_on_a_fresh_shop(empty_shop: Shop) -> None:
    shown = outputs(run(empty_shop.folder))
    assert shown.count("no data") >= 4
    assert "rapport serve" in shown


def test_it_is_shipped_clean() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "crm"
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]

"""What was said in the chat is what the analyst sees: the same numbers from the store and from the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sqlalchemy import select

from rapport.metrics import compute
from rapport.store import Store, SurveyResponse
from tools.house import House

from .test_questions import turns_of

pytestmark = pytest.mark.filterwarnings("ignore")  # nbclient and zmq warn on their own behalf


@pytest.fixture(scope="module")
def rated(house: House, house_store: Store) -> House:
    """Three more conversations: two happy, one not; one of them asked for a person."""
    for text, rating in (("How long does delivery take?", 5), ("退款多久能到账？", 4), ("I want a human", 2)):
        chat = house.chat("zh" if "退" in text else "en")
        chat.say(text)
        assert chat.http.post("/v1/ratings/shown", json={}).is_success
        assert chat.http.post("/v1/ratings", json={"value": rating}).is_success
        turns_of(house_store, chat, 1)
    return house


def test_csat_counts_the_ratings(rated: House, house_store: Store) -> None:
    with house_store.read() as session:
        values = session.scalars(select(SurveyResponse.value).where(SurveyResponse.survey_code == "csat")).all()
    happy = sum(v >= 4 for v in values)
    result = compute(rated.shop.store_url, "csat")
    assert (result.numerator, result.n) == (happy, len(values))
    assert result.value == pytest.approx(happy / len(values))
    low, high = result.interval.low, result.interval.high
    assert 0 <= low < result.value < high <= 1


def notebook_environment(house: House, folder: Path) -> dict[str, str]:
    return os.environ | {
        "RAPPORT_SHOP": str(house.folder), "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
    }  # fmt: skip


def run_cells(house: House, folder: Path, *cells: str) -> list[str]:
    """Run cells in a real kernel and return what each printed or showed as text."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env=notebook_environment(house, folder))
    texts = []
    for cell in notebook.cells:
        parts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
        texts.append("\n".join(parts))
    return texts


def test_the_kernel_shows_the_same_numbers(rated: House, tmp_path: Path) -> None:
    code = "import json; print(json.dumps({n: [getattr(crm, n)().value, getattr(crm, n)().n] for n in NAMES}))"
    names = ["csat", "containment", "repeat_rate"]
    *_, printed = run_cells(rated, tmp_path, "%load_ext crm_kernel", code.replace("NAMES", repr(names)))
    shown = json.loads(printed)
    for name in names:
        result = compute(rated.shop.store_url, name)
        assert shown[name] == [result.value, result.n], name
        assert result.n > 0


def test_chat_from_the_notebook_reaches_the_assistant(rated: House, tmp_path: Path) -> None:
    _, printed = run_cells(rated, tmp_path, "%load_ext crm_kernel", "%%chat --lang zh\n退款多久能到账？")
    assert "answered" in printed
    assert "refunds-when" in printed


def test_the_notebook_runs_on_the_running_shop(
    rated: House, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        [sys.executable, "-m", "crm_kernel", "install", "--prefix", tmp_path], check=True, capture_output=True
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    notebook = nbformat.read(root / "notebooks" / "first-look.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=180, kernel_name="crm", resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=notebook_environment(rated, tmp_path))
    assert not [o for c in notebook.cells for o in c.get("outputs", []) if o["output_type"] == "error"]


def test_status_and_doctor_say_that_all_is_well(rated: House) -> None:
    status = rated.run("status")
    assert status.returncode == 0, status.stderr
    assert status.stdout.count("healthy") == 4
    doctor = rated.run("doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "All is well" in doctor.stdout
    assert sys.version.split()[0] in doctor.stdout

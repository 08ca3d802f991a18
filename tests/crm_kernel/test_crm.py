"""``crm`` and its metrics in a shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from crm_kernel.crm import Crm
from crm_kernel.measure import Measure
from IPython.core.interactiveshell import InteractiveShell

from rapport.metrics import CATALOGUE
from rapport.shop import Shop
from rapport.store import Problem

MARCH = {"since": "2026-03-01", "until": "2026-04-01"}


def test_the_extension_puts_crm_into_the_namespace(shell: InteractiveShell, seeded_shop: Shop) -> None:
    assert isinstance(shell.user_ns["crm"], Crm)
    assert shell.run_cell("crm.csat.n").result == 4
    shell.extension_manager.unload_extension("crm_kernel")
    assert "crm" not in shell.user_ns
    assert "chat" not in shell.magics_manager.magics["cell"]
    shell.extension_manager.load_extension("crm_kernel")
    assert shell.run_cell("crm.csat.value").result == 0.5


def test_unloading_leaves_what_the_analyst_named_crm(shell: InteractiveShell) -> None:
    shell.run_cell("crm = 5")
    shell.extension_manager.unload_extension("crm_kernel")
    assert shell.user_ns["crm"] == 5


def test_a_metric_over_a_window(seeded_shop: Shop) -> None:
    crm = Crm()
    csat = crm.csat(**MARCH)
    assert isinstance(csat, Measure)
    assert (csat.value, csat.n, csat.coverage) == (pytest.approx(2 / 3), 3, pytest.approx(0.6))
    assert crm.containment(**MARCH).value == pytest.approx(0.8)
    assert crm.repeat_rate(**MARCH).value == pytest.approx(1 / 3)
    assert len(csat.rows()) == 5
    assert csat.interval is not None
    assert str(csat.window) == "2026-03-01 to before 2026-04-01 (UTC)"


def test_it_shows_value_interval_n_coverage_and_formula(seeded_shop: Shop) -> None:
    csat = Crm().csat(**MARCH)
    for shown in (repr(csat), csat._repr_html_()):
        for part in ("66.7 %", "20.8 to 93.9 %", "2 of 3", "60.0 %", CATALOGUE["csat"].formula, "Wilson"):
            assert part in shown, part


def test_a_count_has_no_interval(seeded_shop: Shop) -> None:
    shown = repr(Crm().conversation_count)
    assert shown.startswith("Conversations: 6\n")
    assert "interval" not in shown


def test_an_empty_store_says_what_to_do(empty_shop: Shop) -> None:
    crm = Crm()
    for name, metric in CATALOGUE.items():
        measure = crm.metric(name)
        assert measure.value is None
        assert metric.when_empty in repr(measure)
        assert "nan" not in repr(measure).lower()
        assert "no data" in measure._repr_html_()
    assert crm.turns().empty
    assert crm.conversations().empty


def test_tables(seeded_shop: Shop) -> None:
    crm = Crm()
    assert len(crm.turns(**MARCH)) == 10
    assert crm.conversations()["conversation_id"].tolist() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_fresh_number_each_time(seeded_shop: Shop) -> None:
    crm = Crm()
    kept = crm.csat
    assert kept.n == 4
    from sqlalchemy import text

    from rapport.store import Store

    store = Store(seeded_shop.store_url)
    with store.write() as session:
        session.execute(text("DELETE FROM survey_response"))
    store.close()
    assert kept.n == 4
    assert crm.csat.n == 0


def test_completion_and_help(shell: InteractiveShell, seeded_shop: Shop) -> None:
    crm = Crm()
    assert set(CATALOGUE) < set(dir(crm))
    assert all(hasattr(crm, name) for name in dir(crm))
    assert all(hasattr(crm.csat, name) for name in dir(crm.csat))
    assert CATALOGUE["csat"].formula in (crm.csat.__doc__ or "")
    assert "Wilson" not in (Crm.__doc__ or "")
    found = shell.object_inspect_text("crm.csat")
    assert CATALOGUE["csat"].sentence in found


def test_an_unknown_attribute_names_the_metrics() -> None:
    with pytest.raises(AttributeError, match=r"crm has no 'nps'. Metrics: csat, containment"):
        Crm().nps  # noqa: B018


def test_a_problem_is_short(shell: InteractiveShell, seeded_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    result = shell.run_cell("crm.csat(since='soon').value")
    assert not result.success
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert "since='soon' is neither a day nor a time." in printed.err


def test_another_shop(seeded_shop: Shop, tmp_path: Path) -> None:
    crm = Crm()
    assert "Maple & Moss" in repr(crm)
    assert "Maple &amp; Moss" in crm._repr_html_()
    with pytest.raises(Problem):
        crm.use(tmp_path)
    assert crm.use(seeded_shop.folder).csat.n == 4


def test_loading_imports_nothing_heavy() -> None:
    heavy = {"pandas", "duckdb", "ibis", "anywidget", "ipywidgets", "pydantic", "alembic"}
    code = f"import sys, crm_kernel.extension; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

"""The dashboard's cube, its static figure, and what it hands to front ends."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import pytest
from crm_kernel.crm import Crm
from crm_kernel.cube import EMPTY, Cube
from crm_kernel.dashboard import Dashboard, asset
from crm_kernel.figure import bars, bucket_of, summary

from rapport.shop import Shop
from rapport.store.turn import OUTCOMES

# anywidget's comm, where no kernel runs
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:DeprecationWarning:ipykernel", "ignore:.*:DeprecationWarning:traitlets"
)


def test_the_cube_of_the_seeded_march(seeded_shop: Shop) -> None:
    cube = Crm().dashboard("2026-03-01", "2026-04-01").cube
    assert cube.turns[:3] == (
        ("2026-03-02", "en", "answered", 1), ("2026-03-02", "en", "chitchat", 2), ("2026-03-03", "zh", "abstained", 1),
    )  # fmt: skip
    assert sum(row[3] for row in cube.turns) == 10
    assert cube.ratings == (("2026-03-02", "en", 1, 1), ("2026-03-03", "zh", 1, 1), ("2026-03-05", "en", 1, 0))
    assert cube.languages == ["en", "zh"]
    assert summary(cube) == (
        "10 customer turns from 2026-03-02 to 2026-03-31; 43% of 7 that wanted something answered or done; "
        "CSAT 67% of 3 ratings."
    )


def test_every_outcome_of_the_store_has_a_place_and_a_colour() -> None:
    cube = Cube(tuple(("2026-03-01", "en", outcome, 1) for outcome in OUTCOMES), ())
    assert sorted(cube.as_json()["outcomes"]) == sorted(OUTCOMES)
    for outcome in OUTCOMES:
        assert f".o-{outcome} " in asset("dashboard.css")
        assert f'class="o-{outcome}"' in Dashboard(cube).static_html()


def test_days_without_turns_are_bars_of_nothing() -> None:
    cube = Cube((("2026-03-01", "en", "done", 2), ("2026-03-03", "en", "done", 1)), ())
    assert [(day, sum(counts.values())) for day, counts in bars(cube)] == [
        ("2026-03-01", 2), ("2026-03-02", 0), ("2026-03-03", 1)]  # fmt: skip


@pytest.mark.parametrize(
    ("span", "first"), [(62, "2026-03-05"), (63, "2026-03-02"), (430, "2026-03-02"), (431, "2026-03-01")]
)
def test_long_windows_are_drawn_by_week_or_month(span: int, first: str) -> None:
    assert bucket_of("2026-03-05", span) == first


def test_the_static_figure_has_a_text_alternative_and_a_table(seeded_shop: Shop) -> None:
    dashboard = Crm().dashboard()
    html = dashboard.static_html()
    assert f'role="img" aria-label="{summary(dashboard.cube)}"' in html
    assert "<caption>Customer turns by date (UTC) and outcome. By language: English 8, 中文 3.</caption>" in html
    assert "<script" not in html
    assert repr(dashboard) == f"Dashboard: {summary(dashboard.cube)}"


def test_an_empty_store_says_what_to_do(empty_shop: Shop) -> None:
    dashboard = Crm().dashboard()
    assert EMPTY in dashboard.static_html()
    assert "rapport serve" in repr(dashboard)
    assert "<svg" not in dashboard.static_html()


def test_front_ends_get_widget_figure_and_text(seeded_shop: Shop) -> None:
    bundle = Crm().dashboard()._repr_mimebundle_()
    assert isinstance(bundle, tuple)
    data, _ = bundle
    assert set(data) >= {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert "<svg" in data["text/html"]


def test_without_anywidget_the_figure_remains(seeded_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "crm_kernel.widget", raising=False)
    data = Crm().dashboard()._repr_mimebundle_()
    assert isinstance(data, dict)
    assert set(data) == {"text/plain", "text/html"}


def test_what_the_store_holds_can_not_become_markup() -> None:
    cube = Cube((("2026-03-01", "</script><img src=x>", "done", 1),), ())
    page = Dashboard(cube).to_html()
    assert "<img" not in page
    assert page.count("</script>") == 1


class Links(HTMLParser):
    """Collects everything that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]


def test_nothing_is_fetched(seeded_shop: Shop) -> None:
    links = Links()
    links.feed(Crm().dashboard().to_html())
    assert links.found == []
    script = asset("dashboard.js").replace("http://www.w3.org/2000/svg", "")
    for word in ("http:", "https:", "import ", "import(", "fetch(", "XMLHttpRequest"):
        assert word not in script
    assert "url(" not in asset("dashboard.css")
    assert "@import" not in asset("dashboard.css")
    assert len(asset("dashboard.js")) < 12_000

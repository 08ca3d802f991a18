"""Pages, articles, the widget's files and its size."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest
from gateway_kit import Running

from gateway.site import price
from rapport.store import Article, Product, Store, Variant, new_id


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite alone: what is tested here does not touch SQL."""
    return sqlite_store


MOST_WIDGET = 15_000  # bytes, compressed


def get(gateway: Running, path: str, **headers: str) -> httpx.Response:
    return httpx.get(gateway.url + path, headers=headers, trust_env=False)


def add_article(store: Store, version: int, body: str, *, active: bool = True) -> None:
    with store.write() as session:
        session.add(
            Article(
                id=new_id("art"),
                key="delivery-eu",
                language="en",
                version=version,
                title="How <long>?",
                topic="delivery",
                body=body,
                sha256="0" * 64,
                active=active,
            )
        )


def test_the_shop_page_speaks_both_languages(gateway: Running) -> None:
    english, chinese = get(gateway, "/"), get(gateway, "/?lang=zh")
    assert '<html lang="en">' in english.text and "Maple &amp; Moss" in english.text
    assert '<html lang="zh-CN">' in chinese.text and "枫苔" in chinese.text
    assert '<html lang="zh-CN">' in get(gateway, "/", **{"Accept-Language": "zh-CN,zh;q=0.9"}).text
    for page in (english.text, chinese.text):
        assert "<rapport-chat" in page and "$" not in page.replace("$4", "")
        assert "<style" not in page and " style=" not in page and "<script>" not in page


def test_products_come_from_the_store_escaped(gateway: Running, store: Store) -> None:
    with store.write() as session:
        names = {"en": "Towel <b>", "zh": "毛巾"}
        product = Product(
            id=new_id("prd"), external_id="P1", name="Towel", names=names, category="towels", source="test"
        )
        session.add(product)
        session.flush()
        for minor in (4990, 2450):
            session.add(
                Variant(id=new_id("var"), product_id=product.id, sku=str(minor), price_minor=minor, currency="EUR")
            )
    page = get(gateway, "/").text
    assert "Towel &lt;b&gt;" in page and "from €24.50" in page and "art-towel.svg" in page
    assert "毛巾" in get(gateway, "/?lang=zh").text


def test_the_active_article_is_shown_and_never_run(gateway: Running, store: Store) -> None:
    add_article(store, 1, "old")
    add_article(store, 2, "**Three** days. <script>alert(1)</script> [x](javascript:alert(1))")
    add_article(store, 3, "withdrawn", active=False)
    answer = get(gateway, "/articles/en/delivery-eu")
    assert answer.status_code == 200
    assert "<strong>Three</strong> days." in answer.text and "How &lt;long&gt;?" in answer.text
    assert "<script>alert" not in answer.text and 'href="javascript:' not in answer.text
    assert "withdrawn" not in answer.text


@pytest.mark.parametrize("path", ["en/nothing", "xx/delivery", "zh/{x}", "en/%00"])
def test_an_article_that_is_not_there(gateway: Running, path: str) -> None:
    answer = get(gateway, f"/articles/{path}")
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


def test_the_widget_is_small(root: Path) -> None:
    files = [file for file in (root / "gateway" / "widget").iterdir() if file.suffix in (".js", ".css", ".json")]
    assert {"rapport-chat.js", "rapport-chat.css", "texts.js"} <= {file.name for file in files}
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in files}
    assert sum(sizes.values()) < MOST_WIDGET, sizes


def test_the_widget_never_makes_markup_of_text(root: Path) -> None:
    for file in (root / "gateway").glob("*/*.js"):
        code = file.read_text()
        for bad in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            ".style.",
        ):
            assert bad not in code, f"{file.name}: {bad}"


def test_the_widgets_short_address(gateway: Running) -> None:
    answer = httpx.get(f"{gateway.url}/widget.js", follow_redirects=True, trust_env=False)
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]


def test_prices() -> None:
    assert price(123456, "EUR", "en") == "€1,234.56"
    assert price(500, "SEK", "en") == "5.00 SEK"

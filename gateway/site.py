"""Pages and files: the demo shop page, articles, and the widget."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from typing import Any

from anyio import to_thread
from markdown_it import MarkdownIt
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from rapport.service.text import storable
from rapport.store import Article, Product, Store, Variant

from .catalogue import catalogue
from .context import Context

HERE = Path(__file__).parent
PAGES, WIDGET = HERE / "pages", HERE / "widget"
CARDS = 6  # products on the demo page
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "CNY": "¥"}
# A picture per kind of product, found by a word in its category or English name.
ART = {
    "curtain": "curtain",
    "towel": "towel",
    "bed": "bed",
    "duvet": "bed",
    "pillow": "bed",
    "sheet": "bed",
    "sock": "sock",
    "knit": "sweater",
    "cardigan": "sweater",
    "jumper": "sweater",
    "sweater": "sweater",
    "scarf": "scarf",
    "blanket": "blanket",
    "throw": "blanket",
    "shirt": "shirt",
    "tee": "shirt",
    "gift": "gift",
    "card": "gift",
    "dress": "dress",
    "skirt": "dress",
    "coat": "coat",
    "jacket": "coat",
    "parka": "coat",
    "outerwear": "coat",
    "trouser": "trousers",
    "chino": "trousers",
    "jeans": "trousers",
    "kitchen": "kitchen",
    "apron": "kitchen",
    "tablecloth": "kitchen",
    "tops": "shirt",
    "bath": "towel",
    "living": "blanket",
}
# html off: what an article holds is shown as text, never run. Links keep markdown-it's allow-list of schemes.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def _template(name: str) -> Template:
    return Template((PAGES / name).read_text(encoding="utf-8"))


def _escaped(words: dict[str, Any]) -> dict[str, str]:
    return {key: html.escape(str(value)) for key, value in words.items()}


def _frame(context: Context, language: str, title: str, main: str, path: str) -> str:
    """A whole page around its main part."""
    settings = context.shop.settings.shop
    words = catalogue(language)["page"]
    names = {"en": "English", "zh": "中文"}
    switch = "".join(
        f'<a href="{html.escape(path.replace("{language}", code))}" hreflang="{code}" lang="{code}"'
        f"{' aria-current=true' if code == language else ''}>{names[code]}</a>"
        for code in settings.languages
    )
    shop_name = settings.name.get(language) or next(iter(settings.name.values()))
    return _template("frame.html").substitute(
        _escaped(words) | {"shop": html.escape(shop_name), "heading": html.escape(title)},
        lang=words["html_lang"],
        language=language,
        switch=switch,
        main=main,
    )


def price(minor: int, currency: str, language: str) -> str:
    """An amount as people write it: ``€49.90``, in Chinese ``€49.90`` too; a currency without a sign is named.

    :param minor: hundredths of the currency.
    """
    amount = f"{minor // 100:,}.{minor % 100:02d}"
    return f"{SYMBOLS[currency]}{amount}" if currency in SYMBOLS else f"{amount} {currency}"


def _art(product: Product) -> str:
    words = f"{product.category} {product.names.get('en', product.name)}".lower()
    return next((art for word, art in ART.items() if word in words), "leaf")


def _products(store: Store) -> list[tuple[Product, int, str]]:
    """One product of each category, then more, with the lowest price in minor units and its currency."""
    with store.read() as session:
        rows = session.execute(
            select(Product, func.min(Variant.price_minor), func.min(Variant.currency))
            .join(Variant, Variant.product_id == Product.id)
            .group_by(Product.id)
            .order_by(Product.external_id)
            .limit(60)
        ).all()
        session.expunge_all()
    seen: set[str] = set()
    first = [row for row in rows if not (row[0].category in seen or seen.add(row[0].category))]  # type: ignore[func-returns-value]
    rest = [row for row in rows if row not in first]
    return [(row[0], row[1], row[2]) for row in (first + rest)[:CARDS]]


async def home(request: Request) -> Response:
    """``GET /``: a shop page that carries the widget, in ``?lang=`` or the browser's language."""
    context = Context.of(request)
    language = context.language(request.query_params.get("lang"), request.headers.get("accept-language"))
    words = catalogue(language)["page"]
    card = _template("card.html")
    cards = []
    for product, minor, currency in await to_thread.run_sync(_products, context.store):
        text = words["price_from"].format(price=price(minor, currency, language))
        name = product.names.get(language) or product.name
        cards.append(card.substitute(name=html.escape(name), price=html.escape(text), art=_art(product)))
    asks = "".join(
        f'<li><button type="button" class="ask">{html.escape(question)}</button></li>' for question in words["ask"]
    )
    main = _template("home.html").substitute(
        _escaped(words),
        asks=asks,
        cards="\n".join(cards) or f"<p>{html.escape(words['products_none'])}</p>",
    )
    return HTMLResponse(
        _frame(context, language, words["title"], main, "/?lang={language}"),
        headers={"Cache-Control": "no-cache", "Content-Language": language, "Vary": "Accept-Language"},
    )


def _article(store: Store, language: str, key: str) -> Article | None:
    with store.read() as session:
        found = session.scalars(
            select(Article)
            .where(Article.key == key, Article.language == language, Article.active.is_(True))
            .order_by(Article.version.desc())
            .limit(1)
        ).first()
        session.expunge_all()
        return found


async def article(request: Request) -> Response:
    """``GET /articles/<language>/<key>``: the active version of an article as a page."""
    context = Context.of(request)
    wanted, key = (storable(request.path_params[name]) for name in ("language", "key"))
    found = await to_thread.run_sync(_article, context.store, wanted, key)
    language = context.language(wanted)
    words = catalogue(language)["page"]
    if found is None:
        title, body, note = words["article_missing_title"], f"<p>{html.escape(words['article_missing_text'])}</p>", ""
    else:
        title, body = found.title, _markdown.render(found.body)
        note = words["article_updated"].format(version=found.version, date=found.created_at.date().isoformat())
    main = _template("article.html").substitute(
        _escaped(words), title=html.escape(title), body=body, note=html.escape(note), language=language
    )
    path = "/articles/{language}/" + html.escape(key)
    return HTMLResponse(
        _frame(context, language, title, main, path),
        404 if found is None else 200,
        {"Cache-Control": "no-cache", "Content-Language": language},
    )


async def widget(_request: Request) -> Response:
    """``GET /widget.js``: the short address of the widget's module."""
    return RedirectResponse("/widget/rapport-chat.js", 308)


ROUTES = [
    Route("/", home, methods=["GET"]),
    Route("/articles/{language}/{key}", article, methods=["GET"]),
    Route("/widget.js", widget, methods=["GET"]),
    Mount("/widget", StaticFiles(directory=WIDGET)),
    Mount("/pages", StaticFiles(directory=PAGES)),
]

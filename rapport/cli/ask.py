"""``rapport ask``: what the assistant would answer, with the score behind it."""

from __future__ import annotations

from pathlib import Path

from rich.markdown import Markdown

from rapport.shop import Shop

from .init import prepare
from .output import console


def run_ask(folder: Path | None, question: str) -> None:
    """The command.

    :raises Problem: for an empty question, or when the index is missing.
    """
    from rapport.store import Problem

    if not question.strip():
        raise Problem("The question is empty.", next_step='Ask one: rapport ask "How long does delivery take?"')
    import nlp_models.encoders
    from knowledge.index import Index
    from knowledge.retriever import Retriever
    from nlp_models.language import detect

    shop = Shop.find(folder)
    store = prepare(shop)
    try:
        encoder = nlp_models.encoders.load()
        retriever = Retriever(store, Index.load(shop.var / "index", encoder), encoder)
        found = retriever.search(question, detect(question) or shop.settings.shop.default_language)
    finally:
        store.close()
    if found.answered and found.article is not None:
        console.print(f"[bold]{found.article.title}[/]  ({found.article.language}/{found.article.key})")
        console.print(Markdown(found.article.body))
    else:
        console.print(
            "[yellow]No article answers this surely enough: the assistant would say so and offer a person.[/]"
        )
    score = "none" if found.score is None else f"{found.score:.3f}"
    console.print(f"[dim]score {score}, threshold {found.threshold:.3f}[/]")

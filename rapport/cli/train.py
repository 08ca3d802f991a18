"""``rapport train``: articles, index, assistant; each only when its inputs changed."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from rapport.shop import Shop
from rapport.store import Store

from .init import prepare
from .model import is_current, train_model
from .output import console
from .progress import bars
from .project import fingerprint, write_project


def train_knowledge(shop: Shop, store: Store, progress: Progress, force: bool) -> None:
    """Import the shop's articles and bring the index up to date."""
    import nlp_models.encoders
    from knowledge import articles, index

    task = progress.add_task("Articles", total=None)
    report = articles.import_articles(store, shop.folder / "articles")
    progress.update(task, total=1, completed=1, description=f"Articles: {report.kept + report.unchanged} in use")
    for file, reason in report.rejected:
        console.print(f"[yellow]Set aside[/] {file}: {reason}")

    task = progress.add_task("Index", total=1)
    encoder = nlp_models.encoders.load()
    folder = shop.var / "index"
    if force or not index.up_to_date(store, encoder, folder):
        index.build(store, encoder, folder)
        note = "built"
    else:
        note = "unchanged"
    progress.update(task, completed=1, description=f"Index: {note}")


def train_assistant(shop: Shop, store: Store, progress: Progress, force: bool) -> bool:
    """Train Rasa's model if an input changed; true when it did."""
    project = write_project(shop, store)
    print_ = fingerprint(project)
    task = progress.add_task("Assistant", total=None)
    if not force and is_current(shop, print_):
        progress.update(task, total=1, completed=1, description="Assistant: unchanged")
        return False
    train_model(shop, project, print_, tick=lambda: progress.refresh())
    progress.update(task, total=1, completed=1, description="Assistant: trained")
    return True


def run_train(folder: Path | None, *, force: bool) -> None:
    """The command."""
    shop = Shop.find(folder)
    store = prepare(shop)
    try:
        with bars() as progress:
            train_knowledge(shop, store, progress, force)
            train_assistant(shop, store, progress, force)
    finally:
        store.close()
    console.print("Ready. Next: rapport serve")

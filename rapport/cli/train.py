"""``rapport train``: articles, index, assistant; each only when its inputs changed."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.progress import Progress

from rapport.shop import Shop
from rapport.store import Store

from .init import prepare
from .model import is_current, train_model
from .output import command, console
from .progress import bars
from .project import fingerprint, write_project


def train_knowledge(shop: Shop, store: Store, progress: Progress, force: bool) -> None:
    """Import the shop's articles and bring the index up to date."""
    import nlp_models.encoders
    from knowledge import articles, training

    task = progress.add_task("Articles", total=None)
    report = articles.import_articles(store, shop.folder / "articles")
    in_use = report.kept + report.unchanged
    progress.update(task, total=1, completed=1, description=f"Articles: {in_use} in use")
    for file, reason in report.rejected:
        console.print(f"[yellow]Set aside[/] {escape(str(file))}: {escape(reason)}", soft_wrap=True)

    task = progress.add_task("Index", total=1)
    questions = shop.folder / "questions.yml"
    done = training.train(
        store,
        nlp_models.encoders.load(),
        shop.var / "index",
        questions if questions.is_file() else None,
        force=force,
    )
    progress.update(task, completed=1, description=f"Index: {'built' if done.rebuilt else 'unchanged'}")


def compile_metrics(progress: Progress) -> None:
    """Compile the metrics' queries ahead, so that an analyst's first number does not wait."""
    from rapport.metrics import warm

    task = progress.add_task("Metrics", total=None)
    warm()
    progress.update(task, total=1, completed=1)


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
    shop.policy()  # a broken one shows here, not in a customer's conversation
    store = prepare(shop)
    try:
        with bars() as progress:
            train_knowledge(shop, store, progress, force)
            train_assistant(shop, store, progress, force)
            compile_metrics(progress)
    finally:
        store.close()
    console.print(f"Ready. Next: {command('serve', shop)}", soft_wrap=True)

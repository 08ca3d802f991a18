"""``rapport``: the commands and their options. Each command's work is in a module of its own, imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="rapport",
    help="A self-hosted conversational CRM for online shops.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ShopOption = Annotated[
    Path | None,
    typer.Option("--shop", "-s", help="The shop folder. Default: $RAPPORT_SHOP, this folder, or the demo shop."),
]


@app.command()
def demo(
    shop: ShopOption = None,
    lab: Annotated[bool, typer.Option(help="Start JupyterLab too.")] = True,
    customers: Annotated[int, typer.Option(min=50, max=100_000, help="How many customers the demo shop has.")] = 1200,
) -> None:
    """Fill the demo shop, train, and start everything until Ctrl-C."""
    from .demo import run_demo

    run_demo(shop, lab=lab, customers=customers)


@app.command()
def init(
    path: Annotated[Path | None, typer.Argument(help="Where the shop folder is or shall be.")] = None,
) -> None:
    """Make a shop folder with its secrets and store, or upgrade one in place."""
    from .init import run_init

    run_init(path)


@app.command()
def train(
    shop: ShopOption = None,
    force: Annotated[bool, typer.Option(help="Train even if no input changed.")] = False,
) -> None:
    """Import the articles, build the index and train the assistant: only what changed."""
    from .train import run_train

    run_train(shop, force=force)


@app.command()
def serve(
    shop: ShopOption = None,
    lab: Annotated[bool, typer.Option(help="Start JupyterLab too.")] = False,
) -> None:
    """Start Rasa, the action server, the gateway and the ingest, until Ctrl-C."""
    from .serve import run_serve

    run_serve(shop, lab=lab)


@app.command()
def status(shop: ShopOption = None) -> None:
    """Show what runs, what waits, and what is in the store."""
    from .status import run_status

    run_status(shop)


@app.command()
def doctor(shop: ShopOption = None) -> None:
    """Check interpreters, locks, ports, models, store and services, and say what to do."""
    from .doctor import run_doctor

    run_doctor(shop)


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="What the file is: articles, online-retail, tau-bench.")],
    path: Annotated[Path, typer.Argument(help="The file or folder.")],
    shop: ShopOption = None,
) -> None:
    """Take in real data. Bad rows are set aside with a reason and counted; the same file again changes nothing."""
    from .imports import run_import

    run_import(shop, kind, path)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A customer's question.")],
    shop: ShopOption = None,
) -> None:
    """Answer a question from the articles, as the assistant would, with the score behind it."""
    from .ask import run_ask

    run_ask(shop, question)


@app.command()
def lab(shop: ShopOption = None) -> None:
    """Start JupyterLab with the crm kernel on the shop's numbers, until Ctrl-C."""
    from .lab import run_lab

    run_lab(shop)


def run() -> None:
    """The console script: shows a problem as a problem, not as a traceback."""
    from .output import shown_problems

    with shown_problems():
        app()


if __name__ == "__main__":
    run()

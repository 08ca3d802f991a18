"""``rapport demo``: a filled shop, trained and running, in one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rapport.shop import Shop
from rapport.store import Contact, Problem, Store

from .init import prepare
from .output import console
from .ports import require_free
from .progress import bars
from .servers import wanted_ports
from .train import compile_metrics, train_assistant, train_knowledge


def fill(shop: Shop, store: Store, customers: int) -> None:
    """Customers, products and two years of orders, once; and the win-back campaign that finds who stayed away.

    :raises Problem: when the store holds customers who were not invented.
    """
    from datetime import UTC, datetime

    from sqlalchemy import select

    from rapport.demo import generate
    from rapport.engagement import winback
    from rapport.service import surveys

    with store.read() as session:
        real = session.scalars(select(Contact.source).where(Contact.source.not_in(("demo", "chat"))).limit(1)).first()
    if real is not None:
        raise Problem(
            f"{shop.folder} holds real customers (from {real}): the demo would mix invented ones with them.",
            next_step="Run the demo on a shop of its own: rapport demo --shop shops/demo",
            code="shop_is_real",
        )
    with bars() as progress:
        task = progress.add_task("Customers and orders", total=None)
        report = generate(
            store, customers=customers, progress=lambda done, total: progress.update(task, completed=done, total=total)
        )
        progress.update(task, total=1, completed=1)
    winback.select(store, shop.policy(), datetime.now(UTC))
    surveys.load_definitions(store, shop.folder / "surveys")
    console.print(
        f"The demo shop: {report.contacts:,} customers, {report.products} products, "
        f"{report.orders:,} orders in two years, "
        f"{report.repeat_rate:.0%} of buyers came back, {sum(report.lapsed_valued.values())} valued ones stayed away."
    )


def run_demo(folder: Path | None, *, lab: bool, customers: int) -> None:
    """The command."""
    shop = Shop.find(folder)
    require_free(wanted_ports(shop, lab=lab))
    store = prepare(shop)
    try:
        fill(shop, store, customers)
        with bars() as progress:
            train_knowledge(shop, store, progress, force=False)
            train_assistant(shop, store, progress, force=False)
            compile_metrics(progress)
    finally:
        store.close()
    # A fresh process: what filling and training needed (200 MB) is not kept while the shop runs.
    command = [
        sys.executable,
        "-m",
        "rapport.cli.main",
        "serve",
        "--shop",
        str(shop.folder),
        *(["--lab"] if lab else []),
    ]
    os.execv(command[0], command)  # noqa: S606

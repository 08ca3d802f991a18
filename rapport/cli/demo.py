"""``rapport demo``: a filled shop, trained and running, in one command."""

from __future__ import annotations

from pathlib import Path

from rapport.shop import Shop
from rapport.store import Store

from .init import prepare
from .output import console
from .ports import require_free
from .progress import bars
from .serve import serve
from .servers import wanted_ports
from .train import compile_metrics, train_assistant, train_knowledge


def fill(shop: Shop, store: Store, customers: int) -> None:
    """Customers, products and two years of orders, once; and the win-back campaign that finds who stayed away."""
    from datetime import UTC, datetime

    from rapport.demo import generate
    from rapport.engagement import winback
    from rapport.service import surveys

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
    serve(shop, lab=lab)

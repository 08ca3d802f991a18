"""``rapport serve``: start everything, say where it is, stop everything."""

from __future__ import annotations

import signal
from pathlib import Path

from rapport.shop import Shop
from rapport.store import Store, schema

from .output import console
from .places import ROOT
from .ports import require_free
from .progress import bars
from .servers import core_servers, lab_address, lab_server, wanted_ports
from .supervisor import Server, Supervisor


def _check_inputs(shop: Shop) -> None:
    shop.policy()
    shop.secret("session_key")
    store = Store(shop.store_url)
    try:
        schema.check(store)
    finally:
        store.close()


def print_addresses(shop: Shop, *, lab: bool) -> None:
    """Where a person goes now."""
    console.print(f"\n  Shop and chat   [link]{shop.gateway_url}/[/link]")
    if lab:
        console.print(f"  Lab             {lab_address(shop)}", soft_wrap=True)
    console.print(f"  Logs            {shop.var / 'log'}")
    console.print("\nCtrl-C stops all of it.")


def serve(shop: Shop, *, lab: bool) -> None:
    """Run the servers until SIGINT or SIGTERM.

    :raises Problem: when a port is taken, the model or store is not fit, or a server does not start.
    """
    require_free(wanted_ports(shop, lab=lab))
    _check_inputs(shop)
    servers = core_servers(shop)
    if lab:
        servers.append(lab_server(shop))
    supervisor = Supervisor(servers, shop.var / "run", shop.var / "log", ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, supervisor.request_stop)
    try:
        with bars() as progress:
            task = progress.add_task("Starting", total=len(servers))

            def ready(server: Server) -> None:
                progress.update(task, advance=1, description=f"Starting: {server.name} is ready")

            supervisor.start(ready)
        if not supervisor.stopping:
            print_addresses(shop, lab=lab)
        supervisor.watch(
            lambda server: console.print(f"[yellow]{server.name} ended and is started again[/] ({server.log})")
        )
        console.print("Stopping ...")
    finally:
        supervisor.stop()


def run_serve(folder: Path | None, *, lab: bool) -> None:
    """The command."""
    serve(Shop.find(folder), lab=lab)

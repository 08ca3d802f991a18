"""``rapport lab``: JupyterLab alone, on the shop's store."""

from __future__ import annotations

import signal
from pathlib import Path

from rapport.shop import Shop

from .init import prepare
from .output import console
from .places import ROOT
from .ports import require_free
from .progress import bars
from .servers import lab_address, lab_server
from .supervisor import Supervisor


def run_lab(folder: Path | None) -> None:
    """The command."""
    shop = Shop.find(folder)
    require_free([("lab", "127.0.0.1", shop.settings.lab.port, "[lab] port")])
    prepare(shop).close()
    supervisor = Supervisor([lab_server(shop)], shop.var / "run" / "lab", shop.var / "log", ROOT)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, supervisor.request_stop)
    try:
        with bars() as progress:
            task = progress.add_task("Starting JupyterLab", total=1)
            supervisor.start(lambda server: progress.update(task, completed=1))
        console.print(f"\n  Lab   {lab_address(shop)}\n\nCtrl-C stops it.", soft_wrap=True)
        supervisor.watch()
    finally:
        supervisor.stop()

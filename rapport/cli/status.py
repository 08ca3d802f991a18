"""``rapport status``: what runs, what waits, what is in the store."""

from __future__ import annotations

import json
from pathlib import Path

from rich.table import Table
from sqlalchemy import func, select

from rapport.shop import Shop
from rapport.store import Contact, Conversation, IngestCursor, Message, Order, Problem, Store, Turn, schema

from .output import command, console, show_problem
from .supervisor import answers


def running(shop: Shop) -> dict[str, int]:
    """The process ids of the servers that a supervisor on this machine runs now."""
    import psutil

    try:
        state = json.loads((shop.var / "run" / "processes.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: entry["pid"] for name, entry in state.items() if psutil.pid_exists(entry["pid"])}


def process_table(shop: Shop) -> Table:
    """One row per server: state, process, memory in MB."""
    import psutil

    table = Table("server", "state", "process", "MB", title=str(shop.folder))
    pids = running(shop)
    health = {"assistant": f"{shop.rasa_url}/", "actions": f"{shop.actions_url}/health"}
    health["gateway"] = f"{shop.gateway_url}/healthz"
    for name in ("assistant", "actions", "gateway", "ingest", *(["lab"] if "lab" in pids else [])):
        pid = pids.get(name)
        if pid is None:
            table.add_row(name, "[dim]not running[/]", "", "")
            continue
        healthy = name not in health or answers(health[name])
        memory = psutil.Process(pid).memory_info().rss / 1e6
        table.add_row(name, "[green]healthy[/]" if healthy else "[red]not answering[/]", str(pid), f"{memory:.0f}")
    return table


def store_table(store: Store) -> Table:
    """Counts of what matters in the store."""
    with store.read() as session:

        def count(table: type, *conditions: object) -> int:
            return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]

        waiting = count(Message, Message.state == "pending", Message.direction == "in")
        rows = [
            ("contacts", count(Contact)),
            ("orders", count(Order)),
            ("conversations", count(Conversation)),
            ("  waiting for a person", count(Conversation, Conversation.handoff_state == "queued")),
            ("messages", count(Message)),
            ("  waiting for an answer", waiting),
            ("turns analysed", count(Turn)),
        ]
        cursor = session.scalar(select(IngestCursor.updated_at).order_by(IngestCursor.updated_at.desc()).limit(1))
    table = Table("in the store", "count")
    for label, number in rows:
        table.add_row(label, f"{number:,}")
    if cursor is not None:
        table.add_row("last ingest", f"{cursor:%Y-%m-%d %H:%M:%S} UTC")
    return table


def run_status(folder: Path | None) -> None:
    """The command."""
    shop = Shop.find(folder)
    console.print(process_table(shop))
    store = Store(shop.store_url)
    try:
        schema.check(store)
        console.print(store_table(store))
    except Problem as problem:
        show_problem(problem.what, problem.allowed, problem.next_step)
    finally:
        store.close()
    if not running(shop):
        console.print(f"Nothing runs. Next: {command('serve', shop)}", soft_wrap=True)

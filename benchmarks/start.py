"""CPU seconds from ``rapport serve`` to healthy, memory of each process, and CPU seconds of a training."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tools.house import House

from .record import record

AIM = {"cpu_s": 25.0, "memory_mb": 1200.0, "training_cpu_s": 60.0}


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _name(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for name, part in (("assistant", "assistant.serve"), ("actions", "-m actions"), ("gateway", "-m gateway"),
                       ("ingest", "rapport.ingest"), ("supervisor", "serve")):  # fmt: skip
        if part in line:
            return name
    return process.name()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def measure(house: House) -> dict[str, Any]:
    """Start the house once; figures at the moment the last server is healthy."""
    began = time.monotonic()
    house.start()
    assert house.process
    wall = time.monotonic() - began
    supervisor = psutil.Process(house.process.pid)
    processes = [supervisor, *supervisor.children(recursive=True)]
    cpu = {_name(p): round(_cpu(p), 2) for p in processes}
    memory = {_name(p): round(p.memory_info().rss / 1e6) for p in processes}
    for language, text in (
        ("en", "How long does delivery take?"),
        ("zh", "退款多久能到账？"),
        ("en", "Where is my order?"),
    ):
        house.chat(language).say(text)
    talked = {_name(p): round(p.memory_info().rss / 1e6) for p in processes}
    house.stop()
    return {"wall_s": round(wall, 1), "cpu_s": cpu, "memory_mb": memory, "memory_after_talk_mb": talked,
            "total": {"cpu_s": round(sum(cpu.values()), 1), "memory_mb": sum(memory.values()),
                      "memory_after_talk_mb": sum(talked.values())}}  # fmt: skip


def main() -> None:
    """Train and start once in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "a shop")
        before = _children_cpu()
        trained = house.run("train")
        if trained.returncode:
            raise SystemExit(trained.stderr)
        figures: dict[str, Any] = {"training_cpu_s": round(_children_cpu() - before, 1)}
        figures |= measure(house)
    figures["aim"] = AIM
    total = figures["total"]
    figures["of_aim"] = {
        "cpu": round(total["cpu_s"] / AIM["cpu_s"], 2),
        "memory": round(total["memory_mb"] / AIM["memory_mb"], 2),
        "memory_after_talk": round(total["memory_after_talk_mb"] / AIM["memory_mb"], 2),
        "training_cpu": round(figures["training_cpu_s"] / AIM["training_cpu_s"], 2),
    }
    record("start", figures, "without JupyterLab; CPU and memory summed over all processes at the first healthy moment")


if __name__ == "__main__":
    main()

"""Starting, watching and stopping processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from rapport.cli.supervisor import Server, Supervisor
from rapport.store import Problem
from tools.house import free_ports, wait_for

SLEEPER = "import time\nwhile True: time.sleep(60)"


def server(name: str, code: str, health: str | None = None) -> Server:
    return Server(name, [sys.executable, "-c", code], dict(os.environ), health)


def supervise(tmp_path: Path, *servers: Server) -> Supervisor:
    return Supervisor(list(servers), tmp_path / "run", tmp_path / "log", tmp_path)


def test_it_waits_for_health_and_stops_everything(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    web = server("web", f"import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')",
                 f"http://127.0.0.1:{port}/")  # fmt: skip
    one = supervise(tmp_path, web, server("plain", SLEEPER))
    ready: list[str] = []
    one.start(lambda s: ready.append(s.name))
    assert sorted(ready) == ["plain", "web"]
    pids = {name: e["pid"] for name, e in json.loads((tmp_path / "run" / "processes.json").read_text()).items()}
    assert pids["supervisor"] == os.getpid()
    one.stop()
    assert not psutil.pid_exists(pids["web"])
    assert not psutil.pid_exists(pids["plain"])
    assert not (tmp_path / "run" / "processes.json").exists()


def test_a_server_that_ends_while_starting_is_a_problem_with_its_log(tmp_path: Path) -> None:
    bad = server("bad", "import sys; sys.exit('no such table: moss')", "http://127.0.0.1:9/")
    good = server("good", SLEEPER)
    one = supervise(tmp_path, good, bad)
    with pytest.raises(Problem) as caught:
        one.start()
    assert "no such table: moss" in caught.value.what
    assert good.process is not None
    assert good.process.poll() is not None  # nothing is left behind


def test_what_ends_is_started_again(tmp_path: Path) -> None:
    one = supervise(tmp_path, server("plain", SLEEPER))
    one.start()
    again: list[str] = []
    watcher = threading.Thread(target=one.watch, args=(lambda s: again.append(s.name),))
    watcher.start()
    try:
        process = one.servers[0].process
        assert process
        process.kill()

        def restarted() -> bool:
            now = one.servers[0].process
            return now is not None and now.pid != process.pid and now.poll() is None

        wait_for("a restart", restarted)
        assert again == ["plain"]
    finally:
        one.request_stop()
        watcher.join()
        one.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_a_killed_supervisor_leaves_no_server_behind(tmp_path: Path, root: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(root)!r})
from pathlib import Path
from rapport.cli.supervisor import Server, Supervisor
folder = Path({str(tmp_path)!r})
one = Supervisor([Server("plain", [sys.executable, "-c", {SLEEPER!r}], dict(os.environ))],
                 folder / "run", folder / "log", folder)
one.start()
print(one.servers[0].process.pid, flush=True)
one.watch()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_for("the child's end", lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")

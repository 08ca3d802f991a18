"""Starting the servers as processes, watching them, and stopping all of them."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapport.store import Problem

STOP_SECONDS = 10.0
START_SECONDS = 240.0
SETTLED_SECONDS = 600.0  # a server that ran this long starts again at once when it ends
SLOWEST_RESTART = 30.0
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child: get SIGTERM if the parent is killed, so that no process is left behind (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(url: str, timeout: float = 1.0) -> bool:
    """Whether an address on this machine answers with a success."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310 (our own loopback addresses)
            return bool(response.status < 400)
    except (urllib.error.URLError, OSError, ValueError):
        return False


@dataclass
class Server:
    """One process to run.

    :param health: an address that answers when it is ready; none: ready once it has started.
    """

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str]
    health: str | None = None
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0  # ends in a row, each after less than SETTLED_SECONDS
    started_at: float = 0.0  # monotonic seconds
    start_again_at: float | None = None
    ready: bool = False
    log: Path = field(default_factory=Path)


class Supervisor:
    """Runs servers until told to stop.

    :param run_folder: where ``processes.json`` says what runs.
    :param log_folder: one log file per server.
    """

    def __init__(self, servers: list[Server], run_folder: Path, log_folder: Path, cwd: Path) -> None:
        self.servers = servers
        self._run_file = run_folder / "processes.json"
        self._log_folder = log_folder
        self._cwd = cwd
        self._stop = False
        run_folder.mkdir(parents=True, exist_ok=True)
        log_folder.mkdir(parents=True, exist_ok=True)

    def _launch(self, server: Server) -> None:
        server.log = self._log_folder / f"{server.name}.log"
        server.ready = False
        server.started_at, server.start_again_at = time.monotonic(), None
        with server.log.open("ab") as log:
            server.process = subprocess.Popen(
                [str(part) for part in server.argv],
                cwd=self._cwd,
                env=dict(server.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def _write_run_file(self) -> None:
        state = {s.name: {"pid": s.process.pid, "log": str(s.log)} for s in self.servers if s.process}
        new = self._run_file.with_suffix(".new")
        new.write_text(json.dumps(state | {"supervisor": {"pid": os.getpid()}}, indent=1))
        new.replace(self._run_file)

    def start(self, on_ready: Callable[[Server], None] = lambda server: None) -> None:
        """Start all and return when each is ready.

        :raises Problem: when one ends before it was ready, with the end of its log; the others are stopped.
        """
        deadline = time.monotonic() + START_SECONDS
        try:
            for server in self.servers:
                self._launch(server)
            self._write_run_file()
            while waiting := [s for s in self.servers if not s.ready]:
                for server in waiting:
                    self._check_start(server, on_ready)
                if time.monotonic() > deadline:
                    names = ", ".join(s.name for s in self.servers if not s.ready)
                    raise Problem(
                        f"Not ready after {START_SECONDS:.0f} s: {names}.",
                        next_step=f"Read the logs in {self._log_folder}, then: rapport doctor",
                        code="start_timeout",
                    )
                if self._stop:
                    break
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise

    def _check_start(self, server: Server, on_ready: Callable[[Server], None]) -> None:
        if server.process is None or server.process.poll() is not None:
            raise Problem(
                f"{server.name} ended while starting. The end of its log:\n{self._tail(server)}",
                next_step=f"Read {server.log}, then: rapport doctor",
                code="server_ended",
            )
        if server.health is None or answers(server.health):
            server.ready = True
            on_ready(server)

    def _tail(self, server: Server, lines: int = 8) -> str:
        text = server.log.read_text(errors="replace") if server.log.is_file() else ""
        return "\n".join(text.strip().splitlines()[-lines:])

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop

    def request_stop(self, *_: object) -> None:
        """Ask :meth:`watch` to return; fit as a signal handler."""
        self._stop = True

    def watch(self, on_restart: Callable[[Server], None] = lambda server: None) -> None:
        """Keep the servers running until a stop is asked for.

        What ends is started again: at once the first time, then later and later, up to half a minute, for as long as
        it takes. One server's trouble never stops the others: without Rasa the gateway still takes in messages.
        """
        while not self._stop:
            for server in self.servers:
                self._tend(server, on_restart)
            time.sleep(0.2)

    def _tend(self, server: Server, on_restart: Callable[[Server], None]) -> None:
        now = time.monotonic()
        if server.process is None or server.process.poll() is None:
            return
        if server.start_again_at is None:
            server.restarts = 1 if now - server.started_at > SETTLED_SECONDS else server.restarts + 1
            delay = 0.0 if server.restarts == 1 else min(2.0 ** (server.restarts - 2), SLOWEST_RESTART)
            server.start_again_at = now + delay
            on_restart(server)
        if now >= server.start_again_at:
            self._launch(server)
            self._write_run_file()

    def stop(self) -> None:
        """Stop all: ask first, insist after ten seconds."""
        running = [s.process for s in reversed(self.servers) if s.process is not None and s.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._run_file.unlink(missing_ok=True)

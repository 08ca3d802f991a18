"""A stand-in for Rasa's REST channel on a real socket: scripted, can be away, slow, silent, or die after answering."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Items = list[dict[str, Any]]
Script = Callable[[dict[str, Any]], Items]


def echo(body: dict[str, Any]) -> Items:
    return [{"recipient_id": body["sender"], "text": f"You said: {body['message']}"}]


class FakeRasa:
    """Listens only between start() and stop(), on a port of its own that stays the same.

    ``received`` holds every body; ``script`` makes the answer; ``gate`` holds answers back while it is clear;
    ``drop_after`` closes that many connections after the turn was done, without an answer, as a crash would.
    """

    def __init__(self, tracker: Path) -> None:
        self.received: list[dict[str, Any]] = []
        self.script: Script = echo
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        self.drop_after = 0
        self.busy: dict[str, int] = {}
        self.overlaps = 0
        self.status = 200
        self._tracker = tracker
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [body["message"] for body in self.received]

    def start(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.answer({"status": "ok"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                items = fake.turn(body)
                if items is None:
                    self.close_connection = True
                    return
                self.answer(items)

            def answer(self, content: object) -> None:
                raw = json.dumps(content).encode()
                self.send_response(fake.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                pass  # the gateway may hang up first

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def turn(self, body: dict[str, Any]) -> Items | None:
        sender = body["sender"]
        with self._lock:
            self.received.append(body)
            self.busy[sender] = self.busy.get(sender, 0) + 1
            self.overlaps += self.busy[sender] > 1
        self.arrived.set()
        self.gate.wait(20)
        items = self.script(body)
        with self._lock:
            self.busy[sender] -= 1
            if self.drop_after:
                self.drop_after -= 1
                return None
        return items

    def remember(self, body: dict[str, Any], bot_events: list[dict[str, Any]]) -> None:
        """Write a turn into the tracker store, in Rasa's own table layout."""
        user = {"event": "user", "text": body["message"], "metadata": body["metadata"]}
        with self._lock, sqlite3.connect(self._tracker) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255) NOT NULL, "
                "type_name VARCHAR(255) NOT NULL, timestamp FLOAT, intent_name VARCHAR(255), "
                "action_name VARCHAR(255), data TEXT)"
            )
            for event in [user, {"event": "action"}, *bot_events]:
                connection.execute(
                    "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)",
                    (body["sender"], event["event"], time.time(), json.dumps(event)),
                )
        connection.close()

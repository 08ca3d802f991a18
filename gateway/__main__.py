"""``python -m gateway``: serve the shop named by ``$RAPPORT_SHOP`` until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from rapport.shop import Shop
from rapport.store import Problem, Store, schema

from .app import create_app

log = logging.getLogger("gateway")
GRACE = 8  # seconds for open requests after SIGTERM


class Server(uvicorn.Server):
    """uvicorn that ends the open event streams when it is told to stop, and then exits with 0."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop: the signal handler runs outside of it."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; streams would otherwise hold the server for ever."""
        self.should_exit = True
        context = getattr(self._app.state, "context", None)
        if context is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(context.bell.close)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise Problem(
            f"The gateway cannot listen on {host}:{port}: {error.strerror}.",
            next_step="Stop the program that uses the port, or set another [gateway] port in shop.toml.",
            code="port_taken",
        ) from None
    return opened


def serve() -> None:
    """Serve until told to stop.

    :raises Problem: when the shop, a secret, the store's schema or the port is not right.
    """
    shop = Shop.find()
    store = Store(shop.store_url)
    schema.check(store)
    app = create_app(shop, store)
    limits = shop.settings.gateway
    config = uvicorn.Config(
        app,
        server_header=False,
        proxy_headers=False,  # anyone who reaches the port could otherwise choose the address that limits count by
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=1000,
        timeout_keep_alive=15,
    )
    listening = _listen(limits.host, limits.port)
    log.info("serving %s on %s", shop.folder.name, shop.gateway_url)
    try:
        Server(config, app).run(sockets=[listening])
    finally:
        store.close()


def main() -> int:
    """Serve; returns the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log one line per message
    try:
        serve()
    except Problem as problem:
        sys.stderr.write(f"gateway: {problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

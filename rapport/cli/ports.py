"""Ports: who has one, and a clear word when it is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from rapport.store import Problem


def is_free(host: str, port: int) -> bool:
    """Whether a server could bind there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do, so that a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def holder(port: int) -> str:
    """Which process listens on a port, as far as this user may see it."""
    import psutil

    try:
        for connection in psutil.net_connections("inet"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # without the right to look, "another process" is all that can be said
    return "another process"


def require_free(wanted: Iterable[tuple[str, str, int, str]]) -> None:
    """Refuse to start on a taken port.

    :param wanted: ``(server, host, port, setting)`` for each.
    :raises Problem: for the first one that is taken, naming its holder and the setting that moves it.
    """
    for server, host, port, setting in wanted:
        if not is_free(host, port):
            raise Problem(
                f"Port {port}, which the {server} needs, is taken by {holder(port)}.",
                next_step=f"Stop that process (Rapport itself? see: rapport status), or change {setting} in shop.toml.",
                code="port_taken",
            )

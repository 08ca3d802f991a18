"""A taken port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rapport.cli.ports import holder, is_free, require_free
from rapport.store import Problem
from tools.house import House


def test_a_taken_port_is_named_with_its_holder_and_the_setting() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        assert str(os.getpid()) in holder(port)
        with pytest.raises(Problem) as caught:
            require_free([("gateway", "127.0.0.1", port, "[gateway] port")])
    assert caught.value.code == "port_taken"
    assert str(port) in caught.value.what
    assert "[gateway] port" in caught.value.next_step
    assert is_free("127.0.0.1", port)


def test_serve_on_a_taken_port_ends_with_the_problem(tmp_path: Path) -> None:
    house = House(tmp_path / "shop")
    with socket.socket() as server:
        server.bind(("127.0.0.1", house.shop.settings.gateway.port))
        server.listen()
        result = house.run("serve")
    assert result.returncode == 2
    assert "Problem: Port" in result.stderr
    assert "Traceback" not in result.stderr

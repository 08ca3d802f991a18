"""What the servers find when they start."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from rapport.cli.servers import copy_notebooks, lab_token, prepare_tracker, wanted_ports
from rapport.shop import Shop


def test_rasas_tracker_store_is_in_wal_mode_and_keeps_its_events(shop: Shop) -> None:
    prepare_tracker(shop)
    file = shop.var / "tracker.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO events VALUES (1)")
        connection.commit()
    prepare_tracker(shop)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT id FROM events").fetchall() == [(1,)]


def test_the_labs_token_is_private_and_stays(shop: Shop) -> None:
    token = lab_token(shop)
    assert len(token) >= 32
    assert lab_token(shop) == token
    assert (shop.var / "secrets" / "lab.token").stat().st_mode & 0o077 == 0


def test_an_analysts_notebook_is_never_overwritten(shop: Shop) -> None:
    folder = copy_notebooks(shop)
    (folder / "first-look.ipynb").write_text("mine")
    copy_notebooks(shop)
    assert (folder / "first-look.ipynb").read_text() == "mine"


def test_only_the_gateway_may_listen_beyond_loopback(shop: Shop) -> None:
    file = shop.folder / "shop.toml"
    file.write_text(file.read_text("utf-8").replace('host = "127.0.0.1"', 'host = "0.0.0.0"'), "utf-8")
    hosts = {server: host for server, host, _, _ in wanted_ports(Shop(shop.folder), lab=True)}
    assert hosts.pop("gateway") == "0.0.0.0"
    assert set(hosts.values()) == {"127.0.0.1"}

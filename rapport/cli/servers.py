"""Which processes make up a running shop, and the addresses they answer at."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from rapport.shop import Shop

from .model import check_model
from .places import ROOT, assistant_environment, assistant_python
from .project import write_endpoints
from .supervisor import Server


def wanted_ports(shop: Shop, *, lab: bool) -> list[tuple[str, str, int, str]]:
    """``(server, host, port, setting)`` of everything that will listen."""
    settings = shop.settings
    ports = [
        ("gateway", settings.gateway.host, settings.gateway.port, "[gateway] port"),
        ("assistant (Rasa)", "127.0.0.1", settings.assistant.rasa_port, "[assistant] rasa_port"),
        ("action server", "127.0.0.1", settings.assistant.actions_port, "[assistant] actions_port"),
    ]
    if lab:
        ports.append(("lab", "127.0.0.1", settings.lab.port, "[lab] port"))
    return ports


def our_environment(shop: Shop) -> dict[str, str]:
    """The environment of our own servers."""
    return {**os.environ, "RAPPORT_SHOP": str(shop.folder), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


def prepare_tracker(shop: Shop) -> None:
    """Put Rasa's SQLite tracker store into WAL mode, which the file keeps.

    Rasa saves twice a turn; without WAL each save waits for the disk several times, and for whoever reads.
    """
    url = make_url(shop.tracker_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(url.database, timeout=10)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def core_servers(shop: Shop) -> list[Server]:
    """Rasa, the action server, the gateway and the ingest.

    :raises Problem: when the model is missing or damaged.
    """
    project = shop.var / "project"
    model = check_model(shop)
    endpoints = write_endpoints(shop)
    prepare_tracker(shop)
    environment = our_environment(shop)
    return [
        Server(
            "assistant",
            [
                assistant_python(), "-m", "assistant.serve", model,
                "--port", str(shop.settings.assistant.rasa_port),
                "--endpoints", endpoints,
                "--credentials", project / "credentials.yml",
            ],
            assistant_environment(shop.var),
            health=f"{shop.rasa_url}/",
        ),
        Server("actions", [sys.executable, "-m", "actions"], environment, health=f"{shop.actions_url}/health"),
        Server("gateway", [sys.executable, "-m", "gateway"], environment, health=f"{_local(shop)}/healthz"),
        Server("ingest", [sys.executable, "-m", "rapport.ingest"], environment),
    ]  # fmt: skip


def _local(shop: Shop) -> str:
    host = shop.settings.gateway.host
    return f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{shop.settings.gateway.port}"  # noqa: S104


def lab_token(shop: Shop) -> str:
    """The lab's sign-in token, made once per shop and readable by this user only."""
    import secrets

    file = shop.var / "secrets" / "lab.token"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(24))
    return file.read_text().strip()


def lab_address(shop: Shop) -> str:
    """Where the lab opens, sign-in included."""
    return f"http://127.0.0.1:{shop.settings.lab.port}/lab/tree/first-look.ipynb?token={lab_token(shop)}"


def copy_notebooks(shop: Shop) -> Path:
    """Put our notebooks into the shop's ``var/notebooks``; what is there already is the analyst's and stays."""
    import shutil

    target = shop.var / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not (target / notebook.name).exists():
            shutil.copy(notebook, target / notebook.name)
    return target


def _quiet_lab(config: Path) -> None:
    """No questions about news and no look for updates: the lab works without a network."""
    import json

    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    folder = config / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "default_setting_overrides.json").write_text(json.dumps(settings))


def lab_server(shop: Shop) -> Server:
    """JupyterLab with the crm kernel, on loopback, with everything it writes kept in the shop's folder."""
    import subprocess

    home = shop.var / "jupyter"
    subprocess.run(
        [sys.executable, "-m", "crm_kernel", "install", "--prefix", home],
        check=True,
        capture_output=True,
        env=our_environment(shop),
    )
    _quiet_lab(home / "config")
    environment = our_environment(shop) | {
        "JUPYTER_PATH": str(home / "share" / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_TOKEN": lab_token(shop),
    }
    return Server(
        "lab",
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1",
            f"--port={shop.settings.lab.port}", "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={copy_notebooks(shop)}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=None",
            "--LanguageServerManager.autodetect=False",  # it would look for npm packages
            # As root in a container JupyterLab refuses to start without it; for other users it changes nothing.
            "--ServerApp.allow_root=True",
        ],
        environment,
        health=f"http://127.0.0.1:{shop.settings.lab.port}/api",
    )  # fmt: skip

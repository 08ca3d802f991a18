"""Processes die, files break: nothing is lost, and what to do is said. Runs last: it hurts the running house."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, text

from rapport.cli.model import check_model, model_file, read_stamp
from rapport.shop import Shop
from rapport.store import Store, TrackerEvent, Turn
from tools.house import House, wait_for

from .conftest import copied
from .test_questions import turns_of


def pid_of(house: House, name: str) -> int:
    return int(json.loads((house.shop.var / "run" / "processes.json").read_text())[name]["pid"])


def kill(house: House, name: str) -> int:
    """Kill a server outright and return the id it had."""
    pid = pid_of(house, name)
    os.kill(pid, signal.SIGKILL)
    return pid


def test_while_rasa_is_down_the_message_is_kept_and_the_answer_follows(house: House, house_store: Store) -> None:
    chat = house.chat("zh")
    chat.say("你好")
    seen = max(m["seq"] for m in chat.messages())
    kill(house, "assistant")
    answer = chat.send("退款多久能到账？")
    assert answer.status_code == 202

    def told() -> bool:
        return any(m["author"] == "system" for m in chat.messages(seen))

    def answered() -> bool:
        return any("source" in m["payload"] for m in chat.messages(seen))

    wait_for("word that it takes longer", told, 60)
    wait_for("the answer", answered, 180)
    assert sum("source" in m["payload"] for m in chat.messages(seen)) == 1
    assert sum(m["author"] == "system" for m in chat.messages(seen)) == 1
    assert len(turns_of(house_store, chat, 2)) == 2


def test_a_killed_action_server_is_told_and_comes_back(house: House) -> None:
    chat = house.chat("en")
    before = kill(house, "actions")
    wait_for("a new action server", lambda: pid_of(house, "actions") != before)
    answer = chat.send("How long does delivery take?")
    replies = chat.replies(answer.json()["message"]["seq"], 120)
    assert replies  # whatever happened, the customer is not left in silence

    def healthy() -> bool:
        return any("source" in m["payload"] for m in chat.say("How long does delivery take?", 120))

    wait_for("answers again", healthy, 120)


def test_a_killed_gateway_loses_no_message(house: House) -> None:
    chat = house.chat("en")
    answer = chat.send("How long does delivery take?")
    before = kill(house, "gateway")

    def back() -> bool:
        try:
            return pid_of(house, "gateway") != before and chat.http.get("/healthz").status_code < 500
        except Exception:  # the connection is refused until it is back
            return False

    wait_for("a new gateway", back, 120)
    replies = wait_for("the answer", lambda: [m for m in chat.messages() if "source" in m["payload"]], 120)
    assert len(replies) == 1
    assert replies[0]["seq"] > answer.json()["message"]["seq"]


def test_a_killed_ingest_continues_without_loss_or_doubles(house: House, house_store: Store) -> None:
    before = kill(house, "ingest")
    chat = house.chat("en")
    chat.say("hello")
    chat.say("How do I wash wool?")
    wait_for("a new ingest", lambda: pid_of(house, "ingest") != before)
    assert [t.number for t in turns_of(house_store, chat, 2)] == [1, 2]
    tracker = Store(house.shop.tracker_url)

    def equal() -> bool:
        with house_store.read() as session, tracker.read() as source:
            copied = session.scalar(select(func.count()).select_from(TrackerEvent))
            return copied == source.scalar(text("SELECT count(*) FROM events"))

    wait_for("every event copied once", equal, 30)
    tracker.close()


def test_the_turns_can_be_rebuilt_from_the_events(house: House, house_store: Store) -> None:
    from rapport.ingest import rebuild

    def rows() -> list[tuple[object, ...]]:
        columns = [c for c in Turn.__table__.columns if c.name != "created_at"]
        with house_store.read() as session:
            return [tuple(map(str, r)) for r in session.execute(select(*columns).order_by(Turn.id))]

    before = rows()
    assert before
    rebuild(house_store, house.shop.tracker_url)
    assert rows() == before


def test_training_again_changes_nothing_and_a_killed_one_leaves_the_old_model(trained: House) -> None:
    stamp = read_stamp(trained.shop)
    again = trained.run("train")
    assert again.returncode == 0
    assert read_stamp(trained.shop) == stamp

    process = subprocess.Popen(
        [sys.executable, "-m", "rapport.cli.main", "train", "--force"],
        env=trained.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def trainers() -> list[psutil.Process]:
        return [p for p in psutil.Process(process.pid).children(recursive=True) if "assistant.train" in p.cmdline()]

    wait_for("the training", trainers, 120)
    children = trainers()
    process.kill()
    process.wait()
    gone, alive = psutil.wait_procs(children, 60)
    assert gone  # the training ends with the command
    assert not alive
    assert check_model(trained.shop) == model_file(trained.shop)
    assert read_stamp(trained.shop) == stamp


@pytest.mark.parametrize("part", ["models/assistant.tar.gz", "store.sqlite"])
def test_serve_refuses_what_is_damaged_or_newer(trained: House, tmp_path: Path, part: str) -> None:
    house = copied(trained, tmp_path / "shop")
    assert house.run("init").returncode == 0
    if part.endswith("gz"):
        file = house.shop.var / part
        file.write_bytes(file.read_bytes()[:-100])
        expected = "damaged"
    else:
        store = Store(house.shop.store_url)
        with store.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        store.close()
        expected = "newer"
    result = house.run("serve")
    assert result.returncode == 2
    assert expected in result.stderr
    assert "Next:" in result.stderr
    assert "Traceback" not in result.stderr
    doctor = house.run("doctor")
    assert doctor.returncode == 1
    assert "wrong" in doctor.stdout


def test_broken_examples_stop_the_training_with_the_line(trained: House, tmp_path: Path) -> None:
    house = copied(trained, tmp_path / "shop")
    (house.folder / "nlu" / "mine.yml").write_text("version: '3.1'\nnlu:\n- intent: greet\n  examples: [\n", "utf-8")
    (house.folder / "articles" / "en" / "delivery" / "latin.md").write_bytes("---\nkey: café".encode("latin-1"))
    result = house.run("train")
    assert result.returncode == 2
    assert "mine.yml is not YAML, line 5" in result.stderr
    assert "latin.md" in result.stdout  # the article is set aside and named; the others are imported
    assert Shop(house.folder).settings == house.shop.settings

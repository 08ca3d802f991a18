"""``%%chat`` cells."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from crm_kernel import chat_magic, gateway, trace
from crm_kernel.chat_magic import parse
from crm_kernel.gateway import Gateway
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from rapport.shop import Shop
from rapport.store import Article, Problem, Store, Turn, utcnow

from .test_gateway import FakeGateway, client


@pytest.mark.parametrize(("line", "language"), [("", None), ("--lang zh", "zh"), ("--lang=en", "en")])
def test_lines(line: str, language: str | None) -> None:
    assert parse(line) == language


@pytest.mark.parametrize("line", ["--lang de", "--lang", "--language zh", "zh", "--lang 'zh"])
def test_wrong_lines(line: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(line)
    assert caught.value.allowed or caught.value.next_step


def test_replies_and_trace(
    shell: InteractiveShell, seeded_shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(seeded_shop.store_url)
    with store.write() as session:
        session.add(Article(id="art_1", key="returns-how-to", language="zh", version=1, title="退货", topic="returns",
                            questions=[], body="x", sha256="0" * 64))  # fmt: skip
        session.add(Turn(id="turn_900", tracker_event_id=900, conversation_id="cnv", message_id="msg_0", number=1,
                         text="怎么退货？", language="zh", intent="ask_faq", intent_confidence=0.914,
                         sentiment="neutral", sentiment_score=0.0, outcome="answered", article_id="art_1",
                         started_at=utcnow()))  # fmt: skip
    store.close()
    monkeypatch.setattr(gateway, "POLL_S", 0)
    monkeypatch.setattr(chat_magic, "Gateway", lambda url: Gateway(url, client(FakeGateway())))
    shell.run_cell_magic("chat", "--lang zh", "\n怎么退货？\n\n")
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "customer   怎么退货？",
        "assistant  三十天内可以退货。  [退货 /articles/zh/returns]  (更多)",
        "intent ask_faq 0.91 · sentiment neutral +0.00 · outcome answered · article returns-how-to",
    ]


@pytest.mark.parametrize(("state", "said"), [("held", "held for a person"), ("pending", "no answer in time")])
def test_what_is_not_answered_is_said(
    shell: InteractiveShell, seeded_shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    state: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(gateway, "POLL_S", 0)
    monkeypatch.setattr(chat_magic, "Gateway", lambda url: Gateway(url, client(FakeGateway(state)), deadline=0.05))
    shell.run_cell_magic("chat", "", "hi")
    assert said in capsys.readouterr().out


def test_a_missing_trace_is_said(seeded_shop: Shop) -> None:
    store = Store(seeded_shop.store_url)
    assert trace.find_turn(store, "msg_none", wait=0) is None
    assert "is ingest running?" in trace.describe(store, None)
    store.close()


def test_a_house_that_does_not_run(shell: InteractiveShell, empty_shop: Shop, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        file = empty_shop.folder / "shop.toml"
        file.write_text(file.read_text("utf-8").replace("port = 8600", f"port = {taken.getsockname()[1]}"), "utf-8")
        with pytest.raises(UsageError, match="rapport serve"):
            shell.run_cell_magic("chat", "", "hi")


def test_nothing_to_say(shell: InteractiveShell, empty_shop: Shop) -> None:
    with pytest.raises(UsageError, match="nothing to say"):
        shell.run_cell_magic("chat", "", "  \n ")

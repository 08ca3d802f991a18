"""Senders: what is written, for whose eyes, in which language."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rapport.customers.codes import CodeMessage, ConsoleSender, FileSender, compose, sender_for
from rapport.shop import Shop

NAMES = {"en": "Maple & Moss", "zh": "枫苔"}


def a_message(language: str = "en", code: str = "012345") -> CodeMessage:
    return CodeMessage("otc_1", "ada@example.com", code, language, 10)


@pytest.mark.parametrize(
    ("language", "name", "word"), [("en", "Maple & Moss", "valid"), ("zh", "枫苔", "有效"), ("zh-CN", "枫苔", "有效")]
)
def test_the_message_is_in_the_customers_language(language: str, name: str, word: str) -> None:
    text = compose(a_message(language), NAMES)
    assert text.startswith("To: ada@example.com\nSubject: ")
    assert name in text and word in text and "012345" in text and "10" in text
    assert "{" not in text


def test_a_language_without_texts_gets_english() -> None:
    assert "is your code" in compose(a_message("fr"), NAMES)


def test_a_shop_with_one_language_keeps_its_name() -> None:
    assert "枫苔" in compose(a_message("en"), {"zh": "枫苔"})


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    sender = FileSender(tmp_path / "var" / "sent", NAMES)
    sender.send(a_message("zh"))
    (file,) = sender.folder.iterdir()
    assert file.name.endswith("Z-otc_1.txt")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(sender.folder.stat().st_mode) == 0o700
    assert "012345" in file.read_text(encoding="utf-8")


def test_the_console_prints_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSender(NAMES).send(a_message())
    output = capsys.readouterr()
    assert output.out == ""
    assert "012345" in output.err


def test_the_shop_chooses(shop: Shop) -> None:
    chosen = sender_for(shop)
    assert isinstance(chosen, FileSender)
    assert chosen.folder == shop.var / "sent"
    settings = shop.folder / "shop.toml"
    settings.write_text(settings.read_text().replace('sender = "file"', 'sender = "console"'))
    assert isinstance(sender_for(Shop(shop.folder)), ConsoleSender)

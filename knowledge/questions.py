"""Questions whose right article is known, for calibration and for the benchmark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from rapport.store import Problem

HALVES = ("calibration", "test")


@dataclass(frozen=True)
class Question:
    """One question as a customer words it; ``key`` is the article that answers it, none when no article does."""

    language: str
    text: str
    key: str | None
    half: Literal["calibration", "test"]


def read_questions(file: Path, half: Literal["calibration", "test"] | None = None) -> list[Question]:
    """The questions in a YAML file (a list of ``{language, text, key, half}``), all or of one half.

    :raises Problem: when the file is missing, not YAML in UTF-8, or a question is not of that form.
    """
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Problem(f"There is no questions file at {file}.", code="questions_missing") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unusable(file, str(error)) from None
    if not isinstance(rows, list):
        raise _unusable(file, "it is not a list")
    questions = [_question(file, number, row) for number, row in enumerate(rows, 1)]
    return [question for question in questions if half in (None, question.half)]


def file_sha256(file: Path) -> str:
    """The sha256 of a questions file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _question(file: Path, number: int, row: Any) -> Question:
    if not isinstance(row, dict) or set(row) != {"language", "text", "key", "half"}:
        raise _unusable(file, f"question {number} does not have exactly language, text, key and half")
    if row["half"] not in HALVES or not all(isinstance(row[name], str) and row[name] for name in ("language", "text")):
        raise _unusable(file, f"question {number}: language and text are text, half is calibration or test")
    if row["key"] is not None and not isinstance(row["key"], str):
        raise _unusable(file, f"question {number}: key is an article's key or null")
    return Question(**row)


def _unusable(file: Path, why: str) -> Problem:
    return Problem(
        f"The questions file {file} can't be used: {why}.",
        allowed=["{language: en, text: ..., key: an-article-or-null, half: calibration or test}"],
        next_step="Correct it, then run: rapport train",
        code="questions",
    )

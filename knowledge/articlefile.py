"""One article file: front matter in YAML, then Markdown. Read, checked, or set aside with the reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "zh")
MAX_FILE_BYTES = 256_000
MAX_TITLE = 255  # characters, as the store has it
MAX_KEY = 64
REQUIRED = ("key", "title", "topic", "questions")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # PostgreSQL refuses some of them, no reader sees any


class Unusable(Exception):
    """A file that is set aside.

    :param code: a stable word, such as ``not_utf8``.
    :param detail: what exactly is wrong, for the person who wrote the file.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class ArticleText:
    """What a file says: one article in one language."""

    key: str
    language: str
    title: str
    topic: str
    questions: tuple[str, ...]
    body: str

    @property
    def sha256(self) -> str:
        """Of the content a customer can meet, so that line ends or a new date alone make no new version."""
        content = [self.key, self.language, self.title, self.topic, list(self.questions), self.body]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def parse(raw: bytes, place: Path, topics: Collection[str], languages: Collection[str] = LANGUAGES) -> ArticleText:
    """Read one article.

    :param raw: the file's bytes.
    :param place: its path inside the articles folder: ``<language>/<topic>/<key>.md``.
    :param topics: the topics that exist, which are the folder names.
    :raises Unusable: when anything about it is wrong.
    """
    if len(place.parts) != 3:
        raise Unusable("misplaced", "an article's place is <language>/<topic>/<key>.md")
    language, folder_topic = place.parts[0], place.parts[1]
    if language not in languages:
        raise Unusable("unknown_language", f"{language!r} is not one of {', '.join(languages)}")
    if len(raw) > MAX_FILE_BYTES:
        raise Unusable("too_large", f"{len(raw)} bytes; at most {MAX_FILE_BYTES}")
    meta, body = _split(_decode(raw))
    for name in REQUIRED:
        if meta.get(name) in (None, "", []):
            raise Unusable("missing_key", f"the front matter has no {name!r}")
    key, title, topic = (_text(meta, name) for name in ("key", "title", "topic"))
    if len(key) > MAX_KEY or not _SLUG.fullmatch(key):
        raise Unusable("bad_value", f"key {key!r}: lower case letters, digits and hyphens, at most {MAX_KEY}")
    if key != place.stem:
        raise Unusable("key_mismatch", f"key {key!r} in a file called {place.name}")
    if len(title) > MAX_TITLE:
        raise Unusable("bad_value", f"the title has {len(title)} characters; at most {MAX_TITLE}")
    if topic not in topics:
        raise Unusable("unknown_topic", f"{topic!r} is not one of {', '.join(sorted(topics))}")
    if topic != folder_topic:
        raise Unusable("topic_mismatch", f"topic {topic!r} in the folder {folder_topic!r}")
    if meta.get("language", language) != language:
        raise Unusable("language_mismatch", f"language {meta['language']!r} in the folder {language!r}")
    if not body:
        raise Unusable("empty_body", "there is no text after the front matter")
    return ArticleText(key, language, title, topic, _questions(meta), body)


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable("not_utf8", f"byte {error.start} is not UTF-8; save the file as UTF-8") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _CONTROL.search(text):
        raise Unusable("not_text", f"control character {found.group()!r} at character {found.start()}")
    return text


def _split(text: str) -> tuple[dict[str, Any], str]:
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise Unusable("no_front_matter", "the first line is not ---")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise Unusable("no_front_matter", "the front matter is not closed by a line ---")
    try:
        meta = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 2}: " if error.problem_mark else ""
        raise Unusable("broken_yaml", f"{line}{error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-45
        raise Unusable("broken_yaml", str(error)) from None
    if not isinstance(meta, dict):
        raise Unusable("broken_yaml", "the front matter is not a list of key: value lines")
    return meta, "\n".join(lines[end + 1 :]).strip()


def _text(meta: dict[str, Any], name: str) -> str:
    value = meta[name]
    if not isinstance(value, str) or not value.strip():
        raise Unusable("bad_value", f"{name} is not text; put it in quotes")
    return value.strip()


def _questions(meta: dict[str, Any]) -> tuple[str, ...]:
    values = meta["questions"]
    if not isinstance(values, list):
        raise Unusable("bad_value", "questions is not a list")
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise Unusable("bad_value", f"the question {str(value)[:80]!r} is not text; put it in quotes")
    return tuple(value.strip() for value in values)

"""A stub encoder (hashed words, so that equal words mean near vectors) and articles written on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.lexical import tokens

ARTICLES = {
    "en": {
        "parcel-late": (
            "delivery",
            "My parcel is late",
            ["Where is my parcel?"],
            "Ask the carrier about a late parcel.",
        ),
        "wash-wool": (
            "care",
            "Washing wool",
            ["Can wool shrink?"],
            "Wash wool cold.\n\n- lay it *flat*\n- never wring",
        ),
        "gift-wrap": ("gifts", "Gift wrap", ["Can you wrap a present?"], "We wrap presents in paper."),
    },
    "zh": {
        "parcel-late": ("delivery", "包裹晚到", ["我的包裹在哪里？"], "包裹晚到请联系快递公司。"),
        "wash-wool": ("care", "羊毛怎么洗", ["羊毛会缩水吗？"], "羊毛请用冷水洗。"),
        "gift-wrap": ("gifts", "礼品包装", ["可以包装礼物吗？"], "我们用纸包装礼物。"),
    },
}


class StubEncoder:
    """Bags of hashed words: deterministic, fast, and good enough to be searched with."""

    languages = ("en", "zh")
    licence = "Apache-2.0"

    def __init__(self, name: str = "stub", sha256: str = "a" * 64, dimension: int = 64) -> None:
        self.name, self.sha256, self.dimension = name, sha256, dimension
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for token in tokens(text) or ["nothing"]:
                seed = int.from_bytes(hashlib.sha256(token.encode()).digest()[:4], "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(self.dimension)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def article_text(key: str, topic: str, title: str, questions: Sequence[str], body: str) -> str:
    asked = "".join(f"  - {question}\n" for question in questions)
    return f"---\nkey: {key}\ntitle: {title}\ntopic: {topic}\nquestions:\n{asked}updated: 2026-11-22\n---\n{body}\n"


@pytest.fixture
def encoder() -> StubEncoder:
    return StubEncoder()


@pytest.fixture
def make_encoder() -> type[StubEncoder]:
    return StubEncoder


@pytest.fixture
def write_article() -> Callable[..., Path]:
    """Write one article file: ``(folder, language, key, topic=..., title=..., questions=..., body=...)``."""

    def write(folder: Path, language: str, key: str, **changes: object) -> Path:
        topic, title, questions, body = ARTICLES.get(language, {}).get(key, ("delivery", "A title", ["Why?"], "Text."))
        values = {"topic": topic, "title": title, "questions": questions, "body": body, **changes}
        file = folder / language / str(values["topic"]) / f"{key}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(article_text(key, **values), encoding="utf-8")  # type: ignore[arg-type]
        return file

    return write


@pytest.fixture
def articles(tmp_path: Path, write_article: Callable[..., Path]) -> Path:
    """Three articles in each of two languages."""
    folder = tmp_path / "articles"
    for language, by_key in ARTICLES.items():
        for key in by_key:
            write_article(folder, language, key)
    return folder

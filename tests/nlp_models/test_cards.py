"""The model cards say what the code and the benchmark say."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from nlp_models import encoders
from nlp_models.encoders.use_multilingual import FILES
from nlp_models.sentiment import SILENT, SURE

CARDS = Path(__file__).resolve().parents[2] / "nlp_models" / "cards"
NAMES = ["entities", "intent", "language", "sentiment-en", "sentiment-zh", "use-multilingual"]
PARTS = ("What it does", "Source", "Licence", "sha256", "Data and split", "Scores", "Limits")


def test_every_model_has_a_card() -> None:
    assert sorted(file.stem for file in CARDS.glob("*.md")) == NAMES
    assert set(encoders.NAMES) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_has_all_its_parts(name: str) -> None:
    text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    assert [part for part in PARTS if f"**{part}.**" not in text] == []


def test_sums_are_those_of_the_files() -> None:
    import vaderSentiment

    encoder = (CARDS / "use-multilingual.md").read_text(encoding="utf-8")
    assert [name for name, digest in FILES.items() if f"`{name}` {digest}" not in encoder] == []
    vader = Path(vaderSentiment.__file__).parent / "vader_lexicon.txt"
    ours = CARDS.parent / "data" / "sentiment_zh.json"
    for card, file in (("sentiment-en", vader), ("sentiment-zh", ours)):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in (CARDS / f"{card}.md").read_text(encoding="utf-8")


def test_bands_are_those_of_the_code() -> None:
    assert (SILENT, SURE) == (0.05, {"en": 0.3, "zh": 0.3})
    for card in ("sentiment-en", "sentiment-zh"):
        text = (CARDS / f"{card}.md").read_text(encoding="utf-8")
        assert re.search(r"below 0\.05[^.]*neutral, from 0\.3", text)


@pytest.mark.parametrize("name", ["intent", "language", "sentiment-en", "sentiment-zh"])
def test_scores_are_those_of_the_benchmark(name: str, root: Path) -> None:
    figures = json.loads((root / "benchmarks" / "results" / "nlu_quality.json").read_text(encoding="utf-8"))["figures"]
    rows = re.findall(r"^\| `([\w.]+)` \| ([\d.]+) \|$", (CARDS / f"{name}.md").read_text(encoding="utf-8"), re.M)
    assert rows
    for key, written in rows:
        value: Any = figures
        for part in key.split("."):
            value = value[part]
        assert float(written) == pytest.approx(value, abs=0.0051), key

from __future__ import annotations

from pathlib import Path

import pytest

from nlp_models.problem import ModelProblem
from nlp_models.sentiment import SILENT, SURE, analyse
from nlp_models.sentiment_zh import Lexicon, lexicon


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("This is terrible, I am very disappointed", "en", "negative"),
        ("I love it, thank you so much!", "en", "positive"),
        ("Where is my parcel?", "en", "neutral"),
        ("质量很好，非常满意", "zh", "positive"),
        ("不好用，很失望", "zh", "negative"),
        ("我的包裹在哪里", "zh", "neutral"),
        ("衣服破了，你们态度真差", "zh", "negative"),
        ("你好", "zh", "neutral"),
    ],
)
def test_clear_cases(text: str, language: str, label: str) -> None:
    found = analyse(text, language)
    assert found.label == label
    assert -1 <= found.score <= 1


@pytest.mark.parametrize("text", ["质量不错，但是物流太慢了", "还行"])
def test_weak_or_mixed_evidence_abstains(text: str) -> None:
    found = analyse(text, "zh")
    assert found.label is None
    assert SILENT <= abs(found.score) < SURE["zh"]


@pytest.mark.parametrize(("text", "language"), [("magnifique", None), ("12345", "en"), ("😀", "zh"), ("", "en")])
def test_what_cannot_be_judged_abstains(text: str, language: str | None) -> None:
    assert analyse(text, language) == (None, 0.0)


def test_negation_turns_and_degree_strengthens() -> None:
    score = lexicon().score
    assert score("满意")[0] > 0 > score("不满意")[0]
    assert score("不是很满意")[0] < 0
    assert score("非常失望")[0] < score("失望")[0] < score("有点失望")[0] < 0
    assert score("没有问题")[0] > 0
    assert score("不会后悔")[0] > 0


def test_what_follows_but_counts_more() -> None:
    assert lexicon().score("质量差，但是服务好")[0] > 0 > lexicon().score("服务好，但是质量差")[0]


@pytest.mark.parametrize("content", ["", "{}", '{"words": 1}'])
def test_a_broken_lexicon_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "lexicon.json"
    file.write_text(content)
    with pytest.raises(ModelProblem, match=r"lexicon\.json"):
        Lexicon(file)


def test_a_word_has_one_weight() -> None:
    import json

    from nlp_models import sentiment_zh

    words = [word for line in json.loads(sentiment_zh._FILE.read_text())["words"].values() for word in line.split()]
    assert sorted(words) == sorted(set(words))

"""Words and Chinese bigrams, scaled BM25."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.lexical import Lexical, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't wash it", ["dont", "wash", "it"]),
        ("returns returned returning return", ["return"] * 4),
        ("dress glass", ["dress", "glass"]),
        ("退货免费吗", ["退货", "货免", "免费", "费吗"]),
        ("T恤能用60度洗", ["t", "恤能", "能用", "60", "度洗"]),
        ("鞋", ["鞋"]),
        ("?! …", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_rare_words_weigh_more_and_scores_stay_in_0_to_1() -> None:
    lexical = Lexical(["the parcel is late", "the wool is cold", "the gift is late"])
    scores = lexical.scores("the wool")
    assert scores.argmax() == 1
    assert ((scores >= 0) & (scores <= 1)).all()


def test_words_nobody_has_count_against_all() -> None:
    lexical = Lexical(["parcel late", "wool cold"])
    assert lexical.scores("parcel")[0] > lexical.scores("parcel zebra quagga")[0] > 0


def test_nothing_to_go_by_is_zero() -> None:
    assert np.array_equal(Lexical(["a b"]).scores("?"), np.zeros(1, dtype=np.float32))
    assert Lexical([]).scores("a").shape == (0,)

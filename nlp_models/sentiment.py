"""How a message feels: negative, neutral or positive; None where the evidence is too weak to say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from nlp_models.problem import ModelProblem
from nlp_models.sentiment_zh import lexicon

SILENT = 0.05
"""Up to this size of the score nothing was said: neutral (VADER's own border)."""
SURE = {"en": 0.3, "zh": 0.3}
"""From this size of the score a side is taken; between the two the model abstains."""
LABELS = ("negative", "neutral", "positive")
_LOOK = 2000  # characters
_HAS_LETTERS = re.compile(r"[^\W\d_]")


class Sentiment(NamedTuple):
    """``label`` is negative, neutral, positive or None (abstained); ``score`` runs from -1 to 1."""

    label: str | None
    score: float


def analyse(text: str, language: str | None) -> Sentiment:
    """The sentiment of a text in a language of ours.

    Abstains for any other language (None), for texts without letters, and where good and bad words are weak or
    nearly even.

    :param language: "en" or "zh", as ``nlp_models.language.detect`` says.
    """
    if language not in SURE or not _HAS_LETTERS.search(text):
        return Sentiment(None, 0.0)
    text = text[:_LOOK]
    score = _vader().polarity_scores(text)["compound"] if language == "en" else lexicon().score(text)[0]
    score = round(float(score), 4)
    if abs(score) < SILENT:
        return Sentiment("neutral", score)
    if abs(score) < SURE[language]:
        return Sentiment(None, score)
    return Sentiment("positive" if score > 0 else "negative", score)


@lru_cache(maxsize=1)
def _vader() -> Any:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        raise ModelProblem(
            "English sentiment needs the package vaderSentiment.",
            next_step="Install it with: uv pip install vaderSentiment==3.3.2",
            code="sentiment_missing",
        ) from None
    return SentimentIntensityAnalyzer()

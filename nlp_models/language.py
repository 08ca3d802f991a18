"""Which of our languages a message is written in: a rule on scripts, no model."""

from __future__ import annotations

import re
from typing import NamedTuple

HAN_SHARE = 0.3
"""From this share of Han characters among Han characters and Latin words a text counts as Chinese."""

# Japanese and Korean are written with scripts of their own beside Han; a text carried by them is neither of ours.
_OTHER = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a]+(?:['’][a-z]+)?")
# What says nothing about the language of its writer: addresses, links, and words with digits (order numbers, sizes).
# Bounded, or a run of letters would be looked through again from each of them.
_NEUTRAL = re.compile(r"\S{1,64}@\S{1,255}|https?://\S+|www\.\S+|#?[A-Za-z]{0,12}-?\d[A-Za-z0-9-]*")
# Latin words that Chinese customers type as well: they must not switch a conversation to English.
_INTERNATIONAL = re.compile(
    r"ok|okay|hi|hello|hey|bye|thx|thanks|no|yes|sorry|app|vip|sos|lol|haha|please|pls|email|xs|s|m|l|xl|xxl", re.I
)
_LOOK = 4000  # characters; the rest of a longer text adds nothing


class Language(NamedTuple):
    """A guess: ``value`` is ``"en"``, ``"zh"`` or None; ``certain`` says whether to act on it."""

    value: str | None
    certain: bool


def identify(text: str) -> Language:
    """The language of a text and whether the guess is worth acting on.

    Uncertain are texts without a letter of ours (numbers, emoji, an order number, an e-mail address), mixtures near
    the border, and Latin words that are used in Chinese too, such as "ok".
    """
    text = _NEUTRAL.sub(" ", text[:_LOOK])
    han = len(_HAN.findall(text))
    words = _WORD.findall(text)
    if len(_OTHER.findall(text)) > 0.2 * (han + sum(map(len, words))):
        return Language(None, False)
    if han == 0 and not words:
        return Language(None, False)
    share = han / (han + len(words))
    if share >= HAN_SHARE:
        return Language("zh", share >= 0.4)
    return Language("en", share <= 0.2 and not all(map(_INTERNATIONAL.fullmatch, words)))


def detect(text: str) -> str | None:
    """``"en"``, ``"zh"``, or None for a text without letters of either."""
    return identify(text).value

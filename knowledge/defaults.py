"""Thresholds for shops that have no questions of their own to calibrate on."""

from __future__ import annotations

# (encoder, sha256 of its weights, ranking scheme) -> by "<language asked>><language of the article>": the score from
# which to answer, and the score from which to offer the nearest articles.
# Written from `python -m benchmarks.faq_quality`, which prints them; docs/cards/retrieval.md says what they were set
# on, and a test compares them with a calibration of the demo shop.
THRESHOLDS: dict[tuple[str, str, int], dict[str, tuple[float, float]]] = {
    ("use-multilingual", "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9", 1): {
        "en>en": (0.4215, 0.2869),
        "en>zh": (0.3081, 0.2257),
        "zh>en": (0.3547, 0.2283),
        "zh>zh": (0.4003, 0.2680),
    },
}

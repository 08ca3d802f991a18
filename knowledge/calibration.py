"""When to say nothing: a score threshold per language, set on questions that were held back for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlp_models.encoders.base import Encoder
from rapport.store import Problem

from . import defaults, indexfolder, ranking
from .index import Index, Vector
from .questions import Question

FILE = "calibration.json"
TARGET = 0.10
"""The operating point: of the calibration questions that no article answers, at most this share may be answered.

Among the thresholds that keep to it we take the lowest, which answers most of the others."""

SUGGEST_TARGET = 0.50
"""The same for offering the nearest articles ("did you mean") where none is answered with: a softer mistake."""

MIN_UNANSWERABLE = 20  # with fewer, a share of 10% is one question more or less; then the shipped thresholds serve


@dataclass(frozen=True)
class Operating:
    """One threshold and what it did on the questions it was set on (so better than it will do on others)."""

    threshold: float
    suggest_from: float  # the score from which the nearest articles may be offered; at most the threshold
    answerable: int
    unanswerable: int
    right: int  # answerable, answered with the right article
    wrong: int  # answerable, answered with another one
    false: int  # unanswerable, yet answered


@dataclass(frozen=True)
class Calibration:
    """The thresholds of one encoder, by ``<language asked>><language of the article>``, such as ``en>en``."""

    encoder: str
    encoder_sha256: str
    scheme: int  # of ranking: other scores need other thresholds
    target: float
    points: dict[str, Operating]
    fingerprint: str = ""  # of the index they were set on
    questions_sha256: str = ""

    def threshold(self, asked: str, article: str) -> float:
        """The score from which an article in one language may answer a question in another.

        For a pair never calibrated, the strictest of all: abstaining is the safer mistake.
        """
        point = self.points.get(f"{asked}>{article}")
        return point.threshold if point else max(one.threshold for one in self.points.values())

    def suggest_from(self, asked: str, article: str) -> float:
        """The score from which an article may at least be offered; as ``threshold`` otherwise."""
        point = self.points.get(f"{asked}>{article}")
        return point.suggest_from if point else max(one.threshold for one in self.points.values())


def calibrate(
    index: Index, encoder: Encoder, questions: Sequence[Question], target: float = TARGET, questions_sha256: str = ""
) -> Calibration:
    """Set the thresholds.

    Questions about articles that the index does not hold are left out. A pair of languages with fewer than
    ``MIN_UNANSWERABLE`` questions without an answer, or with no question that has one, gets no threshold of its own.

    :raises Problem: when no pair of languages has enough questions.
    """
    held = {key for key, _ in index.articles}
    usable = [question for question in questions if question.key is None or question.key in held]
    vectors = encoder.encode([question.text for question in usable])
    points: dict[str, Operating] = {}
    languages = sorted({language for _, language in index.articles})
    for asked in sorted({question.language for question in usable}):
        rows = [row for row, question in enumerate(usable) if question.language == asked]
        for article in languages:
            avoid = asked if article != asked and asked in languages else None
            found = [_scored(index, usable[row], vectors[row], article, avoid) for row in rows]
            point = operating_point([one for one in found if one is not None], target)
            if point is not None:
                points[f"{asked}>{article}"] = point
    if not points:
        raise Problem(
            f"The questions don't suffice to set a threshold: at least {MIN_UNANSWERABLE} without an answer and one "
            "with an answer are needed in a language.",
            next_step="Add some, or leave the questions file out to use the shipped thresholds.",
            code="questions",
        )
    return Calibration(
        encoder.name, encoder.sha256, ranking.SCHEME, target, points, index.fingerprint, questions_sha256
    )


def operating_point(scored: Sequence[tuple[float, bool | None]], target: float = TARGET) -> Operating | None:
    """The lowest threshold that keeps to the target.

    :param scored: for each question the best score and whether that article is right; none: no article is.
    :returns: none when there are too few questions.
    """
    unanswerable = np.sort(np.array([score for score, right in scored if right is None]))[::-1]
    answerable = [(score, right) for score, right in scored if right is not None]
    if len(unanswerable) < MIN_UNANSWERABLE or not answerable:
        return None
    threshold = _lowest(unanswerable, target)
    return Operating(
        threshold=threshold,
        suggest_from=min(threshold, _lowest(unanswerable, max(target, SUGGEST_TARGET))),
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        right=sum(1 for score, right in answerable if score >= threshold and right),
        wrong=sum(1 for score, right in answerable if score >= threshold and not right),
        false=int((unanswerable >= threshold).sum()),
    )


def _lowest(unanswerable: npt.NDArray[np.float64], target: float) -> float:
    """The threshold that lets through at most that share of scores, which are in falling order."""
    allowed = int(target * len(unanswerable) + 1e-9)
    if allowed >= len(unanswerable):
        return float(unanswerable[-1])
    # Halfway between the last score let through and the first one kept out, so that neither is at the edge.
    kept_out = float(unanswerable[allowed])
    above = float(unanswerable[allowed - 1]) if allowed else max(1.0, kept_out)
    return (kept_out + above) / 2 if above > kept_out else float(np.nextafter(above, np.inf))


def save(calibration: Calibration, folder: Path) -> None:
    """Store it beside the index, whole or not at all."""
    indexfolder.replace(folder / FILE, json.dumps(asdict(calibration), indent=1).encode())


def load(folder: Path, encoder: Encoder) -> Calibration:
    """The stored calibration; without a file, the shipped one of that encoder.

    :raises Problem: when the file is damaged or another encoder's, or nothing is shipped for this one.
    """
    file = Path(folder) / FILE
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        points = {pair: Operating(**point) for pair, point in raw.pop("points").items()}
        calibration = Calibration(points=points, **raw)
        if not points or not all(0 <= point.suggest_from <= point.threshold <= 2 for point in points.values()):
            raise ValueError("a threshold is out of range")
    except FileNotFoundError:
        return shipped(encoder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Problem(f"The thresholds in {file} are damaged: {error}.", next_step="Run: rapport train",
                      code="calibration_corrupt") from None  # fmt: skip
    if (calibration.encoder, calibration.encoder_sha256) != (encoder.name, encoder.sha256) or (
        calibration.scheme != ranking.SCHEME
    ):
        raise Problem(
            f"The thresholds in {file} were set for the encoder {calibration.encoder} "
            f"({calibration.encoder_sha256[:12]}, ranking {calibration.scheme}), not for {encoder.name} "
            f"({encoder.sha256[:12]}, ranking {ranking.SCHEME}).",
            next_step="Run: rapport train",
            code="calibration_encoder",
        )
    return calibration


def shipped(encoder: Encoder) -> Calibration:
    """The thresholds that came with the code, set on the demo shop's articles and questions.

    :raises Problem: when there are none for this encoder.
    """
    known = defaults.THRESHOLDS.get((encoder.name, encoder.sha256, ranking.SCHEME))
    if known is None:
        raise Problem(
            f"No thresholds are shipped for the encoder {encoder.name} ({encoder.sha256[:12]}).",
            allowed=[name for name, _, _ in defaults.THRESHOLDS],
            next_step="Give `rapport train` a file of questions to calibrate on.",
            code="calibration_missing",
        )
    points = {pair: Operating(threshold, suggest, 0, 0, 0, 0, 0) for pair, (threshold, suggest) in known.items()}
    return Calibration(encoder.name, encoder.sha256, ranking.SCHEME, TARGET, points)


def _scored(
    index: Index, question: Question, vector: Vector, language: str, avoid: str | None
) -> tuple[float, bool | None] | None:
    if question.key is not None and avoid is not None and index.languages_of(question.key) == (avoid,):
        return None  # what is asked for does not exist in the other language
    ranked = ranking.rank(index, question.text, vector, language, avoid)
    if not ranked:
        return None
    return ranked[0].score, None if question.key is None else ranked[0].key == question.key

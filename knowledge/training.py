"""Making what the search needs, and nothing that is already there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nlp_models.encoders.base import Encoder
from rapport.store import Problem, Store

from . import calibration, ranking
from .calibration import Calibration
from .index import Index, build, up_to_date
from .questions import file_sha256, read_questions


@dataclass(frozen=True)
class Trained:
    """What ``train`` came to."""

    index: Index
    calibration: Calibration
    rebuilt: bool
    recalibrated: bool


def train(
    store: Store, encoder: Encoder, folder: Path | str, questions: Path | None = None, force: bool = False
) -> Trained:
    """Bring the index folder up to date with the store's articles and the questions file.

    :param questions: a file as ``read_questions`` takes it, of which the calibration half is used. Without one, the
        shipped thresholds serve, and thresholds stored earlier are removed.
    :param force: make everything again.
    :raises Problem: when there is no article, a file can't be used, or the disk won't take the result.
    """
    folder = Path(folder)
    rebuilt = force or not up_to_date(store, encoder, folder)
    index = build(store, encoder, folder) if rebuilt else Index.load(folder, encoder)
    if questions is None:
        (folder / calibration.FILE).unlink(missing_ok=True)
        return Trained(index, calibration.shipped(encoder), rebuilt, False)
    sha256 = file_sha256(questions) if questions.is_file() else ""
    stored = _stored(folder, encoder)
    if not force and stored and (stored.fingerprint, stored.questions_sha256, stored.scheme, stored.target) == (
        index.fingerprint, sha256, ranking.SCHEME, calibration.TARGET,
    ):  # fmt: skip
        return Trained(index, stored, rebuilt, False)
    made = calibration.calibrate(index, encoder, read_questions(questions, "calibration"), questions_sha256=sha256)
    calibration.save(made, folder)
    return Trained(index, made, rebuilt, True)


def _stored(folder: Path, encoder: Encoder) -> Calibration | None:
    try:
        return calibration.load(folder, encoder)
    except Problem:
        return None

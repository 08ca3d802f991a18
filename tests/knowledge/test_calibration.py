"""Setting, storing and refusing thresholds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from knowledge import calibration
from knowledge.articles import import_articles
from knowledge.calibration import Calibration, Operating, calibrate, operating_point
from knowledge.index import Index, build
from knowledge.questions import Question
from rapport.store import Problem, Store

POINTS = {"en>en": Operating(0.5, 0.3, 3, 20, 3, 0, 0), "zh>zh": Operating(0.6, 0.4, 3, 20, 3, 0, 0)}


@pytest.fixture
def index(sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path) -> Index:
    import_articles(sqlite_store, articles)
    return build(sqlite_store, encoder, tmp_path / "index")


def questions(language: str) -> list[Question]:
    asked = {
        "en": [("where is my parcel", "parcel-late"), ("wool shrink", "wash-wool"), ("wrap present", "gift-wrap")],
        "zh": [("我的包裹", "parcel-late"), ("羊毛缩水", "wash-wool"), ("包装礼物", "gift-wrap")],
    }[language]
    nonsense = [Question(language, f"zzz{n} yyy{n}", None, "calibration") for n in range(20)]
    return [Question(language, text, key, "calibration") for text, key in asked] + nonsense


def test_the_lowest_threshold_that_keeps_to_the_target() -> None:
    none = [(score / 100, None) for score in range(20)]  # 0.00 .. 0.19
    point = operating_point([*none, (0.9, True), (0.175, False), (0.1, True)], target=0.10)
    assert point is not None
    assert 0.17 < point.threshold < 0.18  # between the second and the third highest
    assert (point.false, point.right, point.wrong, point.answerable, point.unanswerable) == (2, 1, point.wrong, 3, 20)
    assert 0.09 < point.suggest_from < 0.10  # half of them
    strict = operating_point([*none, (0.9, True)], target=0)
    assert strict is not None
    assert strict.threshold > 0.19
    assert strict.false == 0


def test_equal_scores_never_break_the_target() -> None:
    point = operating_point([*[(0.5, None)] * 20, (0.5, True), (0.9, True)], target=0.10)
    assert point is not None
    assert (point.false, point.right) == (0, 1)


def test_too_few_questions_set_nothing() -> None:
    assert operating_point([(0.1, None)] * 19 + [(0.9, True)]) is None
    assert operating_point([(0.1, None)] * 20) is None


def test_calibrating_separates_and_knows_every_pair(index: Index, encoder: Any) -> None:
    made = calibrate(index, encoder, questions("en") + questions("zh"))
    assert set(made.points) == {"en>en", "en>zh", "zh>en", "zh>zh"}
    for pair in ("en>en", "zh>zh"):
        assert (made.points[pair].right, made.points[pair].wrong) == (3, 0)
        assert made.points[pair].false <= 2
    assert made.fingerprint == index.fingerprint


def test_questions_about_articles_not_held_are_left_out(index: Index, encoder: Any) -> None:
    made = calibrate(index, encoder, [*questions("en"), Question("en", "moon phase", "moon", "calibration")])
    assert made.points["en>en"].answerable == 3


def test_too_few_questions_are_a_problem(index: Index, encoder: Any) -> None:
    with pytest.raises(Problem) as raised:
        calibrate(index, encoder, questions("en")[:5])
    assert raised.value.code == "questions"


def test_stored_and_loaded_is_the_same(tmp_path: Path, encoder: Any) -> None:
    made = Calibration(encoder.name, encoder.sha256, 1, 0.1, POINTS, "f", "q")
    calibration.save(made, tmp_path)
    assert calibration.load(tmp_path, encoder) == made


def test_a_pair_never_calibrated_gets_the_strictest(encoder: Any) -> None:
    made = Calibration(encoder.name, encoder.sha256, 1, 0.1, POINTS)
    assert made.threshold("en", "en") == 0.5
    assert made.threshold("de", "en") == 0.6
    assert (made.suggest_from("en", "en"), made.suggest_from("de", "en")) == (0.3, 0.6)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"points": {}}', '{"points": {"en>en": 3}}', "\0"])
def test_a_damaged_file_is_refused(tmp_path: Path, encoder: Any, content: str) -> None:
    (tmp_path / calibration.FILE).write_text(content)
    with pytest.raises(Problem) as raised:
        calibration.load(tmp_path, encoder)
    assert (raised.value.code, "rapport train" in raised.value.next_step) == ("calibration_corrupt", True)


def test_a_threshold_out_of_range_is_refused(tmp_path: Path, encoder: Any) -> None:
    made = Calibration(
        encoder.name, encoder.sha256, 1, 0.1, {"en>en": replace(POINTS["en>en"], threshold=float("nan"))}
    )
    (tmp_path / calibration.FILE).write_text("")
    calibration.save(made, tmp_path)
    assert json.loads((tmp_path / calibration.FILE).read_text())["encoder"] == "stub"
    with pytest.raises(Problem) as raised:
        calibration.load(tmp_path, encoder)
    assert raised.value.code == "calibration_corrupt"


@pytest.mark.parametrize("change", [{"encoder": "other"}, {"encoder_sha256": "b" * 64}, {"scheme": 99}])
def test_another_encoders_thresholds_are_refused(tmp_path: Path, encoder: Any, change: dict[str, Any]) -> None:
    calibration.save(replace(Calibration(encoder.name, encoder.sha256, 1, 0.1, POINTS), **change), tmp_path)
    with pytest.raises(Problem) as raised:
        calibration.load(tmp_path, encoder)
    assert raised.value.code == "calibration_encoder"


def test_without_a_file_the_shipped_ones_serve_or_it_says_so(tmp_path: Path, encoder: Any) -> None:
    with pytest.raises(Problem) as raised:
        calibration.load(tmp_path, encoder)
    assert raised.value.code == "calibration_missing"

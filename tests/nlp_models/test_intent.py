from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp_models import encoders, ngrams
from nlp_models.intent import ARRAYS, CARD, IntentModel, IntentSettings
from nlp_models.problem import ModelProblem

SETTINGS = IntentSettings(
    labels=("a", "b", "c"),
    temperature=0.5,
    threshold=0.6,
    coverage=0.97,
    ngram_weight=0.6,
    encoder="use-multilingual",
    encoder_sha256="0" * 64,
    figures={"accuracy": 0.9},
)


@pytest.fixture
def model() -> IntentModel:
    random = np.random.default_rng(1)
    weights = random.normal(size=(512 + ngrams.BUCKETS, 3)).astype(np.float32)
    return IntentModel(weights, np.zeros(3, dtype=np.float32), SETTINGS)


@pytest.fixture
def vector() -> np.ndarray:
    return np.full(512, 1 / np.sqrt(512), dtype=np.float32)


def test_probabilities_add_up_and_are_ordered(model: IntentModel, vector: np.ndarray) -> None:
    ranking = model.predict("hello", vector)
    assert sorted(name for name, _ in ranking) == ["a", "b", "c"]
    probabilities = [p for _, p in ranking]
    assert sum(probabilities) == pytest.approx(1)
    assert probabilities == sorted(probabilities, reverse=True)


def test_probabilities_are_what_the_formula_says(model: IntentModel, vector: np.ndarray) -> None:
    index, values = ngrams.buckets("hello")
    full = np.zeros(512 + ngrams.BUCKETS)
    full[:512], full[512 + index] = vector, 0.6 * values
    logits = full @ model.weights / 0.5
    expected = np.exp(logits) / np.exp(logits).sum()
    assert dict(model.predict("hello", vector)) == pytest.approx(dict(zip("abc", expected, strict=True)), rel=1e-4)


def test_known_is_a_matter_of_the_threshold(model: IntentModel) -> None:
    assert model.known([("a", 0.6), ("b", 0.4)])
    assert not model.known([("a", 0.59), ("b", 0.41)])
    assert not model.known([])


def test_saved_and_loaded_it_is_the_same(model: IntentModel, vector: np.ndarray, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    again = IntentModel.load(tmp_path / "model")
    assert again.settings == model.settings
    assert again.predict("退货 please", vector) == model.predict("退货 please", vector)
    assert sorted(file.name for file in (tmp_path / "model").iterdir()) == [CARD, ARRAYS]


@pytest.mark.parametrize("name", [ARRAYS, CARD])
def test_a_missing_file_is_named(model: IntentModel, tmp_path: Path, name: str) -> None:
    model.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelProblem) as caught:
        IntentModel.load(tmp_path)
    assert caught.value.code == "model_missing"
    assert name in caught.value.what
    assert "rapport train" in caught.value.next_step


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_is_noticed(model: IntentModel, tmp_path: Path, place: int) -> None:
    model.save(tmp_path)
    content = bytearray((tmp_path / ARRAYS).read_bytes())
    content[place] ^= 1
    (tmp_path / ARRAYS).write_bytes(content)
    with pytest.raises(ModelProblem) as caught:
        IntentModel.load(tmp_path)
    assert caught.value.code == "model_corrupt"


def test_a_file_cut_short_is_noticed(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / CARD).write_text((tmp_path / CARD).read_text()[:50])
    with pytest.raises(ModelProblem) as caught:
        IntentModel.load(tmp_path)
    assert caught.value.code == "model_corrupt"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 99}, "model_format"),
        ({"labels": ["a"]}, "model_corrupt"),
        ({"sha256": "0"}, "model_corrupt"),
        ({"stranger": 1}, "model_corrupt"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    model: IntentModel, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    model.save(tmp_path)
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelProblem) as caught:
        IntentModel.load(tmp_path)
    assert caught.value.code == code


def test_another_encoder_is_refused(model: IntentModel) -> None:
    encoder = encoders.load()
    with pytest.raises(ModelProblem) as caught:
        model.check_encoder(encoder)
    assert caught.value.code == "encoder_mismatch"
    settings = replace(SETTINGS, encoder_sha256=encoder.sha256)
    IntentModel(model.weights, model.bias, settings).check_encoder(encoder)
    with pytest.raises(ModelProblem, match="shape"):
        model.predict("hello", np.zeros(384, dtype=np.float32))

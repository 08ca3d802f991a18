"""What a message wants: a linear model on its meaning (embedding) and its look (n-grams), with a calibrated unknown."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nlp_models import ngrams
from nlp_models.encoders.base import Encoder
from nlp_models.problem import ModelProblem

FORMAT = 1
ARRAYS = "intent.npz"
CARD = "intent.json"
_RETRAIN = "Train it again with: rapport train"
Array = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class IntentSettings:
    """What belongs to a trained model beside its weights.

    :param labels: the intents, in the order of the weights' columns.
    :param temperature: logits are divided by it, so that the probabilities say how often the model is right.
    :param threshold: below this probability the best intent is not believed.
    :param coverage: the share of in-scope messages that the threshold was chosen to keep.
    :param ngram_weight: how much the n-grams count beside the embedding.
    :param encoder: name of the encoder the weights were trained on; its vectors and no others fit.
    :param encoder_sha256: of that encoder's weights.
    :param figures: cross-validated figures of the training run, for the model card; ``confused`` lists the pairs
        [meant, found, times] that were mixed up most.
    """

    labels: tuple[str, ...]
    temperature: float
    threshold: float
    coverage: float
    ngram_weight: float
    encoder: str
    encoder_sha256: str
    figures: dict[str, Any] = field(default_factory=dict)


class IntentModel:
    """A trained intent model; needs numpy alone.

    :param weights: float32, shape (dimension + ngrams.BUCKETS, number of labels).
    :param bias: float32, shape (number of labels,).
    """

    def __init__(self, weights: Array, bias: Array, settings: IntentSettings) -> None:
        self.weights = np.ascontiguousarray(weights, dtype=np.float32)
        self.bias = np.ascontiguousarray(bias, dtype=np.float32)
        self.settings = settings
        self._dimension = len(weights) - ngrams.BUCKETS

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents it knows."""
        return self.settings.labels

    @property
    def threshold(self) -> float:
        """Below this probability the best intent is not believed."""
        return self.settings.threshold

    def predict(self, text: str, vector: Array) -> list[tuple[str, float]]:
        """All intents with their calibrated probabilities, the most likely first; they add up to 1.

        :param vector: the encoder's vector of the text, shape (dimension,).
        :raises ModelProblem: when the vector is of another encoder's length.
        """
        if vector.shape != (self._dimension,):
            raise ModelProblem(
                f"The vector has shape {vector.shape}; this intent model needs ({self._dimension},) "
                f"of the encoder {self.settings.encoder}.",
                next_step=_RETRAIN,
                code="encoder_mismatch",
            )
        index, values = ngrams.buckets(text)
        logits = vector @ self.weights[: self._dimension] + self.bias
        logits = logits + self.settings.ngram_weight * (values @ self.weights[self._dimension + index])
        logits = logits.astype(np.float64) / self.settings.temperature
        odds = np.exp(logits - logits.max())
        probabilities = odds / odds.sum()
        order = np.argsort(-probabilities, kind="stable")
        return [(self.labels[place], float(probabilities[place])) for place in order]

    def known(self, ranking: Sequence[tuple[str, float]]) -> bool:
        """Whether the best of a ranking is to be believed."""
        return bool(ranking) and ranking[0][1] >= self.threshold

    def check_encoder(self, encoder: Encoder) -> None:
        """Refuse an encoder whose vectors mean something else.

        :raises ModelProblem: when it is not the one the model was trained with.
        """
        if (encoder.name, encoder.sha256) != (self.settings.encoder, self.settings.encoder_sha256):
            raise ModelProblem(
                f"The intent model was trained with the encoder {self.settings.encoder} "
                f"({self.settings.encoder_sha256[:12]}…), not with {encoder.name} ({encoder.sha256[:12]}…).",
                next_step=_RETRAIN,
                code="encoder_mismatch",
            )

    def save(self, folder: Path) -> None:
        """Write ``intent.npz`` and ``intent.json`` (which holds the first one's sha256) into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, weights=self.weights, bias=self.bias)
        arrays = buffer.getvalue()
        card = {"format": FORMAT, "sha256": hashlib.sha256(arrays).hexdigest(), **asdict(self.settings)}
        _write(folder / ARRAYS, arrays)
        _write(folder / CARD, json.dumps(card, ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read a model that ``save`` wrote.

        :raises ModelProblem: when a file is missing, damaged, or of another format.
        """
        try:
            card = json.loads((folder / CARD).read_bytes())
            arrays = (folder / ARRAYS).read_bytes()
        except FileNotFoundError as error:
            raise ModelProblem(
                f"The intent model's file {error.filename} is missing.", next_step=_RETRAIN, code="model_missing"
            ) from None
        except (OSError, ValueError) as error:
            raise _damaged(folder, str(error)) from None
        if not isinstance(card, dict) or card.get("format") != FORMAT:
            found = card.get("format") if isinstance(card, dict) else card
            raise ModelProblem(
                f"The intent model in {folder} has format {found!r}.",
                allowed=[str(FORMAT)],
                next_step=_RETRAIN,
                code="model_format",
            )
        if hashlib.sha256(arrays).hexdigest() != card.get("sha256"):
            raise _damaged(folder, f"{ARRAYS} is not the file that {CARD} describes")
        try:
            with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
                weights, bias = stored["weights"], stored["bias"]
            settings = IntentSettings(
                **{**{k: v for k, v in card.items() if k not in ("format", "sha256")}, "labels": tuple(card["labels"])}
            )
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise _damaged(folder, str(error)) from None
        if weights.ndim != 2 or weights.shape[1] != len(settings.labels) or bias.shape != (len(settings.labels),):
            raise _damaged(folder, "weights and labels don't belong together")
        return cls(weights, bias, settings)


def _damaged(folder: Path, why: str) -> ModelProblem:
    return ModelProblem(f"The intent model in {folder} is damaged: {why}.", next_step=_RETRAIN, code="model_corrupt")


def _write(file: Path, content: bytes) -> None:
    """All of a file or nothing of it."""
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)

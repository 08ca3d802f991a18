"""The intent of a message, or ``nlu_fallback`` where the model is not sure enough."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlp_models
from assistant.components.base import Component, digest
from assistant.components.encoder import EncoderComponent, check_encoder_name, vector_of
from nlp_models import encoders
from nlp_models.intent import IntentModel
from nlp_models.problem import ModelProblem

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentComponent(Component, IntentClassifier):
    """Trains on the NLU examples of all languages at once; sets ``intent`` and ``intent_ranking``.

    Settings: ``encoder``; ``coverage``, the share of in-scope messages the threshold keeps; ``ranking_length``. Below
    the threshold the intent is ``nlu_fallback`` with confidence 1 minus the best probability, and heads the ranking.
    """

    defaults: ClassVar[dict[str, Any]] = {"encoder": encoders.DEFAULT, "coverage": 0.97, "ranking_length": 5}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentModel | None = None
    ) -> None:
        super().__init__(config)
        self.encoder = encoders.load(self.config["encoder"])
        self.model = model
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentComponent:
        """An untrained one."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentComponent:
        """The trained one.

        :raises ModelProblem: when the model's files are missing or damaged, or it was made for another encoder.
        """
        try:
            with model_storage.read_from(resource) as folder:
                model = IntentModel.load(Path(folder))
        except ValueError:
            raise ModelProblem(
                f"The model holds no intent model (resource {resource.name!r}).",
                next_step="Train it again with: rapport train",
                code="model_missing",
            ) from None
        component = cls(config, model_storage, resource, model)
        model.check_encoder(component.encoder)
        return component

    @classmethod
    def required_components(cls) -> list[type]:
        """The encoder runs first."""
        return [EncoderComponent]

    @staticmethod
    def required_packages() -> list[str]:
        """What training needs."""
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The code and weights that a trained model depends on: when they change Rasa trains again."""
        code = Path(nlp_models.__file__).parent
        files = [code / name for name in ("ngrams.py", "intent.py", "training/intent.py")]
        return digest(*files) + encoders.load(config.get("encoder", encoders.DEFAULT)).sha256

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown settings and values out of range.

        :raises InvalidConfigException: naming the bad value and the allowed ones.
        """
        super().validate_config(config)
        check_encoder_name(cls.__name__, config)
        coverage = config.get("coverage", cls.defaults["coverage"])
        if not isinstance(coverage, (int, float)) or not 0.5 <= coverage <= 1:
            raise InvalidConfigException(f"{cls.__name__}: coverage is {coverage!r}. Allowed: 0.5 to 1.")
        length = config.get("ranking_length", cls.defaults["ranking_length"])
        if not isinstance(length, int) or length < 1:
            raise InvalidConfigException(f"{cls.__name__}: ranking_length is {length!r}. Allowed: 1 or more.")

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all examples with an intent and store the model; also Rasa's entry for incremental training.

        A model trained on what is new alone would forget the rest, so incremental training is a full one: it takes
        seconds.
        """
        from nlp_models.training.intent import train

        examples = [
            (example.get(TEXT), example.get(INTENT))
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT)
        ]
        self.model = train(examples, self.encoder, coverage=self.config["coverage"])
        for conflict in self.model.settings.figures["conflicts"]:
            logger.warning("Training data: %s; the first is kept.", conflict)
        logger.info("Intent model, cross-validated: %s", self.model.settings.figures)
        with self._storage.write_to(self._resource) as folder:
            self.model.save(Path(folder))
        return self._resource

    def add_to(self, messages: Sequence[Message]) -> None:
        """Set the intent of messages that have none yet.

        :raises ModelProblem: before training.
        """
        if self.model is None:
            raise ModelProblem(
                "The intent model is not trained.", next_step="Train it with: rapport train", code="model_missing"
            )
        for message in messages:
            if _intent_name(message):
                continue
            ranking = self.model.predict(message.get(TEXT), vector_of(message, self.encoder))
            rows = [_row(name, probability) for name, probability in ranking[: self.config["ranking_length"]]]
            if not self.model.known(ranking):
                rows.insert(0, _row(DEFAULT_NLU_FALLBACK_INTENT_NAME, 1 - ranking[0][1]))
            message.set(INTENT, rows[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, rows, add_to_output=True)


def _row(name: str, probability: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: round(probability, 6)}


def _intent_name(message: Message) -> str | None:
    intent = message.get(INTENT)
    return intent.get(INTENT_NAME_KEY) if isinstance(intent, dict) else intent

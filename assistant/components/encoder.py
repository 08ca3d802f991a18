"""The embedding of a message, made once for all components after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.components.base import VECTOR, Component
from nlp_models import encoders


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class EncoderComponent(Component):
    """Puts the vector of a message's text where ``vector_of`` finds it. Setting: ``encoder``."""

    defaults: ClassVar[dict[str, Any]] = {"encoder": encoders.DEFAULT}

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.encoder = encoders.load(self.config["encoder"])

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown settings and encoders.

        :raises InvalidConfigException: naming the bad value and the allowed ones.
        """
        super().validate_config(config)
        check_encoder_name(cls.__name__, config)

    def add_to(self, messages: Sequence[Message]) -> None:
        """Add the vectors, all in one batch."""
        for message, vector in zip(messages, self.encoder.encode([m.get(TEXT) for m in messages]), strict=True):
            message.set(VECTOR, vector)


def check_encoder_name(component: str, config: dict[str, Any]) -> None:
    """Refuse an encoder that doesn't exist.

    :raises InvalidConfigException: naming it and the ones there are.
    """
    name = config.get("encoder", encoders.DEFAULT)
    if name not in encoders.NAMES:
        raise InvalidConfigException(f"{component} knows no encoder {name!r}. Allowed: {', '.join(encoders.NAMES)}.")


def vector_of(message: Message, encoder: encoders.Encoder) -> encoders.Vectors:
    """The message's vector: the one EncoderComponent left, else made now. Shape (dimension,)."""
    vector = message.get(VECTOR)
    if vector is None:
        vector = encoder.encode([message.get(TEXT)])[0]
        message.set(VECTOR, vector)
    return vector

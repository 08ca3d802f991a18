"""The sentiment of a message."""

from __future__ import annotations

from collections.abc import Sequence

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.components.base import Component
from nlp_models import language, sentiment


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SentimentComponent(Component):
    """Adds ``sentiment`` {"label": "negative" | "neutral" | "positive" | null, "score": -1 to 1}."""

    def add_to(self, messages: Sequence[Message]) -> None:
        """Add the sentiment to each message, in the language LanguageComponent found."""
        for message in messages:
            text = message.get(TEXT)
            known = message.get("language")
            value = known["value"] if isinstance(known, dict) else language.detect(text)
            message.set("sentiment", sentiment.analyse(text, value)._asdict(), add_to_output=True)

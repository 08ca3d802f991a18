"""The language of a message, as parse data and as an entity that fills the language slot."""

from __future__ import annotations

from collections.abc import Sequence

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.components.base import Component, add_entities
from nlp_models import language

LANGUAGES = ("en", "zh")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageComponent(Component):
    """Adds ``language`` {"value": "en" | "zh" | null, "certain": bool}.

    Where the text doesn't show it ("ok", an order number), the message's metadata ``language`` counts, which the
    gateway sets to the conversation's; without one nothing is certain. The entity is added only when certain.
    """

    def add_to(self, messages: Sequence[Message]) -> None:
        """Add the language to each message."""
        for message in messages:
            text = message.get(TEXT)
            found = language.identify(text)
            hint = (message.get("metadata") or {}).get("language")
            if not found.certain and hint in LANGUAGES:
                # "ok", "hello" or an order number: the conversation goes on in the language it has.
                found = language.Language(hint, True)
            message.set("language", found._asdict(), add_to_output=True)
            if found.certain:
                entity = {"entity": "language", "value": found.value, "start": 0, "end": len(text)}
                add_entities(message, [entity], type(self).__name__)

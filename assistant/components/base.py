"""What our components share: reading messages, settings, and the errors Rasa understands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

VECTOR = "rapport_vector"
"""Where a message carries its embedding, for the components after the encoder; never part of the parse data."""


class Component(GraphComponent):
    """A component without a trained part: made from its settings."""

    defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, config: dict[str, Any]) -> None:
        self.validate_config(config)  # Rasa 3.6 asks for this method but never calls it
        self.config = {**self.defaults, **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Component:
        """Make it; Rasa's signature."""
        return cls(config)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Component:
        """As ``create``: there is nothing stored."""
        return cls.create(config, model_storage, resource, execution_context)

    @classmethod
    def get_default_config(cls) -> dict[str, Any]:
        """The settings and their defaults."""
        return dict(cls.defaults)

    @classmethod
    def supported_languages(cls) -> None:
        """Any language of the configuration file: the components tell the language themselves."""
        return

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse settings this component doesn't have.

        :raises InvalidConfigException: naming the setting and the allowed ones.
        """
        unknown = sorted(set(config) - set(cls.defaults) - {"name"})
        if unknown:
            raise InvalidConfigException(
                f"{cls.__name__} has no setting {', '.join(unknown)}. "
                f"Allowed: {', '.join(sorted(cls.defaults)) or 'none'}."
            )

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to add to training examples."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what this component finds to messages that a customer wrote; commands are left alone."""
        wanted = [message for message in messages if is_text(message)]
        if wanted:
            self.add_to(wanted)
        return messages

    def add_to(self, messages: Sequence[Message]) -> None:
        """Add what this component finds to messages; all have a text that is not a command."""
        raise NotImplementedError


def is_text(message: Message) -> bool:
    """Whether a message is a customer's text: not empty, and no command such as ``/greet{...}``.

    Rasa's RegexMessageHandler, last in the pipeline, gives commands their intent and entities.
    """
    text = message.get(TEXT)
    return isinstance(text, str) and bool(text.strip()) and not text.lstrip().startswith("/")


def add_entities(message: Message, found: Iterable[dict[str, Any]], extractor: str) -> None:
    """Add entities to those a message has, in Rasa's shape, so that they reach the tracker."""
    entities = [*message.get(ENTITIES, []), *({**entity, "extractor": extractor} for entity in found)]
    message.set(ENTITIES, entities, add_to_output=True)


def digest(*files: Path) -> str:
    """sha256 over files, for Rasa's cache: a change in them must train again. Missing files count as empty."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode())
        if file.is_file():
            found.update(file.read_bytes())
    return found.hexdigest()

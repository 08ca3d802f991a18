"""Order numbers, e-mail addresses, one-time codes and products in a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.components.base import Component, add_entities, digest
from nlp_models.entities import EntityFinder
from nlp_models.products import read_products


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityComponent(Component):
    """Adds the entities ``order_number``, ``email``, ``code`` and ``product`` (its external id).

    Settings: ``order_number_pattern``, a regular expression; ``products_file``, the JSON file of catalogue names that
    ``nlp_models.products.read_products`` reads, relative to where Rasa runs. Both may be null.
    """

    defaults: ClassVar[dict[str, Any]] = {"order_number_pattern": None, "products_file": None}

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        file = self.config["products_file"]
        products = read_products(Path(file)) if file else []
        self.finder = EntityFinder(self.config["order_number_pattern"], products)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The catalogue's names are an input too."""
        file = config.get("products_file")
        return digest(Path(file)) if file else None

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown settings and a pattern that is none.

        :raises InvalidConfigException: naming the bad value.
        """
        super().validate_config(config)
        pattern = config.get("order_number_pattern")
        try:
            re.compile(pattern or "")
        except (re.error, TypeError) as error:
            raise InvalidConfigException(
                f"{cls.__name__}: order_number_pattern {pattern!r} is not a regular expression: {error}."
            ) from None

    def add_to(self, messages: Sequence[Message]) -> None:
        """Add the entities to each message."""
        for message in messages:
            found = [entity._asdict() for entity in self.finder.find(message.get(TEXT))]
            if found:
                add_entities(message, found, type(self).__name__)

"""Rasa component: adds the entities of `bot.nlu.entities` to each message."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.entities import find_entities


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ItalianEntities(GraphComponent):
    """Adds the entities of `find_entities` to each message; named in `config.yml`."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ItalianEntities":
        """Called by Rasa; the gazetteers and the dictionary are read now, so that no citizen waits for them."""
        find_entities("abito a Torinno")
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Called by Rasa on each message; a button's payload keeps its own entities."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith("/"):
                found = message.get(ENTITIES, []) + find_entities(text)
                message.set(ENTITIES, found, add_to_output=True)
        return messages

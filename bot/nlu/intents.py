"""Rasa component: the intent of a message, with a confidence that can be trusted, and a second request if there is one.

It answers with full names (`faq/did`), in the way Rasa's own response selector does, so that rules see the retrieval
intent `faq` and actions see which entry is meant.
"""

import json
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.aspects import asked_aspect, is_bare_aspect
from bot.nlu.certainty import SURE, SURE_OF_PLACE, is_bare_place, trust_names, trust_wish
from bot.nlu.danger import tells_of_danger
from bot.nlu.head import IntentHead
from bot.nlu.reading import ALSO_KEY, RANKING_KEY
from bot.nlu.requests import joins_requests, split_requests
from bot.settings import get_settings

if TYPE_CHECKING:
    from bot.nlu.vectors import SentenceVectors

RANKING_LENGTH = 6
ALONE = frozenset({"greet", "thanks", "goodbye", "affirm", "deny", "inform", "repeat", "out_of_scope"})
"""Intents that beside another request are manners or context, not a request of their own."""


def sentence_vectors() -> "SentenceVectors | None":
    """The encoder, or None for the small variant: three milliseconds a message, some points less right."""
    if get_settings().encoder == "small":
        return None
    from bot.nlu.vectors import SentenceVectors  # imported here: the small variant does without its libraries

    return SentenceVectors(get_settings().cache_dir / "e5")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HybridIntentClassifier(GraphComponent, IntentClassifier):
    """Characters, words and sentence vectors under one linear model; named in `config.yml`."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, head: IntentHead
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._head = head
        self._vectors = sentence_vectors()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`seed` makes training repeatable."""
        return {"seed": 20}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HybridIntentClassifier":
        """Called by Rasa before training."""
        return cls(config, model_storage, resource, IntentHead())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "HybridIntentClassifier":
        """Called by Rasa to serve a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, joblib.load(folder / "head.joblib"))

    def train(self, training_data: TrainingData) -> Resource:
        """Called by Rasa: learn from the examples, then set the confidence on messages by other hands."""
        examples = [(m.get(TEXT), m.get_full_intent()) for m in training_data.intent_examples if m.get(TEXT)]
        texts, intents = [text for text, _ in examples], [intent for _, intent in examples]
        self._head.fit(texts, intents, self._encode_cached(texts), seed=self._config["seed"])
        calibration = get_settings().project_dir / "nlu_data" / "calibration.jsonl"
        others = [json.loads(line) for line in calibration.read_text(encoding="utf-8").splitlines()]
        other_texts = [entry["text"] for entry in others]
        self._head.calibrate(other_texts, [entry["intent"] for entry in others], self._encode_cached(other_texts))
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._head, folder / "head.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Called by Rasa on each message; a button's payload has its intent already."""
        for message in messages:
            text = message.get(TEXT)
            if text and text.startswith("/"):
                # Rasa replaces this with the button's own intent; without it the fallback component fails.
                message.set(INTENT, {"name": None, "confidence": 1.0}, add_to_output=True)
            elif text:
                self._classify(message, text)
        return messages

    def _classify(self, message: Message, text: str) -> None:
        ranking, also = self._rank_requests(text)
        name, confidence = ranking[0]["name"], ranking[0]["confidence"]
        key = name.split("/")[0]
        message.set(INTENT, {"name": key, "confidence": confidence}, add_to_output=True)
        message.set("intent_ranking", [{"name": key, "confidence": confidence}], add_to_output=True)
        message.set(RANKING_KEY, ranking, add_to_output=True)
        if key != name:
            chosen = {"response": {"intent_response_key": name, "confidence": confidence}, "ranking": []}
            message.set("response_selector", {"all_retrieval_intents": [key], key: chosen}, add_to_output=True)
        if also:
            message.set(ALSO_KEY, also, add_to_output=True)

    def _rank_requests(self, text: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """The ranking for the main request, and the second request when two parts are each sure of another intent."""
        if tells_of_danger(text):
            return [{"name": "danger", "confidence": 1.0}], None
        if is_bare_aspect(text):
            return [{"name": "ask_aspect", "confidence": 1.0}], None
        if is_bare_place(text):
            return [{"name": "inform", "confidence": SURE_OF_PLACE}], None
        [whole] = self._rank([text])
        parts = split_requests(text)
        if len(parts) == 1 or not joins_requests(text) or whole[0]["name"] == "danger":
            return whole, None
        sure = [
            (part, ranking)
            for part, ranking in zip(parts, self._rank(parts), strict=True)
            if ranking[0]["confidence"] >= SURE and ranking[0]["name"] not in ALONE
        ]
        different = {ranking[0]["name"] for _, ranking in sure}
        if len(different) != 2:
            return whole, None
        (_, first), (second_text, second) = sure[0], next(s for s in sure if s[1][0]["name"] != sure[0][1][0]["name"])
        return first, {"intent": second[0]["name"], "aspect": asked_aspect(second_text), "text": second_text}

    def _rank(self, texts: list[str]) -> list[list[dict[str, Any]]]:
        rows = self._head.probabilities(texts, self._vectors.encode(texts) if self._vectors else None)
        best = np.argsort(-rows, axis=1)[:, :RANKING_LENGTH]
        return [
            trust_wish(
                text,
                trust_names(
                    text, [{"name": str(self._head.classes[i]), "confidence": round(float(row[i]), 4)} for i in indexes]
                ),
            )
            for text, row, indexes in zip(texts, rows, best, strict=True)
        ]

    def _encode_cached(self, texts: list[str]) -> Any:
        return self._vectors.encode_cached(texts) if self._vectors else None

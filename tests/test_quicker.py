"""What is done quickly gives what it stands in for: nearest examples, weights of terms, checks of actions, states of rules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from jsonschema.exceptions import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.featurizers.single_state_featurizer import SingleStateFeaturizer
from rasa.core.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.dialogue.quicker import _last_states, _validate_action_result
from bot.nlu.neighbours import Neighbours
from bot.nlu.terms import TermWeights

TEXTS = ("dove si fa la did", "la did scade?", "mi serve la naspi e la did", "buongiorno buongiorno", "", "zzz qqq")


def test_the_nearest_in_8_bits_are_the_nearest() -> None:
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(3000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    neighbours = Neighbours(vectors)
    for asked in vectors[:20] + chance.normal(scale=0.03, size=(20, 384)).astype(np.float32):
        message = asked / np.linalg.norm(asked)
        found, likeness = neighbours.nearest(message, 10)
        exactly = vectors @ message
        assert set(found) == set(np.argsort(-exactly)[:10])
        assert likeness == pytest.approx(exactly[found])


@pytest.mark.parametrize("options", [{"analyzer": "char_wb", "ngram_range": (2, 5)}, {"ngram_range": (1, 2)}])
def test_weights_of_terms_add_up_as_a_product_with_tfidf(options: dict[str, Any]) -> None:
    vectorizer = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
    counted = vectorizer.fit_transform(TEXTS[:4])
    weights = np.random.default_rng(3).normal(size=(counted.shape[1], 5)).astype(np.float32)
    terms = TermWeights(vectorizer, weights)
    expected = vectorizer.transform(TEXTS) @ weights
    assert np.array([terms.scores(text) for text in TEXTS]) == pytest.approx(expected, abs=1e-5)


def slot_set(**changes: object) -> dict[str, Any]:
    return {"event": "slot", "timestamp": None, "name": "last_topic", "value": "did"} | changes


GOOD = (
    {"events": [], "responses": []},
    {"events": [slot_set(), {"event": "followup", "name": "action_listen"}], "responses": [{"text": "ciao"}]},
)
BAD = (
    {"events": {}},
    {"events": ["slot"]},
    {"events": [{"name": "last_topic"}]},
    {"events": [slot_set(event="unheard of")]},
    {"events": [slot_set(name=3)]},
    {"events": [{"event": "slot", "name": "last_topic"}]},
    {"events": [slot_set(timestamp="now")]},
    {"events": [], "responses": ["ciao"]},
    [],
)
CHECKS = (RemoteAction._validate_action_result, _validate_action_result)


@pytest.mark.parametrize("check", CHECKS, ids=["Rasa's", "ours"])
def test_answers_of_actions_are_held_to_the_same_rules(check: Callable[[RemoteAction, Any], bool]) -> None:
    action = RemoteAction("action_say", None)
    for answer in GOOD:
        assert check(action, answer)
    for answer in BAD:
        with pytest.raises(ValidationError):
            check(action, answer)


class ThreeStateRules:
    """As much of a rule policy as choosing states needs; its longest rule has three."""

    lookup = {RULES: {'[{"a": {}}, {"b": {}}, {"c": {}}]': "action_say", '[{"a": {}}]': "action_listen"}}  # noqa: RUF012
    featurizer = MaxHistoryTrackerFeaturizer(SingleStateFeaturizer())
    _rule_key_to_state = staticmethod(RulePolicy._rule_key_to_state)


@pytest.mark.parametrize("turns", [0, 1, 2, 7])
@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("by_text", [False, True])
def test_the_last_states_are_the_end_of_all_states(turns: int, answered: bool, by_text: bool) -> None:
    domain = Domain.from_dict(
        {"intents": ["greet", "faq"], "actions": ["action_say"], "slots": {"topic": {"type": "text", "mappings": []}}}
    )
    tracker = DialogueStateTracker("somebody", domain.slots)
    for turn in range(turns):
        said = UserUttered(f"testo {turn}", {"name": ("greet", "faq")[turn % 2], "confidence": 1.0})
        tracker.update_with_events([ActionExecuted("action_listen"), said], domain)
        if answered or turn < turns - 1:
            tracker.update_with_events([ActionExecuted("action_say"), SlotSet("topic", f"t{turn}")], domain)
    every = ThreeStateRules.featurizer.prediction_states([tracker], domain, use_text_for_last_user_input=by_text)[0]
    last = _last_states(ThreeStateRules(), tracker, domain, by_text)
    assert last == every[-len(last) :]
    assert len(last) >= min(3, len(every))

"""What Rasa does slowly at each message, done quickly with the same result. For the process that serves the model.

- The answer of the action server: Rasa compiles and checks its own schema anew at each action, which takes twenty
  milliseconds, and tries each event against every kind of event. Here schemas are compiled once, and an event is checked
  against those of its name: exactly one can fit.
- The class of an event by its name: Rasa walks the tree of all classes for each event.
- The states rules are compared with: Rasa makes those of the whole conversation, three times a message. Here only the last,
  as many as the longest rule has.
- The components of the model: Rasa has dask schedule them at each message. Here each runs after those it needs.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.schemas.events import EVENT_SCHEMA

_ANSWER = Draft202012Validator(
    {
        "type": "object",
        "properties": {"events": {"type": "array"}, "responses": {"type": "array", "items": {"type": "object"}}},
    }
)
_ANY_EVENT = Draft202012Validator(EVENT_SCHEMA)
_EVENTS = {
    kind["properties"]["event"]["const"]: Draft202012Validator({**EVENT_SCHEMA, "oneOf": [kind]})
    for kind in EVENT_SCHEMA["oneOf"]
}


def make_rasa_quicker() -> None:
    """Use these in Rasa's place in this process; call it before a model is loaded."""
    RemoteAction._validate_action_result = _validate_action_result
    Event.resolve_by_type = staticmethod(cache(Event.resolve_by_type))
    RulePolicy._prediction_states = _last_states
    DaskGraphRunner.run = _run_in_order


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    problem = best_match(_problems(result))
    if problem is not None:
        raise ValidationError(f"{problem.message}: not a valid answer of the action server")
    return True


def _problems(result: dict[str, Any]) -> Iterator[ValidationError]:
    found = list(_ANSWER.iter_errors(result))
    yield from found
    if not found:
        for event in result.get("events", []):
            name = event.get("event") if isinstance(event, dict) else None
            yield from _EVENTS.get(name, _ANY_EVENT).iter_errors(event)


def _last_states(
    self: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool = False,
    rule_only_data: dict[str, Any] | None = None,
) -> list[State]:
    events = tracker.applied_events()
    actions = [place for place, event in enumerate(events) if isinstance(event, ActionExecuted)]
    kept = actions[-_longest_rule(self) :]
    so_far = tracker.init_copy()
    states = []
    for place, event in enumerate(events):
        if kept and place == kept[0]:
            states.append(domain._clean_state(domain.get_active_state(so_far)))
            kept = kept[1:]
        so_far.update(event)
    states.append(domain._clean_state(domain.get_active_state(so_far)))
    self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
    return states


@cache
def _longest_rule(policy: RulePolicy) -> int:
    keys = [key for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for key in policy.lookup.get(kind, {})]
    return max((len(policy._rule_key_to_state(key)) for key in keys), default=0)


def _run_in_order(
    self: DaskGraphRunner, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
) -> dict[str, Any]:
    outputs = dict(inputs or {})
    wanted = targets or self._graph_schema.target_names
    for name in wanted:
        _run_node(self, name, outputs)
    return {name: outputs[name] for name in wanted}


def _run_node(runner: DaskGraphRunner, name: str, outputs: dict[str, Any]) -> None:
    """Run a component after those it needs, unless it was run."""
    if name in outputs:
        return
    needed = list(runner._graph_schema.nodes[name].needs.values())
    for other in needed:
        _run_node(runner, other, outputs)
    node: GraphNode = runner._instantiated_nodes[name]
    _, outputs[name] = node(*((other, outputs[other]) for other in needed))

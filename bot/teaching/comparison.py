"""A new model beside the live one: which lessons it gets right, which past messages it understands otherwise.

What citizens wrote is looked at and let go of: of a message only its number is kept, and how each model understood it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from uuid import UUID

from bot.teaching.regression import Case

MOST_CHANGES = 300
"""So many differences are kept; more than that is no difference to look through."""
DATED = frozenset({"date", "time", "part_of_day"})
"""Entities that depend on the day a message is read on."""


class Understanding(Protocol):
    """A loaded model: `bot.nlu.interpreter.Interpreter`."""

    def understand(self, text: str) -> dict[str, Any]:
        """Intent, confidence, entities, asks."""


@dataclass(frozen=True, kw_only=True)
class Understood:
    """How one model understood one text. `asks`: it is too unsure to act on it, or to decline."""

    intent: str | None
    confidence: float | None
    asks: bool

    @property
    def acted_on(self) -> str | None:
        """What the assistant would do; None when it would ask."""
        return None if self.asks else self.intent


@dataclass(frozen=True, kw_only=True)
class CaseChange:
    """A lesson that only one of the models gets right."""

    text: str
    intent: str
    before: Understood | None
    after: Understood


@dataclass(frozen=True, kw_only=True)
class Regression:
    """The lessons: how many there are, how many each model gets right, and which changed sides."""

    cases: int
    right_before: int
    right_after: int
    better: tuple[CaseChange, ...]
    worse: tuple[CaseChange, ...]

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Past:
    """What somebody wrote, personal data masked, and how often it was written lately."""

    message_id: UUID
    text: str
    times: int


def understood(model: Understanding, text: str) -> tuple[Understood, list[dict[str, Any]]]:
    """How a model understands a text, and the entities in it."""
    parse = model.understand(text)
    return (
        Understood(intent=parse["intent"], confidence=parse["confidence"], asks=parse["asks"]),
        parse["entities"],
    )


def is_right(case: Case, found: Understood, entities: Iterable[dict[str, Any]]) -> bool:
    """Whether the assistant would act on the intent taught, and sees what it was taught to see."""
    if found.acted_on != case.intent:
        return False
    seen = {(one["entity"], one["value"]) for one in entities}
    return all(wanted in seen for wanted in case.entities or () if wanted[0] not in DATED)


def compare_cases(cases: Sequence[Case], before: Understanding | None, after: Understanding) -> Regression:
    """Ask both models about every lesson. Without a live model everything that is right is better."""
    right_before = right_after = 0
    better: list[CaseChange] = []
    worse: list[CaseChange] = []
    for case in cases:
        new, new_entities = understood(after, case.text)
        old, old_entities = understood(before, case.text) if before else (None, [])
        was = old is not None and is_right(case, old, old_entities)
        now = is_right(case, new, new_entities)
        right_before, right_after = right_before + was, right_after + now
        if was != now:
            change = CaseChange(text=case.text, intent=case.intent, before=old, after=new)
            (better if now else worse).append(change)
    return Regression(
        cases=len(cases),
        right_before=right_before,
        right_after=right_after,
        better=tuple(better),
        worse=tuple(worse),
    )


def replay(past: Iterable[Past], before: Understanding, after: Understanding) -> list[dict[str, Any]]:
    """What would now be done otherwise with past messages, the most frequent first: `{message, times, before, after}`."""
    changes: list[tuple[int, dict[str, Any]]] = []
    for one in past:
        old, _ = understood(before, one.text)
        new, _ = understood(after, one.text)
        if old.acted_on != new.acted_on:
            told = {"message": str(one.message_id), "times": one.times, "before": asdict(old), "after": asdict(new)}
            changes.append((one.times, told))
    return [told for _, told in sorted(changes, key=lambda change: -change[0])[:MOST_CHANGES]]

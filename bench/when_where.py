"""How well days, hours and places are read: right, asked back, missed, silently wrong."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.settings import ROOT

WHEN, PLACES = ROOT / "tests" / "data" / "when.jsonl", ROOT / "tests" / "data" / "places.jsonl"

DEFINITIONS = """\
right            exactly what is expected, asking back included where asking is expected (order of readings aside)
asked back       it asks although one reading was expected, and the right one is among what it offers
asked amiss      it asks, and the right one is not offered
missed           it says that nothing was said
silently wrong   it states something definite that differs from what is expected in any field"""

Verdict = Literal["right", "asked back", "asked amiss", "missed", "silently wrong"]
PLACE_FIELDS = {"municipality": None, "candidates": [], "province": None, "outside": False}


@dataclass(frozen=True)
class Reading:
    """The verdicts on one file."""

    name: str
    verdicts: Counter[Verdict]

    @property
    def messages(self) -> int:
        return self.verdicts.total()


def read_all() -> Iterable[Reading]:
    """One entry for each file that exists and whose module imports; says why another is left out."""
    for name, path, judge_with in (("when", WHEN, when_judge), ("places", PLACES, place_judge)):
        if not path.exists():
            print(f"({name}: {path.relative_to(ROOT)} is not there)")
            continue
        try:
            judge = judge_with()
        except ImportError as error:
            print(f"({name}: left out, {error})")
            continue
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        yield Reading(name, Counter(judge(entry) for entry in entries))


def when_judge() -> Callable[[dict[str, Any]], Verdict]:
    """Judges one line of `when.jsonl`."""
    from bot.nlu.when import read_when

    def judge(entry: dict[str, Any]) -> Verdict:
        got = read_when(entry["text"], now=datetime.fromisoformat(entry["now"])).as_json()
        return best_verdict([judge_when(got, expected) for expected in accepted(entry["expected"])])

    return judge


def judge_when(got: dict[str, Any], expected: dict[str, Any]) -> Verdict:
    """One reading of `sportello when` against what is expected."""
    if readings(got) == readings(expected):
        return "right"
    if got.get("none"):
        return "missed"
    if "ambiguous" in got:
        return "asked back" if readings(expected) & readings(got) else "asked amiss"
    return "silently wrong"


def readings(understood: dict[str, Any]) -> set[str]:
    """The alternatives, each as text that is equal when the reading is."""
    return {json.dumps(one, sort_keys=True) for one in understood.get("ambiguous", [understood])}


def place_judge() -> Callable[[dict[str, Any]], Verdict]:
    """Judges one line of `places.jsonl`."""
    from bot.knowledge.places import reading_as_json

    def judge(entry: dict[str, Any]) -> Verdict:
        got = reading_as_json(entry["text"])
        expected = entry.get("expected", {key: entry[key] for key in PLACE_FIELDS if key in entry})
        return best_verdict([judge_place(got, PLACE_FIELDS | one) for one in accepted(expected)])

    return judge


def judge_place(got: dict[str, Any], expected: dict[str, Any]) -> Verdict:
    """One reading of `sportello place` against what is expected."""
    if all(as_set(got[field]) == as_set(expected[field]) for field in PLACE_FIELDS):
        return "right"
    if got["municipality"] is not None:
        return "silently wrong"
    if got["candidates"]:
        wanted = {expected["municipality"], *expected["candidates"]} - {None}
        return "asked back" if wanted & set(got["candidates"]) else "asked amiss"
    if got["outside"] or got["province"]:
        return "silently wrong"
    return "missed"


def as_set(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value


def accepted(expected: Any) -> list[dict[str, Any]]:
    """What is accepted: one answer, or any of a list."""
    return expected if isinstance(expected, list) else [expected]


def best_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    order: tuple[Verdict, ...] = ("right", "asked back", "asked amiss", "missed", "silently wrong")
    return min(verdicts, key=order.index)

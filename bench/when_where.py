"""How well days, hours and places are read: right, asked back, missed, silently wrong."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.settings import ROOT

DATA = ROOT / "tests" / "data"
OWN = "own"
STRANGERS = "strangers"
FILES = (
    (f"when, {OWN}", DATA / "when.jsonl"),
    (f"when, {STRANGERS}", DATA / "when_held_out.jsonl"),
    (f"places, {OWN}", DATA / "places.jsonl"),
    (f"places, {STRANGERS}", DATA / "places_held_out.jsonl"),
)

DEFINITIONS = """\
right            exactly what is expected, asking back included where asking is expected (order of readings aside)
asked back       it asks although one reading was expected, and the right one is among what it offers
asked amiss      it asks, and the right one is not offered
missed           it understands nothing, or of a place less than was said
silently wrong   when: it states something definite that differs in any field; place: another town, or outside by mistake
own: the project's test cases, open to those who write the code. strangers: written by people who saw neither the code
nor those cases; what is wrong there is not mended one by one. Names of holidays may differ."""

Verdict = Literal["right", "asked back", "asked amiss", "missed", "silently wrong"]


@dataclass(frozen=True)
class Reading:
    """The verdicts on one file."""

    name: str
    verdicts: Counter[Verdict]

    @property
    def messages(self) -> int:
        return self.verdicts.total()


def read_all() -> Iterable[Reading]:
    """One entry for each file that exists; says which is missing."""
    for name, path in FILES:
        if not path.exists():
            print(f"({name}: {path.relative_to(ROOT)} is not there)")
            continue
        judge = when_judge() if name.startswith("when") else place_judge()
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        yield Reading(name, Counter(judge(entry) for entry in entries))


def when_judge() -> Callable[[dict[str, Any]], Verdict]:
    """Judges one line of `when.jsonl`."""
    from bot.nlu.when import read_when

    def judge(entry: dict[str, Any]) -> Verdict:
        got = read_when(entry["text"], now=datetime.fromisoformat(entry["now"])).as_json()
        return judge_when(got, entry["expected"])

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
    return {
        json.dumps(one | ({"closed": True} if "closed" in one else {}), sort_keys=True)
        for one in understood.get("ambiguous", [understood])
    }


def place_judge() -> Callable[[dict[str, Any]], Verdict]:
    """Judges one line of `places.jsonl`; a line may say that the place was asked for just before."""
    from bot.knowledge.places import read_place

    def judge(entry: dict[str, Any]) -> Verdict:
        got = read_place(entry["text"], expected=entry.get("expected", False))
        return judge_place(
            entry,
            municipality=got.municipality,
            candidates=set(got.candidates),
            province=got.province,
            outside=got.outside,
        )

    return judge


def judge_place(
    expected: dict[str, Any], *, municipality: str | None, candidates: set[str], province: str | None, outside: bool
) -> Verdict:
    """One reading of a place against what is expected; offering more candidates than expected is right too."""
    wanted = set(expected["candidates"])
    if (municipality, province, outside) == tuple(expected[f] for f in ("municipality", "province", "outside")) and (
        wanted <= candidates and bool(wanted) == bool(candidates)
    ):
        return "right"
    if (municipality is not None and municipality != expected["municipality"]) or (outside and not expected["outside"]):
        return "silently wrong"
    if candidates:
        return "asked back" if candidates & (wanted | {expected["municipality"]}) else "asked amiss"
    return "missed"

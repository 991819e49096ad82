"""The regression set: every lesson's sentences with what they must be understood as, one JSON object a line.

A new model is compared on them before it goes live. `{"text", "intent", "taught"}`, and `"entities"` where those were
corrected (`[{"entity", "value"}]`, with `"now"`, the day it was said, when a day is among them).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.teaching.changes import Change, read
from bot.teaching.wording import same

FILE = "nlu_data/regression.jsonl"
GROWING = frozenset({FILE})


class RegressionError(Exception):
    """A line of the file is wrong; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A sentence and how it must be understood. `entities` None: only the intent counts."""

    text: str
    intent: str
    taught: date
    entities: tuple[tuple[str, str], ...] | None = None
    now: date | None = None

    @property
    def line(self) -> str:
        """The case as it stands in the file."""
        told: dict[str, Any] = {"text": self.text, "intent": self.intent, "taught": self.taught.isoformat()}
        if self.entities is not None:
            told["entities"] = [{"entity": kind, "value": value} for kind, value in self.entities]
        if self.now is not None:
            told["now"] = self.now.isoformat()
        return json.dumps(told, ensure_ascii=False)

    @property
    def id(self) -> str:
        """Names the case in addresses."""
        return hashlib.sha256(self.line.encode()).hexdigest()[:16]


def _case(line: str) -> Case:
    try:
        told = json.loads(line)
        entities = told.get("entities")
        return Case(
            text=told["text"],
            intent=told["intent"],
            taught=date.fromisoformat(told["taught"]),
            entities=None if entities is None else tuple((one["entity"], one["value"]) for one in entities),
            now=date.fromisoformat(told["now"]) if "now" in told else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RegressionError(f"{FILE}: non si legge la riga «{line[:80]}»") from None


def read_cases(root: Path) -> list[Case]:
    """All cases, the oldest first; none when nothing was taught yet. Raises `RegressionError`."""
    return [_case(line) for line in (read(root, FILE) or "").splitlines() if line.strip()]


def with_cases(root: Path, cases: Sequence[Case]) -> Change:
    """The change that adds cases; one about the same sentence gives way to them."""
    before = read(root, FILE)
    told = {(same(case.text), case.entities is None) for case in cases}
    kept = [
        line
        for line in (before or "").split("\n")
        if line.strip() and ((case := _case(line)) and (same(case.text), case.entities is None) not in told)
    ]
    return Change(
        path=FILE, before=before, after="".join(f"{line}\n" for line in [*kept, *(case.line for case in cases)])
    )


def without_case(root: Path, case_id: str) -> Change | None:
    """The change that takes one case out; None when there is no such case."""
    before = read(root, FILE) or ""
    kept = [line for line in before.split("\n") if line.strip() and _case(line).id != case_id]
    after = "".join(f"{line}\n" for line in kept)
    return None if after == before else Change(path=FILE, before=before, after=after)

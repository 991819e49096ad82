"""A figure as a table: what pages draw, print beside the drawing, and write to a file."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.figures.period import Period, Scope

FEW = 5
"""Of fewer people than these a table by centre does not tell the number."""

Kind = Literal[
    "text", "day", "hour", "weekday", "channel", "centre", "intent", "mode", "talk_outcome", "request_outcome",
    "question_outcome", "place", "count", "share", "minutes", "money",
]  # fmt: skip
"""What a column holds: names that pages say in words, days, or numbers."""
NUMBERS = frozenset({"count", "share", "minutes", "money"})


@dataclass(frozen=True)
class Few:
    """Instead of a number of people from 1 to 4."""

    def __str__(self) -> str:
        return f"meno di {FEW}"


@dataclass(frozen=True)
class Kept:
    """Instead of a number that would tell, with the total, what `Few` hides."""

    def __str__(self) -> str:
        return "non mostrato"


Value = str | int | float | date | Few | Kept | None
"""What stands in a cell; None is not known, or cannot be counted."""


@dataclass(frozen=True)
class Column:
    """`kind` tells how its values are said. Shares are from 0 to 1, `minutes` are minutes, `money` euros."""

    title: str
    kind: Kind = "count"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure. `drawn`: the number of the column a chart shows, and `by` how; the first column names the rows."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]
    drawn: int | None = 1
    by: Literal["bars", "columns"] = "bars"
    note: str = ""


Counting = Callable[[AsyncConnection, Period, Scope], Awaitable[Figure]]
"""Counts a figure for a period and for whose it is."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """One number of the period and the same of the period before. `better`: whether more of it is good news."""

    key: str
    title: str
    kind: Kind = "count"
    now: Value = None
    before: Value = None
    better: Literal["more", "less", ""] = ""
    parts: tuple[str, ...] = field(default=())


def share(part: float, whole: float) -> float | None:
    """From 0 to 1; of nothing there is none."""
    return part / whole if whole else None


def few(count: int, people: int, *, hidden: bool) -> Value:
    """The count, unless it is of fewer than five people and small numbers are hidden. Nobody is nobody: 0 is told."""
    return Few() if hidden and 0 < people < FEW else count


def veiled(counts: Sequence[int], people: Sequence[int], *, hidden: bool) -> list[Value]:
    """Parts of a total that is told: those of few people hidden, and one more when a single one could be worked out."""
    told = [few(count, one, hidden=hidden) for count, one in zip(counts, people, strict=True)]
    if sum(isinstance(one, Few) for one in told) == 1:
        others = [place for place, one in enumerate(told) if isinstance(one, int) and one > 0]
        if others:
            told[min(others, key=lambda place: counts[place])] = Kept()
    return told

"""What the recognisers find in a message: pieces of days, hours and parts of day, each with its place."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.nlu.when.reading import Reading

Kind = Literal["day", "weekday", "number", "time", "part", "asap", "past"]
Manner = Literal["", "habit", "this", "next", "either", "period"]


@dataclass(frozen=True)
class Hour:
    """An hour as said; `certain` when morning or evening is settled ("15", "07:30", "sette di sera")."""

    hour: int
    minute: int = 0
    certain: bool = False


@dataclass(frozen=True)
class Clock:
    """An hour, or from one to another; `about` when only nearly; `part` when said with it ("le 8 di sera")."""

    at: Hour | None = None
    first: Hour | None = None
    last: Hour | None = None
    about: bool = False
    part: str = ""


@dataclass(frozen=True)
class Item:
    """One piece found between two places of the normal text.

    A `day` has its readings ready. A `weekday` and a `number` (day of the month) still wait for what stands beside them.
    """

    start: int
    end: int
    kind: Kind
    options: tuple[Reading, ...] = ()
    weekday: int = -1
    number: int = 0
    manner: Manner = ""
    clock: Clock | None = None
    explicit_month: bool = False
    # Only ever to come: "domani", "fra tre giorni".
    ahead: bool = False


Build = Callable[[re.Match[str], datetime], Item | list[Item] | None]
Rule = tuple[re.Pattern[str], Build]


def rule(pattern: str, build: Build) -> Rule:
    """A recogniser: what it looks for, and what it makes of it (None: not this one)."""
    return re.compile(pattern), build


def place(found: re.Match[str]) -> tuple[int, int]:
    """Where the item stands: the group `item` when the pattern has one, else all of it."""
    return found.span("item") if "item" in found.re.groupindex else found.span()


def day_item(found: re.Match[str], options: Iterable[Reading], manner: Manner = "", *, month: bool = False) -> Item:
    """A day, or several it may be."""
    start, end = place(found)
    return Item(start, end, "day", options=tuple(dict.fromkeys(options)), manner=manner, explicit_month=month)


def on(*days: date | None) -> tuple[Reading, ...]:
    """One reading for each day that exists."""
    return tuple(Reading(date=day) for day in days if day)


def span(first: date | None, last: date | None) -> Reading:
    """From one day to another, both included; one day when they are the same."""
    if first == last:
        return Reading(date=first)
    return Reading(date_from=first, date_to=last)


def past_item(found: re.Match[str], _now: datetime) -> Item:
    """Something gone by."""
    start, end = place(found)
    return Item(start, end, "past", options=(Reading(past=True),))

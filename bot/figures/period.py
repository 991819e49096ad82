"""The days a figure is about and whose they are: a period of Italian days, the one before it, and the centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, literal, or_

from bot.clock import ROME

MOST_DAYS = 366 * 3
PRESETS: dict[str, str] = {
    "7": "Ultimi 7 giorni",
    "30": "Ultimi 30 giorni",
    "mese": "Questo mese",
    "mese-scorso": "Mese scorso",
    "anno": "Ultimi 12 mesi",
}
NO_CENTRE = "-"
"""Stands in addresses for conversations of which no centre is known."""


@dataclass(frozen=True)
class Period:
    """Italian days from the first to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def moments(self) -> tuple[datetime, datetime]:
        """From the first midnight to the one after the last day: 23 to 25 hours a day, as clocks go."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))

    def step(self) -> str:
        """What a chart over time has a column for: day, week or month."""
        if self.days <= 31:
            return "day"
        return "week" if self.days <= 183 else "month"


def midnight(day: date) -> datetime:
    """When a day begins in Italy."""
    return datetime.combine(day, time(), ROME)


def preset(name: str, today: date) -> Period:
    """The period of a preset, up to today; of an unknown one the last 30 days."""
    if name == "mese":
        return Period(today.replace(day=1), today)
    if name == "mese-scorso":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    if name == "anno":
        return Period(today - timedelta(days=364), today)
    return Period(today - timedelta(days=6 if name == "7" else 29), today)


def read_period(first: str, last: str, chosen: str, today: date) -> Period:
    """The period of an address: its days when both can be read and are in order, else the preset's."""
    try:
        given = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return preset(chosen, today)
    return given if 1 <= given.days <= MOST_DAYS and given.first.year >= 2000 else preset(chosen, today)


@dataclass(frozen=True)
class Scope:
    """Whose figures: of all centres (None), or of these; `None` among them stands for conversations of none."""

    centres: tuple[str | None, ...] | None = None

    @property
    def is_of_centres(self) -> bool:
        """Whether small numbers could point at people of one place."""
        return self.centres is not None

    def condition(self, column: ColumnElement[str | None]) -> ColumnElement[bool]:
        """What the column with the centre must be."""
        if self.centres is None:
            return literal(True)
        named = [one for one in self.centres if one is not None]
        wanted = column.in_(named)
        return or_(wanted, column.is_(None)) if None in self.centres else wanted


def scope_of(chosen: str, mine: Sequence[str]) -> Scope:
    """The centre chosen, if it is among those one may see (`mine` empty: all); nothing chosen: all one may see."""
    if chosen == NO_CENTRE:
        return Scope((None,))
    if chosen:
        return Scope((chosen,)) if not mine or chosen in mine else Scope(tuple(mine))
    return Scope(tuple(mine)) if mine else Scope()

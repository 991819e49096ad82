"""The free places as a form shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.agenda.model import Slot
from bot.agenda.slot_values import value_of
from bot.agenda.words import MODES
from bot.answers.appointments import capital
from bot.clock import ROME
from bot.nlu.when.spoken import day_in_words

DAYS_SHOWN = 5
SLOTS_SOUGHT = 120


@dataclass(frozen=True)
class Choice:
    """One place: `value` comes back from the form."""

    id: str
    value: str
    title: str


@dataclass(frozen=True)
class Day:
    """The places of one day."""

    title: str
    choices: list[Choice]


def days_of(slots: Sequence[Slot], *, today: date, with_mode: bool) -> tuple[list[Day], date | None]:
    """The first days, and the day from which there are more, if there are. `with_mode`: say how, too.

    `slots` are what a search for `SLOTS_SOUGHT` gave.
    """
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.starts.astimezone(ROME).date(), []).append(slot)
    found = sorted(by_day)
    shown = found[:DAYS_SHOWN]
    # Where the search stopped a day may be cut: it comes whole on the next page.
    if len(slots) >= SLOTS_SOUGHT and len(shown) == len(found) > 1:
        shown.pop()
    more = found[len(shown)] if len(found) > len(shown) else None
    return [_day(day, by_day[day], today, with_mode) for day in shown], more


def _day(day: date, slots: Sequence[Slot], today: date, with_mode: bool) -> Day:
    choices = [_choice(slot, f"{day:%m%d}-{number}", with_mode) for number, slot in enumerate(slots)]
    return Day(title=capital(day_in_words(day, today)), choices=choices)


def _choice(slot: Slot, name: str, with_mode: bool) -> Choice:
    hour = f"{slot.starts.astimezone(ROME):%-H:%M}"
    title = f"{hour} {MODES[slot.mode]}" if with_mode else hour
    return Choice(id=f"posto-{name}", value=value_of(slot), title=title)

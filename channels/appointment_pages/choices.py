"""The free places as a form shows them, and the place a form sends back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from bot.agenda.model import Mode, Service, Slot
from bot.agenda.words import MODES
from bot.answers.appointments import capital
from bot.clock import ROME
from bot.nlu.when.spoken import day_in_words

DAYS_SHOWN = 5
SLOTS_SOUGHT = 120
_VALUE = re.compile(r"(video|phone|in_person)\.([0-9]{1,9})\.([0-9]{1,10})\.([\w-]{1,100})")


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


def value_of(slot: Slot) -> str:
    """The place as a form carries it. The book looks at what comes back: it need not be believed."""
    return f"{slot.mode}.{slot.desk_id}.{int(slot.starts.timestamp())}.{slot.site_id}"


def slot_of(value: str, service: Service) -> Slot | None:
    """The place a form sent; None when it is no place."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    starts = datetime.fromtimestamp(int(match[3]), UTC)
    return Slot(
        site_id=match[4],
        desk_id=int(match[2]),
        service_id=service.id,
        mode=cast(Mode, match[1]),
        starts=starts,
        ends=starts + service.duration,
    )


def _choice(slot: Slot, name: str, with_mode: bool) -> Choice:
    hour = f"{slot.starts.astimezone(ROME):%-H:%M}"
    title = f"{hour} {MODES[slot.mode]}" if with_mode else hour
    return Choice(id=f"posto-{name}", value=value_of(slot), title=title)

"""When desks are open: weekly hours, exceptions and holidays of a local day, as intervals of absolute time. Pure functions.

Hours are written as on the door, in Italian time, and each end is turned into absolute time by itself. So when clocks
change, an opening from 01:00 to 04:00 lasts two hours in March and four in October, and slots divide what there is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from bot.agenda.holidays import holiday_name
from bot.agenda.model import Mode
from bot.clock import ROME

MOST_DAYS_KNOWN = 1000
WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")


@dataclass(frozen=True, kw_only=True)
class WeeklyHours:
    """One opening of every week, for so many people at once; slots start every `slot_minutes` from the opening."""

    weekday: int  # Monday is 0
    opens: time
    closes: time
    slot_minutes: int
    places: int = 1
    valid_from: date | None = None
    valid_to: date | None = None  # included

    def applies(self, day: date) -> bool:
        """Whether it is in force that day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, kw_only=True)
class DayException:
    """Days unlike the others: closed, or open besides the weekly hours (on holidays too). Without hours: all day."""

    first_day: date
    last_day: date  # included
    closed: bool
    opens: time | None = None
    closes: time | None = None
    places: int = 1
    slot_minutes: int = 30
    reason: str = ""

    def applies(self, day: date) -> bool:
        """Whether it is about that day."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A desk with its calendar: the exceptions of its site and of everything are among its own."""

    id: int
    site_id: str
    municipality: str
    modes: tuple[Mode, ...]
    hours: tuple[WeeklyHours, ...]
    exceptions: tuple[DayException, ...] = ()
    service_ids: tuple[str, ...] | None = None  # None: every service
    active: bool = True  # False: it receives nobody, for now
    title: str = ""

    @cached_property
    def known_days(self) -> "dict[date, tuple[Opening, ...]]":
        """The openings computed so far."""
        return {}

    def serves(self, service_id: str, mode: Mode) -> bool:
        """Whether the service can be had here in that mode."""
        return self.active and mode in self.modes and (self.service_ids is None or service_id in self.service_ids)


class Opening(NamedTuple):
    """An interval in which a desk receives, in seconds since 1970; slots start every `step` seconds from `first_start`."""

    starts: int
    ends: int
    places: int
    step: int
    first_start: int

    def slots(self, seconds: int, since: int | None = None, until: int | None = None) -> range:
        """The starts of slots of that length within the opening, or within a part of it."""
        since, until = since or self.starts, until or self.ends
        skipped = -(-(since - self.first_start) // self.step) * self.step
        return range(self.first_start + skipped, until - seconds + 1, self.step)


@lru_cache(maxsize=8192)
def instant(day: date, at: time) -> int:
    """Seconds since 1970 of an Italian hour; an hour that the change skips is the moment of the change.

    Of an hour that comes twice it is the first.
    """
    local = datetime.combine(day, at, tzinfo=ROME)
    moment = local.astimezone(UTC)
    if moment.astimezone(ROME).replace(tzinfo=None) != local.replace(tzinfo=None):
        moment = local.replace(fold=1).astimezone(UTC)
        before = moment.astimezone(ROME).utcoffset()
        while moment.astimezone(ROME).utcoffset() == before:
            moment += timedelta(minutes=1)
    return int(moment.timestamp())


def local_day(moment: datetime) -> date:
    """The Italian day of a moment."""
    return moment.astimezone(ROME).date()


def openings(desk: Desk, day: date) -> "tuple[Opening, ...]":
    """When the desk receives on a local day, by start.

    Weekly hours count unless the day is a holiday; extra openings are added; closures are taken away last, so that a
    closure always wins.
    """
    if day not in desk.known_days:
        if len(desk.known_days) > MOST_DAYS_KNOWN:
            desk.known_days.clear()
        desk.known_days[day] = tuple(sorted(_openings(desk, day)))
    return desk.known_days[day]


def _openings(desk: Desk, day: date) -> Iterator[Opening]:
    exceptions = [one for one in desk.exceptions if one.applies(day)]
    if not desk.active or any(one.closed and one.opens is None for one in exceptions):
        return
    regular = () if holiday_name(day, desk.municipality) else desk.hours
    opened = [_opening(day, one.opens, one.closes, one) for one in regular if one.applies(day)]
    opened += [_opening(day, one.opens, one.closes, one) for one in exceptions if not one.closed]
    for one in exceptions:
        if one.closed and one.opens is not None and one.closes is not None:
            opened = list(_without(opened, instant(day, one.opens), instant(day, one.closes)))
    yield from (one for one in opened if one.ends > one.starts)


def _opening(day: date, opens: time | None, closes: time | None, terms: WeeklyHours | DayException) -> Opening:
    start = instant(day, opens or time.min)
    # No closing hour: until midnight.
    end = instant(day, closes) if closes else instant(day + timedelta(days=1), time.min)
    return Opening(start, end, terms.places, terms.slot_minutes * 60, start)


def _without(opened: Iterable[Opening], start: int, end: int) -> Iterator[Opening]:
    for one in opened:
        if end <= one.starts or one.ends <= start:
            yield one
            continue
        if one.starts < start:
            yield Opening(one.starts, start, one.places, one.step, one.first_start)
        if end < one.ends:
            yield Opening(end, one.ends, one.places, one.step, one.first_start)


def places_at(desk: Desk, start: int, seconds: int) -> int:
    """How many slots of that length can start there at once: 0 when the calendar has no such slot."""
    day = local_day(datetime.fromtimestamp(start, UTC))
    return max((one.places for one in openings(desk, day) if start in one.slots(seconds)), default=0)


def closed_reason(desks: Iterable[Desk], day: date) -> str | None:
    """Why none of these desks receives that day, in Italian, or None when one does or there is no desk.

    A holiday is told first, then an exception's reason, then the day of the week.
    """
    asked = list(desks)
    if not asked or any(openings(desk, day) for desk in asked):
        return None
    for desk in asked:
        if name := holiday_name(day, desk.municipality):
            return name
    reasons = (e.reason for desk in asked for e in desk.exceptions if e.closed and e.reason and e.applies(day))
    return next(reasons, WEEKDAYS[day.weekday()])

"""How two readings become one: days joined in a list, a day with its hour, a range with a day inside it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from bot.nlu.when.items import span
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.reading import DAY_FIELDS, EMPTY, HOUR_FIELDS, Reading

# More readings than these are no question a person could answer.
MOST = 6


def days_only(one: Reading) -> Reading:
    """The reading without anything but its days."""
    return Reading(**{name: getattr(one, name) for name in DAY_FIELDS})


def hours_only(one: Reading) -> Reading:
    """The reading without anything but its hour."""
    return Reading(**{name: getattr(one, name) for name in HOUR_FIELDS})


def dated(one: Reading) -> tuple[date, ...]:
    """The single days of a reading; empty for ranges and habits."""
    return (one.date,) if one.date else one.dates


def on_days(days: Iterable[date]) -> Reading:
    """One day or several, in order."""
    kept = tuple(sorted(set(days)))
    return Reading(date=kept[0]) if len(kept) == 1 else Reading(dates=kept)


def union(readings: Sequence[Reading]) -> Reading | None:
    """Days offered together as one reading; None when only a choice can say them."""
    distinct = list(dict.fromkeys(readings))
    if len(distinct) == 1:
        return distinct[0]
    if any(one != days_only(one) for one in distinct):
        return None
    if all(dated(one) for one in distinct):
        return on_days(day for one in distinct for day in dated(one))
    if all(one.weekdays for one in distinct) and len({replace(one, weekdays=()) for one in distinct}) == 1:
        named = {name for one in distinct for name in one.weekdays}
        return replace(distinct[0], weekdays=tuple(name for name in WEEKDAYS if name in named))
    return _joined_ranges(distinct)


def _joined_ranges(readings: list[Reading]) -> Reading | None:
    """Months or weeks that follow one another are one range; an open end and its other end too."""
    if any(one.weekdays or dated(one) for one in readings):
        return None
    if len(readings) == 2 and (both := _opposite_ends(*readings)):
        return both
    if any(one.date_from is None or one.date_to is None for one in readings):
        return None
    ordered = sorted(readings, key=lambda one: one.date_from or date.max)
    for earlier, later in pairwise(ordered):
        if earlier.date_to and later.date_from and later.date_from > earlier.date_to + timedelta(days=1):
            return None
    return span(ordered[0].date_from, max(one.date_to for one in ordered if one.date_to))


def _opposite_ends(one: Reading, other: Reading) -> Reading | None:
    first, last = one.date_from or other.date_from, one.date_to or other.date_to
    open_ends = [one.date_from is None, one.date_to is None, other.date_from is None, other.date_to is None]
    return span(first, last) if sum(open_ends) == 2 and first and last and first <= last else None


def merge(one: Reading, other: Reading) -> list[Reading]:
    """Both together; when they contradict each other, one or the other."""
    if one.past != other.past:
        return [other if one.past else one]
    days, hours = meet_days(one, other), meet_hours(one, other)
    if days is None or hours is None:
        return [one, other]
    part = _meet_parts(one, other)
    if part is _CONFLICT:
        return [one, other]
    excludes = tuple(dict.fromkeys([*one.excludes, *other.excludes]))
    joined = overlay(days, hours)
    if joined.time:
        part = None
    return [replace(joined, part=part, asap=one.asap or other.asap, past=one.past or other.past, excludes=excludes)]


def overlay(days: Reading, hours: Reading) -> Reading:
    """The days of one and the hour of the other."""
    fields: dict[str, Any] = {name: getattr(hours, name) for name in HOUR_FIELDS}
    return replace(days, **fields)


def correct(one: Reading, new: Reading) -> Reading:
    """What holds after "anzi": the new day, hour or part in place of the old."""
    kept = _same_day_of(one, new) or days_only(new if new.has_day else one)
    timed = new.has_hour or new.part is not None
    source = new if timed else one
    if one.time_from and one.time_to and bool(new.time_from) != bool(new.time_to):
        # "Dalle 9 alle 12, anzi fino alle 11": only that end changes.
        source = replace(new, time_from=new.time_from or one.time_from, time_to=new.time_to or one.time_to)
    return replace(
        overlay(kept, hours_only(source)), part=source.part, asap=one.asap or new.asap, excludes=one.excludes
    )


def _same_day_of(one: Reading, new: Reading) -> Reading | None:
    """ "Il 5 agosto, no, settembre": the day stays, the month changes."""
    first, last = new.date_from, new.date_to
    if not one.date or not first or not last or first.month != last.month or (last + timedelta(days=1)).day != 1:
        return None
    return (
        Reading(date=last.replace(day=one.date.day)) if one.date.day <= last.day and (last - first).days > 13 else None
    )


_CONFLICT: Any = object()


def _meet_parts(one: Reading, other: Reading) -> Any:
    if one.part and other.part and one.part != other.part:
        finer = {
            ("mattina", "prima_mattina"),
            ("mattina", "tarda_mattina"),
            ("pomeriggio", "primo_pomeriggio"),
            ("pomeriggio", "tardo_pomeriggio"),
        }
        for wide, narrow in ((one.part, other.part), (other.part, one.part)):
            if (wide, narrow) in finer:
                return narrow
        return _CONFLICT
    return one.part or other.part


def meet_hours(one: Reading, other: Reading) -> Reading | None:
    """The hours both readings leave; None when there is none."""
    a, b = hours_only(one), hours_only(other)
    if not a.has_hour or not b.has_hour or a == b:
        return a if a.has_hour else b
    for exact, wide in ((a, b), (b, a)):
        if exact.time and not wide.time:
            inside = (wide.time_from is None or exact.time >= wide.time_from) and (
                wide.time_to is None or exact.time <= wide.time_to
            )
            return exact if inside else None
    if a.time or b.time:
        return None
    first = max((t for t in (a.time_from, b.time_from) if t), default=None)
    last = min((t for t in (a.time_to, b.time_to) if t), default=None)
    return Reading(time_from=first, time_to=last) if not first or not last or first < last else None


def meet_days(one: Reading, other: Reading) -> Reading | None:
    """The days both readings leave; None when there is none."""
    a, b = days_only(one), days_only(other)
    if not a.has_day or not b.has_day or a == b:
        return a if a.has_day else b
    for exact, wide in ((a, b), (b, a)):
        if dated(exact) and not dated(wide):
            inside = [day for day in dated(exact) if _inside(day, wide)]
            return on_days(inside) if inside else None
    if dated(a) or dated(b):
        common = set(dated(a)) & set(dated(b))
        return on_days(common) if common else None
    return _meet_stretches(a, b)


def _inside(day: date, wide: Reading) -> bool:
    if wide.weekdays and WEEKDAYS[day.weekday()] not in wide.weekdays:
        return False
    return (wide.date_from is None or day >= wide.date_from) and (wide.date_to is None or day <= wide.date_to)


def _meet_stretches(a: Reading, b: Reading) -> Reading | None:
    first = max((d for d in (a.date_from, b.date_from) if d), default=None)
    last = min((d for d in (a.date_to, b.date_to) if d), default=None)
    if first and last and first > last:
        return None
    common = (
        tuple(name for name in a.weekdays if name in b.weekdays)
        if a.weekdays and b.weekdays
        else a.weekdays or b.weekdays
    )
    if a.weekdays and b.weekdays and not common:
        return None
    return replace(span(first, last), weekdays=common) if first or last else replace(EMPTY, weekdays=common)


def distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Without repetitions, the likeliest kept."""
    return tuple(dict.fromkeys(readings))[:MOST]

"""When a person wants to come: readings of `bot.nlu.when` kept between messages, merged, and turned into search bounds."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any

from bot.nlu.when import Reading
from bot.nlu.when.reading import DAY_FIELDS, HOUR_FIELDS, PARTS

WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")


def reading_from_json(data: dict[str, Any]) -> Reading:
    """The reading that `Reading.as_json` gave."""
    values: dict[str, Any] = {}
    for name in (f.name for f in fields(Reading)):
        value = data.get(name)
        if value is None:
            continue
        if name in ("date", "date_from", "date_to"):
            value = date.fromisoformat(value)
        elif name == "dates":
            value = tuple(date.fromisoformat(one) for one in value)
        elif name in ("time", "time_from", "time_to"):
            value = time.fromisoformat(value)
        elif name == "excludes":
            value = tuple(one if isinstance(one, str) else reading_from_json(one) for one in value)
        elif name == "weekdays":
            value = tuple(value)
        values[name] = value
    return Reading(**values)


def limits_day(reading: Reading) -> bool:
    """Whether anything is said about the day, refusals and haste included."""
    return reading.has_day or reading.asap or any(_refuses_day(one) for one in reading.excludes)


def limits_hour(reading: Reading) -> bool:
    """Whether anything is said about the hour."""
    return reading.has_hour or reading.part is not None or any(not _refuses_day(one) for one in reading.excludes)


def _refuses_day(one: str | Reading) -> bool:
    return one.has_day if isinstance(one, Reading) else one in WEEKDAYS


def merged(old: Reading | None, new: Reading) -> Reading:
    """The new wish, keeping of the old what it says nothing about: "anzi lunedì" keeps "di pomeriggio"."""
    if old is None or new.past or new.asap:
        return new
    if not limits_day(new):
        kept = {name: getattr(old, name) for name in (*DAY_FIELDS, "asap", "closed")}
        refused = tuple(one for one in old.excludes if _refuses_day(one))
        return replace(new, **kept, excludes=(*new.excludes, *refused))
    if not limits_hour(new):
        # An hour counted from now ("tra 20 minuti") is not one to keep.
        odd = old.time is not None and old.time.minute % 15 != 0
        kept = {} if odd else {name: getattr(old, name) for name in (*HOUR_FIELDS, "part")}
        refused = tuple(one for one in old.excludes if not _refuses_day(one))
        return replace(new, **kept, excludes=(*new.excludes, *refused))
    return new


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """A reading as the agenda searches: fields as in `SlotQuery`, and days that cannot be."""

    days: tuple[date, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    weekdays: tuple[int, ...] = ()
    not_weekdays: tuple[int, ...] = ()
    from_time: time | None = None
    to_time: time | None = None
    not_between: tuple[tuple[time, time], ...] = ()
    not_days: frozenset[date] = frozenset()


def bounds_of(reading: Reading) -> Bounds:
    """What to search for. An exact hour is no bound: the places nearest to it are wanted too."""
    from_time, to_time = reading.time_from, reading.time_to
    if reading.part and not reading.has_hour:
        from_time, to_time = PARTS[reading.part]
    not_weekdays, not_days, not_between = [], [], []
    for one in reading.excludes:
        if isinstance(one, Reading):
            not_days += [one.date] if one.date else list(one.dates)
            not_weekdays += [WEEKDAYS.index(name) for name in one.weekdays]
            if not one.has_day and (one.has_hour or one.part):
                not_between.append(_span(one))
        elif one in WEEKDAYS:
            not_weekdays.append(WEEKDAYS.index(one))
        elif one in PARTS:
            not_between.append(PARTS[one])
    return Bounds(
        days=(reading.date,) if reading.date else reading.dates,
        first_day=reading.date_from,
        last_day=reading.date_to,
        weekdays=tuple(WEEKDAYS.index(name) for name in reading.weekdays),
        not_weekdays=tuple(not_weekdays),
        from_time=from_time,
        to_time=to_time,
        not_between=tuple(not_between),
        not_days=frozenset(not_days),
    )


def _span(refused: Reading) -> tuple[time, time]:
    """The hours a refusal speaks of; an hour named is that hour, whatever its minutes."""
    if refused.part:
        return PARTS[refused.part]
    if refused.time:
        at = refused.time
        return at, time.max if at.hour == 23 else at.replace(hour=at.hour + 1)
    return refused.time_from or time.min, refused.time_to or time.max


def target_of(reading: Reading, now: datetime) -> datetime:
    """The moment nearest to what is wished, so that proposals can be ordered by their distance from it. Italian time."""
    days = (reading.date,) if reading.date else reading.dates
    day = min(days) if days else reading.date_from or now.date()
    bounds = bounds_of(reading)
    hour = reading.time or bounds.from_time or time(9)
    return datetime.combine(day, hour, tzinfo=now.tzinfo)


def fits(reading: Reading, starts: datetime) -> bool:
    """Whether a start, in Italian time, is within what was said."""
    bounds, at = bounds_of(reading), starts.timetz().replace(tzinfo=None)
    day = starts.date()
    return (
        (not bounds.days or day in bounds.days)
        and (bounds.first_day is None or day >= bounds.first_day)
        and (bounds.last_day is None or day <= bounds.last_day)
        and (not bounds.weekdays or day.weekday() in bounds.weekdays)
        and day.weekday() not in bounds.not_weekdays
        and day not in bounds.not_days
        and (bounds.from_time is None or at >= bounds.from_time)
        and (bounds.to_time is None or at <= bounds.to_time)
        and not any(start <= at < end for start, end in bounds.not_between)
        and (reading.time is None or reading.about or at == reading.time)
    )

"""Last look at the readings: hours gone by, hours the clock skips, days when offices are shut."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.nlu.when.calendar import closed_on, skipped
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.merge import dated, distinct
from bot.nlu.when.reading import PARTS, Reading

_DAY = timedelta(days=1)


def finish(readings: Iterable[Reading], now: datetime) -> tuple[Reading, ...]:
    """The readings still possible, each with the reason of a closed day; past when none is."""
    asked = [one for reading in readings for one in _without_skipped(reading)]
    ahead = [one for one in asked if not _gone(one, now)]
    kept = ahead or ([Reading(past=True)] if asked else [])
    return distinct(replace(one, closed=_closed(one)) for one in kept)


def _without_skipped(one: Reading) -> list[Reading]:
    """An hour that does not exist that night becomes the hours around it."""
    if one.date and one.time and skipped(one.date, one.time):
        return [replace(one, time=one.time.replace(hour=one.time.hour + step)) for step in (1, -1)]
    return [one]


def _gone(one: Reading, now: datetime) -> bool:
    """Whether it is about a moment before now."""
    today = now.date()
    days = dated(one)
    if days and max(days) < today:
        return True
    if one.date_to and one.date_to < today:
        return True
    if one.date != today:
        return False
    last = one.time or one.time_to or (PARTS[one.part][1] if one.part else time(23, 59, 59))
    return last < now.time() or (one.part is not None and last == now.time())


def _closed(one: Reading) -> str | None:
    """The reason when every day spoken of is closed; of the first of them."""
    days = _all_days(one)
    if days:
        reasons = [closed_on(day) for day in days]
        return reasons[0] if all(reasons) else None
    if one.weekdays and not one.date_from and not one.date_to and all(name in WEEKDAYS[5:] for name in one.weekdays):
        return one.weekdays[0]
    return None


def _all_days(one: Reading) -> list[date]:
    if dated(one):
        return list(dated(one))
    if not one.date_from or not one.date_to or (one.date_to - one.date_from).days > 6:
        return []
    days = [one.date_from + step * _DAY for step in range((one.date_to - one.date_from).days + 1)]
    return [day for day in days if not one.weekdays or WEEKDAYS[day.weekday()] in one.weekdays]

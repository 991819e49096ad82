"""Days of the year: weeks from Monday to Sunday, months, national holidays, the two nights when the clock changes."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ROME = ZoneInfo("Europe/Rome")
EASTER_MONDAY = "Lunedì dell'Angelo"

# The official name of each fixed national holiday, by month and day.
HOLIDAY_NAME = {
    (1, 1): "Capodanno",
    (1, 6): "Epifania",
    (4, 25): "Festa della Liberazione",
    (5, 1): "Festa del Lavoro",
    (6, 2): "Festa della Repubblica",
    (8, 15): "Ferragosto",
    (10, 4): "San Francesco d'Assisi",
    (11, 1): "Ognissanti",
    (12, 8): "Immacolata Concezione",
    (12, 25): "Natale",
    (12, 26): "Santo Stefano",
}


@lru_cache(maxsize=64)
def holidays_of(year: int) -> dict[date, str]:
    """National holidays of a year with their official names, Easter Sunday included."""
    found: dict[date, str] = {}
    for day, name in holidays.country_holidays("IT", years=year, language="it_IT").items():
        if name == EASTER_MONDAY:
            found[day - timedelta(days=1)] = "Pasqua"
            found.setdefault(day, EASTER_MONDAY)
        elif (day.month, day.day) in HOLIDAY_NAME:
            found[day] = HOLIDAY_NAME[day.month, day.day]
    return found


def easter(year: int) -> date:
    """Easter Sunday."""
    return next(day for day, name in holidays_of(year).items() if name == "Pasqua")


def closed_on(day: date) -> str | None:
    """Why offices are shut that day: a holiday's name, `sabato`, `domenica`; None when they are open."""
    weekend = {5: "sabato", 6: "domenica"}
    return holidays_of(day.year).get(day) or weekend.get(day.weekday())


def monday(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def after(day: date, weekday: int) -> date:
    """The first such weekday strictly after the day."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def before(day: date, weekday: int) -> date:
    """The last such weekday strictly before the day."""
    return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    """The same day that many months later, or the month's last day."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def valid(year: int, month: int, day: int) -> date | None:
    """The date, or None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_starts(today: date, count: int) -> Iterator[date]:
    """First days of this month and of those that follow."""
    first = today.replace(day=1)
    for step in range(count):
        yield add_months(first, step)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """The nth such weekday of a month, -1 for the last; None when there is no fifth."""
    if nth < 0:
        return before(month_end(year, month) + timedelta(days=1), weekday)
    found = after(date(year, month, 1) - timedelta(days=1), weekday) + timedelta(weeks=nth - 1)
    return found if found.month == month else None


def skipped(day: date, at: time) -> bool:
    """Whether the clock jumps over that hour of that day (the spring change)."""
    local = datetime.combine(day, at, ROME)
    return local.astimezone(UTC).astimezone(ROME).time() != at

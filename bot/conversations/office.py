"""When people are at the desk: weekly hours from the settings, closed on public holidays."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.agenda.holidays import holiday_name
from bot.clock import ROME
from bot.nlu.when.spoken import hour_in_words
from bot.settings import get_settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
LOOK_AHEAD_DAYS = 30


@dataclass(frozen=True)
class Stretch:
    """Open on these weekdays (Monday is 0) from one hour to another, Italian time."""

    days: tuple[int, ...]
    opens: time
    closes: time


def stretches(hours: str) -> tuple[Stretch, ...]:
    """The hours as the settings write them: `mon-thu 09:00-16:00, fri 09:00-13:00`."""
    found = []
    for part in re.split(r"\s*,\s*", hours):
        days, _, times = part.partition(" ")
        first, _, last = days.partition("-")
        opens, _, closes = times.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        span = tuple((start + step) % 7 for step in range((end - start) % 7 + 1))
        found.append(Stretch(span, time.fromisoformat(opens), time.fromisoformat(closes)))
    return tuple(found)


class Office:
    """The desk's opening hours. Every moment given must be aware."""

    def __init__(self, hours: str | None = None) -> None:
        self._stretches = stretches(hours or get_settings().desk_hours)

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may be there."""
        local = now.astimezone(ROME)
        return any(opens <= local < closes for opens, closes in self._of(local.date()))

    def next_opening(self, now: datetime) -> datetime:
        """When it opens next. Raises `ValueError` when it does not within a month."""
        local = now.astimezone(ROME)
        for ahead in range(LOOK_AHEAD_DAYS):
            for opens, _ in self._of(local.date() + timedelta(days=ahead)):
                if opens > local:
                    return opens
        raise ValueError("the desk never opens")

    def after(self, start: datetime, hours: float) -> datetime:
        """When so many opening hours have passed since a moment. Raises `ValueError` when it takes over a month."""
        left, local = timedelta(hours=hours), start.astimezone(ROME)
        for ahead in range(LOOK_AHEAD_DAYS):
            for opens, closes in self._of(local.date() + timedelta(days=ahead)):
                begins = max(opens, local)
                if closes - begins >= left:
                    return begins + left
                left -= max(closes - begins, timedelta())
        raise ValueError("too few opening hours")

    def _of(self, day: date) -> list[tuple[datetime, datetime]]:
        if holiday_name(day, ""):
            return []
        hours = [one for one in self._stretches if day.weekday() in one.days]
        spans = [
            (datetime.combine(day, one.opens, tzinfo=ROME), datetime.combine(day, one.closes, tzinfo=ROME))
            for one in hours
        ]
        return sorted(spans)

    def in_words(self) -> str:
        """`dal lunedì al venerdì dalle 9 alle 16`."""
        return ", ".join(_stretch_in_words(one) for one in self._stretches)


def _stretch_in_words(one: Stretch) -> str:
    first, last = NAMES[one.days[0]], NAMES[one.days[-1]]
    if len(one.days) == 1:
        days = "la domenica" if one.days[0] == 6 else f"il {first}"
    else:
        days = f"dal {first} al{'la' if one.days[-1] == 6 else ''} {last}"
    return f"{days} dal{hour_in_words(one.opens)} al{hour_in_words(one.closes)}"

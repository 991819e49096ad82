"""The one clock of the domain: every date and hour people hear of comes from here.

`SPORTELLO_NOW=2026-03-02T09:00` starts the whole system at that moment of Italian time, and time then runs on. The
launcher turns it into `SPORTELLO_CLOCK_OFFSET`, so that a child started again later does not go back. Technical times
(queue, delivery, logs) stay with the real clock.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.settings import Settings, get_settings

ROME = ZoneInfo("Europe/Rome")


def now() -> datetime:
    """The present moment, aware, in Italian time."""
    return (datetime.now(UTC) + timedelta(seconds=get_settings().clock_offset)).astimezone(ROME)


def today() -> date:
    """Today in Italy."""
    return now().date()


def offset_to(start: datetime) -> float:
    """Seconds to add to the real clock so that it is now `start`, which counts as Italian time when it names no zone."""
    aware = start if start.tzinfo else start.replace(tzinfo=ROME)
    return (aware - datetime.now(UTC)).total_seconds()


def start_at_setting(settings: Settings) -> float:
    """The offset this system runs with: the launcher's, else the one that `SPORTELLO_NOW` asks for."""
    return offset_to(settings.now) if settings.now else settings.clock_offset

"""How the calendar says days, hours and people."""

from datetime import date, datetime, time

from bot.agenda.calendar import WEEKDAYS, Opening
from bot.agenda.citizens import opened
from bot.agenda.model import Citizen
from bot.agenda.words import MODES, OPERATOR_REASONS, REASONS
from bot.answers.appointments import MODE_TITLES
from bot.clock import ROME
from bot.nlu.when.spoken import day_in_words
from bot.privacy.answers import is_phone
from bot.privacy.sealing import SealError
from console.pages import templates
from console.transcripts.labels import STATES

DAYS = ("lun", "mar", "mer", "gio", "ven", "sab", "dom")
MONTHS = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")
LAST_DIGITS = 3
WHY: dict[str, str] = {str(key): words for key, words in (*REASONS.items(), *OPERATOR_REASONS.items())}
"""Why an appointment was cancelled, by a citizen or by an operator."""


def short_day(day: date) -> str:
    """`gio 5 mar`."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def long_day(day: date) -> str:
    """`giovedì 5 marzo 2026`."""
    said = day_in_words(day, day)
    return said if said.endswith(str(day.year)) else f"{said} {day.year}"


def hour(at: datetime | time) -> str:
    """`9:30`, in Italian time."""
    local = at.astimezone(ROME).time() if isinstance(at, datetime) else at
    return f"{local.hour}:{local.minute:02}"


def iso_day(moment: datetime) -> str:
    """`2026-03-05`, in Italian time."""
    return moment.astimezone(ROME).date().isoformat()


def day_and_hour(moment: datetime) -> str:
    """`giovedì 5 marzo 2026 alle 9:30`."""
    return f"{long_day(moment.astimezone(ROME).date())} alle {hour(moment)}"


def opening_hours(opening: Opening) -> str:
    """`9:00-13:00`."""
    starts, ends = (datetime.fromtimestamp(one, ROME) for one in (opening.starts, opening.ends))
    return f"{hour(starts)}-{hour(ends)}"


def person_of(sealed: bytes | None) -> Citizen | None:
    """Who an appointment is for; None when they were forgotten, or sealed with a secret that is gone."""
    try:
        return opened(sealed)
    except SealError:
        return None


def closed_words(why: str) -> str:
    """`Chiuso: Natale`; `Non riceve` on a day of the week that is none of its own."""
    return ("Non riceve" if why in WEEKDAYS else f"Chiuso: {why}") if why else ""


def initials(citizen: Citizen | None) -> str:
    """`A. D. R.`; says so when the person was forgotten."""
    if citizen is None or not citizen.name:
        return "non più noto"
    return " ".join(f"{word[0].upper()}." for word in citizen.name.split())


def masked_contact(citizen: Citizen | None) -> str:
    """What kind of contact there is, and the last digits of a telephone."""
    if citizen is None or not citizen.contact:
        return "nessuno"
    return f"telefono, finisce con {citizen.contact[-LAST_DIGITS:]}" if is_phone(citizen.contact) else "e-mail"


def many(count: int, one: str, more: str) -> str:
    """`1 libero`, `2 liberi`."""
    return f"{count} {one if count == 1 else more}"


def state(name: str) -> str:
    """A state in words."""
    return STATES[name]


templates.filters |= {
    "short_day": short_day,
    "long_day": long_day,
    "hour": hour,
    "closed_words": closed_words,
    "iso_day": iso_day,
    "day_and_hour": day_and_hour,
    "opening_hours": opening_hours,
    "initials": initials,
    "masked_contact": masked_contact,
    "state_words": state,
}
templates.globals |= {"mode_words": MODES, "mode_titles": MODE_TITLES, "many": many}

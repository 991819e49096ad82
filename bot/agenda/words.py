"""Days, hours and manners of appointments in plain Italian words. Moments are told in Italian time."""

from datetime import date, datetime, timedelta

from bot.agenda.model import CancelReason, Mode, Site
from bot.clock import ROME
from bot.knowledge.dates import MONTHS

WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")

MODES: dict[Mode, str] = {"video": "in videochiamata", "phone": "al telefono", "in_person": "di persona"}

REASONS: dict[CancelReason, str] = {
    "impegno": "Ho un altro impegno",
    "lavoro": "Lavoro o ho un colloquio",
    "salute": "Motivi di salute",
    "non_serve": "Non mi serve più",
    "altro": "Un altro motivo",
}
"""The reasons to cancel, as people choose them. Health is one word: nobody is asked to say more."""


def day_words(day: date, *, year: bool = False) -> str:
    """`martedì 3 marzo`, with `year` `martedì 3 marzo 2026`. The first of a month is `1° marzo`."""
    number = "1°" if day.day == 1 else str(day.day)
    words = f"{WEEKDAYS[day.weekday()]} {number} {MONTHS[day.month - 1]}"
    return f"{words} {day.year}" if year else words


def hour_words(moment: datetime) -> str:
    """`9:30`, and `9` on the hour."""
    local = moment.astimezone(ROME)
    return f"{local.hour}:{local.minute:02d}" if local.minute else str(local.hour)


def at_hour(moment: datetime) -> str:
    """`alle 9:30`, `all'1`; noon is 12, as on a clock."""
    article = "all'" if moment.astimezone(ROME).hour == 1 else "alle "
    return article + hour_words(moment)


def moment_words(moment: datetime, *, year: bool = False) -> str:
    """`martedì 3 marzo alle 9:30`."""
    return f"{day_words(moment.astimezone(ROME).date(), year=year)} {at_hour(moment)}"


def near_day_words(moment: datetime, *, now: datetime) -> str:
    """`oggi, martedì 3 marzo, alle 9:30`; `domani` likewise; other days as `moment_words`."""
    day = moment.astimezone(ROME).date()
    today = now.astimezone(ROME).date()
    name = {today: "oggi", today + timedelta(days=1): "domani"}.get(day)
    year = day.year != today.year
    return f"{name}, {day_words(day, year=year)}, {at_hour(moment)}" if name else moment_words(moment, year=year)


def short_moment(moment: datetime) -> str:
    """`mar 3/3 9:30`, for messages where every character counts."""
    local = moment.astimezone(ROME)
    weekday = WEEKDAYS[local.weekday()][:3]
    return f"{weekday} {local.day}/{local.month} {local.hour}:{local.minute:02d}"


def place_words(site: Site, mode: Mode) -> str:
    """One sentence that says where the appointment is."""
    if mode == "video":
        return "È in videochiamata."
    if mode == "phone":
        return "È al telefono: ti chiamiamo noi."
    return f"Dove: {site.title}, {site.address}." if site.address else f"Dove: {site.title}."

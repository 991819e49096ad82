"""Days, hours and manners of appointments in plain Italian words. Moments are told in Italian time."""

from datetime import date, datetime, timedelta

from bot.agenda.model import CancelReason, Mode, OperatorReason
from bot.clock import ROME
from bot.nlu.when.spoken import day_in_words, hour_in_words

MODES: dict[Mode, str] = {"video": "in videochiamata", "phone": "al telefono", "in_person": "di persona"}

REASONS: dict[CancelReason, str] = {
    "impegno": "Ho un impegno",
    "lavoro": "Ho trovato lavoro",
    "salute": "Motivi di salute",
    "non_serve": "Non mi serve più",
    "altro": "Altro motivo",
}
"""The reasons to cancel, as people choose them. Health is one word: nobody is asked to say more."""

OPERATOR_REASONS: dict[OperatorReason, str] = {
    "richiesta": "Lo chiede il cittadino",
    "chiusura": "Lo sportello è chiuso",
    "assenza": "Manca l'operatore",
    "errore": "Prenotato per errore",
    "altro": "Altro motivo",
}
"""The reasons to cancel, as operators choose them."""

_SHORT_DAYS = ("lun", "mar", "mer", "gio", "ven", "sab", "dom")


def at_hour(moment: datetime) -> str:
    """`alle 9:30`, `alle 9`, `all'una`."""
    return f"al{hour_in_words(moment.astimezone(ROME).time())}"


def moment_words(moment: datetime, *, today: date) -> str:
    """`martedì 3 marzo alle 9:30`; with its year when the next such day is another."""
    return f"{day_in_words(moment.astimezone(ROME).date(), today)} {at_hour(moment)}"


def near_moment_words(moment: datetime, *, today: date) -> str:
    """`oggi, martedì 3 marzo, alle 9:30`; `domani` likewise; other days as `moment_words`."""
    day = moment.astimezone(ROME).date()
    name = {today: "oggi", today + timedelta(days=1): "domani"}.get(day)
    return f"{name}, {day_in_words(day, today)}, {at_hour(moment)}" if name else moment_words(moment, today=today)


def short_moment(moment: datetime) -> str:
    """`mar 3/3 9:30`, for messages where every character counts."""
    local = moment.astimezone(ROME)
    return f"{_SHORT_DAYS[local.weekday()]} {local.day}/{local.month} {local.hour}:{local.minute:02}"

"""A reading said back in plain Italian, so that the person can say whether it is right."""

from datetime import date, time, timedelta

from bot.nlu.when.calendar import add_months, monday, month_end
from bot.nlu.when.lexicon import MONTHS, WEEKDAYS
from bot.nlu.when.reading import Part, Reading

_WITH_DAY: dict[Part, str] = {
    "prima_mattina": "di prima mattina",
    "mattina": "di mattina",
    "tarda_mattina": "in tarda mattinata",
    "pranzo": "all'ora di pranzo",
    "primo_pomeriggio": "nel primo pomeriggio",
    "pomeriggio": "di pomeriggio",
    "tardo_pomeriggio": "nel tardo pomeriggio",
    "sera": "di sera",
}
_ONE_OF: dict[Part, str] = {"mattina": "una mattina", "pomeriggio": "un pomeriggio", "sera": "una sera"}
_NAMED: dict[Part, str] = {
    "prima_mattina": "la prima mattina",
    "mattina": "la mattina",
    "tarda_mattina": "la tarda mattinata",
    "pranzo": "l'ora di pranzo",
    "primo_pomeriggio": "il primo pomeriggio",
    "pomeriggio": "il pomeriggio",
    "tardo_pomeriggio": "il tardo pomeriggio",
    "sera": "la sera",
}
_OF_THE = {"la": "della", "il": "del", "i": "dei", "le": "delle"}


def say(reading: Reading, *, today: date) -> str:
    """The reading in words: "giovedì 12 marzo alle 15", "un pomeriggio della settimana prossima"."""
    if reading.past:
        return "un momento già passato"
    pieces = ["il prima possibile"] if reading.asap else []
    pieces += [*_days_and_part(reading, today), _hours(reading), _excluded(reading, today)]
    return " ".join(piece for piece in pieces if piece).replace(" ,", ",")


def _days_and_part(reading: Reading, today: date) -> list[str]:
    days = _days(reading, today)
    if not reading.part:
        return [days]
    one_of = _ONE_OF.get(reading.part)
    article, _, rest = days.partition(" ")
    if one_of and article in _OF_THE and not reading.asap:
        return [f"{one_of} {_OF_THE[article]} {rest}"]
    return [days, _WITH_DAY[reading.part]]


def _days(reading: Reading, today: date) -> str:
    if reading.date:
        return day_in_words(reading.date, today)
    if reading.dates:
        return _or([day_in_words(day, today) for day in reading.dates])
    stretch = _stretch(reading.date_from, reading.date_to, today)
    named = _weekdays(reading.weekdays)
    return ", ".join(piece for piece in (stretch, named) if piece)


def day_in_words(day: date, today: date) -> str:
    """ "giovedì 12 marzo"; with its year when the next such day is another."""
    number = "1°" if day.day == 1 else str(day.day)
    year = f" {day.year}" if day < today or day >= add_months(today, 12) else ""
    return f"{WEEKDAYS[day.weekday()]} {number} {MONTHS[day.month - 1]}{year}"


def _stretch(first: date | None, last: date | None, today: date) -> str:
    if first and last:
        return _week_or_month(first, last, today) or f"da {day_in_words(first, today)} a {day_in_words(last, today)}"
    if first:
        return f"da {day_in_words(first, today)} in poi"
    return f"entro {day_in_words(last, today)}" if last else ""


def _week_or_month(first: date, last: date, today: date) -> str:
    start = monday(today) + timedelta(weeks=1)
    if (first, last) == (start, start + timedelta(days=6)):
        return "la settimana prossima"
    if first.day == 1 and last == month_end(first.year, first.month) and first > today:
        year = f" {first.year}" if first >= add_months(today, 12) else ""
        return f"il mese di {MONTHS[first.month - 1]}{year}"
    return ""


def _weekdays(names: tuple[str, ...]) -> str:
    if names == WEEKDAYS[:5]:
        return "dal lunedì al venerdì"
    return f"di {_or(list(names))}" if names else ""


def _or(words: list[str]) -> str:
    return " o ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def hour_in_words(at: time) -> str:
    """ "le 15", "le 7:30 di mattina", "l'una di notte"."""
    minutes = f":{at.minute:02}" if at.minute else ""
    tail = " di notte" if at.hour < 5 else " di mattina" if at.hour < 8 else ""
    return f"l'una{minutes.replace(':', ' e ')}{tail}" if at.hour == 1 else f"le {at.hour}{minutes}{tail}"


def _hours(reading: Reading) -> str:
    if reading.time:
        hour = hour_in_words(reading.time)
        return f"verso {hour}" if reading.about else f"al{hour}"
    first, last = reading.time_from, reading.time_to
    if first and last:
        return f"tra {hour_in_words(first)} e {hour_in_words(last)}"
    if first:
        return f"dal{hour_in_words(first)} in poi"
    return f"entro {hour_in_words(last)}" if last else ""


def _excluded(reading: Reading, today: date) -> str:
    if not reading.excludes:
        return ""
    words = [_refusal(one, today) for one in reading.excludes]
    return (
        (", " if reading != Reading(excludes=reading.excludes) else "") + "tranne " + _or(words).replace(" o ", " e ")
    )


def _refusal(one: str | Reading, today: date) -> str:
    if isinstance(one, Reading):
        return say(one, today=today)
    if one in WEEKDAYS:
        return f"{'la' if one == 'domenica' else 'il'} {one}"
    return next(words for part, words in _NAMED.items() if part == one)

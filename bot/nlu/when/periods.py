"""Stretches of days: months and their beginning, middle and end, years, seasons; the plainer ways of naming a week."""

import re
from datetime import date, datetime, timedelta

from bot.nlu.when.calendar import add_months, after, monday, month_end
from bot.nlu.when.items import Item, Rule, day_item, on, rule, span
from bot.nlu.when.lexicon import LAST, MONTH, MONTH_NUMBER, NEXT, ORDINAL
from bot.nlu.when.reading import Reading
from bot.nlu.when.weeks import from_today, in_the_week, is_next, period, this_week, week, week_after

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


def _months_named(found: re.Match[str], today: date) -> date:
    """First day of the month a pattern speaks of: named, next, or this."""
    name, year = found["month"], found["y"]
    if name in MONTH_NUMBER:
        number = MONTH_NUMBER[name]
        if year:
            return date(int(year), number, 1)
        if re.search(NEXT, found[0].partition(name)[2]) and number == today.month:
            return date(today.year + 1, number, 1)
        return date(today.year + (number < today.month), number, 1)
    return add_months(today.replace(day=1), 1 if re.search(NEXT, name) else 0)


# First and last day of each piece of a month; None is the month's last day.
_PIECES: dict[str, tuple[int, int | None]] = {
    "inizi": (1, 8),
    "primi": (1, 8),
    "prima met": (1, 15),
    "prima quind": (1, 15),
    "seconda met": (16, None),
    "seconda quind": (16, None),
    "prima dec": (1, 10),
    "seconda dec": (11, 20),
    "terza dec": (21, None),
    "ultima dec": (21, None),
    "met": (11, 20),
    "fine": (24, None),
    "ultim": (24, None),
}


def _piece_of(first: date, piece: str) -> tuple[date, date]:
    begin, end = next(bounds for prefix, bounds in _PIECES.items() if piece.startswith(prefix))
    return first.replace(day=begin), first.replace(day=end) if end else month_end(first.year, first.month)


def _piece_of_month(found: re.Match[str], now: datetime) -> Item | None:
    today, piece = now.date(), found["piece"]
    start = _months_named(found, today)
    first, last = _piece_of(start, piece)
    if last < today and found["y"]:
        return None
    if last < today:
        start = add_months(start, 12 if found["month"] in MONTH_NUMBER else 1)
        first, last = _piece_of(start, piece)
    if last == today:
        following = _piece_of(add_months(start, 1), piece)
        return period(found, span(*following), *on(today))
    return period(found, from_today(first, last, today))


def _whole_month(found: re.Match[str], now: datetime) -> Item | None:
    today = now.date()
    first = _months_named(found, today)
    last = month_end(first.year, first.month)
    if last < today:
        return Item(*found.span(), "past", options=(Reading(past=True),))
    return period(found, from_today(first, last, today))


def _bare_month(found: re.Match[str], now: datetime) -> Item:
    today = now.date()
    first = add_months(today.replace(day=1), int(is_next(found)))
    return period(found, from_today(first, month_end(first.year, first.month), today))


def _end_day(found: re.Match[str], now: datetime) -> Item:
    """ "L'ultimo giorno del mese", "il primo giorno di aprile"."""
    today = now.date()
    first = _months_named(found, today)
    if found["nth"].startswith("prim"):
        first = first if first >= today else add_months(first, 12 if found["month"] in MONTH_NUMBER else 1)
        return day_item(found, on(first), month=True)
    return day_item(found, on(month_end(first.year, first.month)), month=True)


def _week_of_month(found: re.Match[str], now: datetime) -> Item:
    """Counted from the first of the month, or in weeks from Monday to Sunday."""
    today, nth = now.date(), ORDINAL[found["nth"][:-1]]
    first = _months_named(found, today)
    end = month_end(first.year, first.month)
    if nth < 0:
        return period(found, span(end - 6 * _DAY, end), week(end, today))
    counted = first + (nth - 1) * _WEEK
    whole = after(first - _DAY, 0) + (nth - 1) * _WEEK
    holding = monday(first) + (nth - 1) * _WEEK
    options = [span(counted, counted + 6 * _DAY), week(whole, today), span(max(holding, first), holding + 6 * _DAY)]
    kept = [one for one in options if one.date_to is None or one.date_to >= today]
    return period(found, *(kept or options[:1]))


def _year_end(found: re.Match[str], now: datetime) -> Item:
    year = now.year
    return period(found, from_today(date(year, 12, 24), date(year, 12, 31), now.date()))


def _next_year(found: re.Match[str], now: datetime) -> Item:
    year = now.year + 1
    if found["start"]:
        return period(found, span(date(year, 1, 1), date(year, 1, 8)))
    return period(found, span(date(year, 1, 1), date(year, 12, 31)))


def _new_year(found: re.Match[str], now: datetime) -> Item:
    return period(found, span(date(now.year + 1, 1, 1), None))


def _coming_days(found: re.Match[str], now: datetime) -> Item:
    today = now.date()
    return period(found, span(today + _DAY, today + _WEEK))


def _after_summer(found: re.Match[str], now: datetime) -> Item:
    today = now.date()
    year = today.year + (today >= date(today.year, 9, 21))
    return period(found, span(date(year, 9, 1), None), span(date(year, 9, 21), None))


_OF = r"(?:di |del |d |della |dello |dell )?"
_MONTHS = rf"(?P<month>{MONTH}|(?:quest[oa] )?mese(?: {NEXT}| corrente| in corso)?|{NEXT} mese)(?: (?:di )?{NEXT})?(?: (?:del )?(?P<y>20\d\d))?"
_PIECE = (
    r"(?P<piece>inizio|primissimi|primi giorni|primi|prima meta|prima quindicina|(?:prima|seconda|terza|ultima) decade|seconda meta|seconda quindicina|meta|fine|ultimi giorni"
    r"|ultimissimi giorni)"
)

RULES: list[Rule] = [
    rule(
        r"\b(?:la |quella )?settimana (?:dopo|successiva|seguente)(?= ?(?:[.,;!?]|$|di |il |va |alle |mi |e |o |sarebbe))",
        week_after,
    ),
    rule(r"\b(?:in |entro |per )?quest[ao] (?:settimana|sett)\b|\bsettimana (?:in corso|corrente)\b", this_week),
    rule(r"\bentro (?P<item>(?:la|fine) settimana)\b", this_week),
    rule(r"\b(?:in|durante la) settimana\b", in_the_week),
    rule(rf"\b(?P<nth>primo|ultimo) giorno {_OF}{_MONTHS}\b", _end_day),
    rule(rf"\b(?P<nth>prima|seconda|terza|quarta|ultima) settimana {_OF}{_MONTHS}\b", _week_of_month),
    rule(r"\bfine anno\b|\bfine dell anno\b|\bentro l anno\b", _year_end),
    rule(r"\b(?:anno nuovo|nuovo anno)\b", _new_year),
    rule(rf"\b(?P<start>inizio )?(?:dell |d )?anno {NEXT}\b|\b(?:inizio )?(?:del )?{NEXT} anno\b", _next_year),
    rule(rf"\b{_PIECE} {_OF}(?:il )?{_MONTHS}\b", _piece_of_month),
    rule(
        rf"\b(?P<item>(?:quest[oa] )?mese (?:{NEXT}|corrente|in corso)|{NEXT} mese|quest[oa] mese)(?P<y>)\b",
        _bare_month,
    ),
    rule(
        rf"\b(?:il mese di |mese di )?(?P<month>{MONTH})\b(?: (?:di )?{NEXT})?(?: (?:del )?(?P<y>20\d\d))?",
        _whole_month,
    ),
    rule(
        r"\b(?:nei|in questi|questi|entro i) (?:prossimi )?giorni(?: che vengono)?\b|\buno di questi giorni\b|\bun giorno di questi\b|\bprossimi giorni\b",
        _coming_days,
    ),
    rule(r"\bdopo (?:l estate|le ferie|le vacanze(?: estive)?)\b", _after_summer),
    rule(
        rf"\b(?:nel|entro il|nel corso del) (?P<item>(?P<month>mese))(?P<y>)(?! (?:di|scorso|prossimo))\b(?! {LAST})",
        _whole_month,
    ),
]

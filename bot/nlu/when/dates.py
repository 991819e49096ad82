"""Days of the month: "il 15", "il tre dicembre", "3/12", "3.12.26", "il 3 del 4", impossible ones included."""

import re
from datetime import date, datetime

from bot.nlu.when.calendar import add_months, month_end, month_starts, valid
from bot.nlu.when.items import Item, Rule, day_item, on, past_item, place, rule, span
from bot.nlu.when.lexicon import (
    DAY_NUMBER,
    MONTH,
    MONTH_ABBREVIATION,
    MONTH_LOOSE,
    MONTH_NUMBER,
    NEXT,
    NUMBER,
    UNITS,
    WD,
)
from bot.nlu.when.reading import Reading

# Births and laws have such years; nobody speaks of an appointment of so long ago.
_OLD_YEARS = 12


def day_number(word: str) -> int:
    """1 to 31 of digits or a word; "primo" is 1."""
    return int(word) if word.isdigit() else 1 if word == "primo" else NUMBER[word]


def month_number(word: str) -> int:
    """1 to 12 of a month's name or abbreviation."""
    bare = word.strip(" .")
    return MONTH_NUMBER.get(bare) or MONTH_ABBREVIATION[bare]


def day_of_month(number: int, today: date) -> tuple[Reading, ...]:
    """The next such day. Today's number is next month's or today; a month too short for it offers its last day too."""
    found = [
        day for first in month_starts(today, 4) if (day := valid(first.year, first.month, number)) and day >= today
    ]
    if found[0] == today:
        return on(found[1], today)
    first = next(iter(month_starts(today, 1)))
    short = next((f for f in (first, add_months(first, 1)) if not valid(f.year, f.month, number)), None)
    if short and today < month_end(short.year, short.month) < found[0] and found[0].month != first.month:
        return on(found[0], month_end(short.year, short.month))
    return on(found[0])


def day_and_month(number: int, month: int, today: date, year: int | None = None) -> tuple[Reading, ...]:
    """The next such day, or that year's; an impossible one becomes the days around it."""
    for candidate in [year] if year else [today.year, today.year + 1]:
        day = valid(candidate, month, number)
        if day is None:
            return _impossible(number, month, today, year)
        if day >= today or year:
            return on(day)
    return ()


def _impossible(number: int, month: int, today: date, year: int | None) -> tuple[Reading, ...]:
    year = year or (today.year if month_end(today.year, month) >= today else today.year + 1)
    last = month_end(year, month)
    leap = next((day for y in range(year, year + 9) if (day := valid(y, month, number))), None)
    if add_months(last.replace(day=1), 1) < today:
        return _impossible(number, month, today, today.year + 1)
    return on(last, add_months(last.replace(day=1), 1), leap)


def _year(written: str | None) -> int | None:
    if not written:
        return None
    number = int(written)
    return number if number > 99 else number + (2000 if number < 50 else 1900)


def _dated(found: re.Match[str], now: datetime, number: int, month: int, year: int | None) -> Item | None:
    """The item of a full date; none when it is a birth, past when its year makes it so."""
    today = now.date()
    if year and year <= today.year - _OLD_YEARS:
        return None
    options = day_and_month(number, month, today, year)
    if year and options and options[0].date and options[0].date < today:
        return past_item(found, now)
    return day_item(found, options, month=True)


def _named(found: re.Match[str], now: datetime) -> Item | None:
    return _dated(found, now, day_number(found["d"]), month_number(found["m"]), _year(found["y"]))


def _month_first(found: re.Match[str], now: datetime) -> Item | None:
    """ "Giugno venti due", as those say it whose language puts the month first."""
    tens = day_number(found["d"])
    number = tens + (NUMBER[found["unit"].strip()] if found["unit"] and tens == 20 else 0)
    return _dated(found, now, number, month_number(found["m"]), None)


def _digits(found: re.Match[str], now: datetime) -> Item | list[Item] | None:
    number, month, year = int(found["d"]), int(found["m"]), _year(found["y"])
    if not 1 <= number <= 31 or not month or month > 31:
        return None
    if month > 12:
        swapped = day_and_month(month, number, now.date(), year) if number <= 12 else ()
        both = [*swapped, *day_of_month(number, now.date()), *day_of_month(month, now.date())]
        return day_item(found, both) if found["sep"] == "/" or year else None
    return _dated(found, now, number, month, year)


def _dotted(found: re.Match[str], now: datetime) -> Item | None:
    """ "12.10" without anything beside it: the twelfth of October or ten past twelve."""
    number, month = int(found["d"]), int(found["m"])
    if not 1 <= number <= 31 or not 1 <= month <= 12:
        return None
    options = day_and_month(number, month, now.date())
    if found["art"]:
        return day_item(found, options, month=True)
    if number > 23 or number < 7 or len(found["m"]) < 2:
        return day_item(found, options, month=True)
    return day_item(found, [*options, Reading(time=now.time().replace(number, month, 0, 0))])


def _dashed(found: re.Match[str], now: datetime) -> Item | None:
    """ "3-12" is a day; "9-12" may as well be from nine to twelve."""
    number, month = int(found["d"]), int(found["m"])
    if not 1 <= number <= 31 or not 1 <= month <= 12:
        return None
    options = list(day_and_month(number, month, now.date()))
    if 8 <= number < month and not found["art"]:
        at = now.time().replace(second=0, microsecond=0)
        options.append(Reading(time_from=at.replace(number, 0), time_to=at.replace(month, 0)))
    return day_item(found, options, month=True)


def _iso(found: re.Match[str], now: datetime) -> Item | None:
    return _dated(found, now, int(found["d"]), int(found["m"]), int(found["y"]))


def _said_in_numbers(found: re.Match[str], now: datetime) -> Item | None:
    month = day_number(found["m"])
    return _dated(found, now, day_number(found["d"]), month, None) if month <= 12 else None


def _of_that_month(found: re.Match[str], now: datetime) -> Item:
    number, today = day_number(found["d"]), now.date()
    ahead = 1 if re.search(NEXT, found["which"]) else 0
    first = add_months(today.replace(day=1), ahead)
    if not ahead and found["which"].endswith("del mese"):
        return day_item(found, day_of_month(number, today), month=True)
    return day_item(found, day_and_month(number, first.month, today, first.year), month=True)


def _last_month(found: re.Match[str], now: datetime) -> Item:
    return past_item(found, now)


def _alone(found: re.Match[str], _now: datetime) -> Item:
    start, end = place(found)
    return Item(start, end, "number", number=day_number(found["d"]))


def _slash_days(found: re.Match[str], now: datetime) -> Item | None:
    """ "il 9/10 marzo", "9-13 marzo": from one day to the other."""
    low, high = day_number(found["d"]), day_number(found["e"])
    if low >= high:
        return None
    first = day_and_month(low, month_number(found["m"]), now.date())
    last = day_and_month(high, month_number(found["m"]), now.date())
    if len(first) != 1 or len(last) != 1:
        return None
    if high == low + 1 and first[0].date and last[0].date:
        return day_item(found, [Reading(dates=(first[0].date, last[0].date))], month=True)
    return day_item(found, [span(first[0].date, last[0].date)], month=True)


_ART = r"(?:i giorni|il giorno|giorno|giorni|il|l|al|all|dal|dall|del|dell|per il|per l|lo)"
_D = rf"(?P<d>{DAY_NUMBER}|primo)"
_Y = r"(?:,? ?(?:del |dell anno )?(?P<y>20\d\d|19\d\d|(?:2[5-9]|3\d)(?! ?[:.,]\d| ?\w)))?"
_NOT_MORE = r"(?![\d/]|[.,:-]\d)"
NOT_COUNTED = rf"(?! ?[%€/]|[:.,-]\d|\d|°? {UNITS}\b| e (?:mezz|un quarto|tre quarti|30|15|45)(?! ?{MONTH}))"

RULES: list[Rule] = [
    rule(rf"\b(?P<y>20\d\d) ?- ?(?P<m>\d\d) ?- ?(?P<d>\d\d){_NOT_MORE}", _iso),
    rule(rf"(?<![\d.,/-]){_D} ?[/-] ?(?P<e>{DAY_NUMBER}) (?:di )?(?P<m>{MONTH})\b", _slash_days),
    rule(rf"(?<![\d.,/-])\b{_D} ?°? ?(?:di |del mese di )?(?P<m>{MONTH_LOOSE}){_Y}", _named),
    rule(
        rf"\b(?:a |di |il )?(?P<m>{MONTH}) {_D}(?P<unit> (?:uno|due|tre|quattro|cinque|sei|sette|otto|nove)\b)?{NOT_COUNTED}(?! ?{MONTH})",
        _month_first,
    ),
    rule(rf"\b{_D} (?:u\. ?s\.?|ultimo scorso|scorso|del mese scorso|dello scorso mese)", _last_month),
    rule(
        rf"\b{_D} (?P<which>c\. ?m\.?|(?:del )?corrente mese|del mese corrente|(?:di )?questo mese|corrente|p\. ?v\.?|del mese"
        rf"(?: {NEXT})?|del {NEXT} mese|{NEXT})(?! di)",
        _of_that_month,
    ),
    rule(
        rf"(?<![\d.,/-])(?P<d>\d{{1,2}}) ?(?P<sep>[/.-]) ?(?P<m>\d{{1,2}}) ?(?P=sep) ?(?P<y>\d{{4}}|\d\d){_NOT_MORE}",
        _digits,
    ),
    rule(rf"(?<![\d.,/-])(?P<d>\d{{1,2}}) ?(?P<sep>/) ?(?P<m>\d{{1,2}})(?P<y>){_NOT_MORE}", _digits),
    rule(
        rf"(?:\b(?P<art>{_ART}) )?(?<![\d.,/-])(?P<item>(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})){_NOT_MORE}(?! ?h\b)",
        _dotted,
    ),
    rule(rf"(?:\b(?P<art>{_ART}) )?(?<![\d.,/-])(?P<item>(?P<d>\d{{1,2}}) ?- ?(?P<m>\d{{1,2}})){_NOT_MORE}", _dashed),
    rule(rf"\b{_ART} (?P<item>{_D} del(?:l)? (?P<m>{DAY_NUMBER}))\b(?! {UNITS}){_NOT_MORE}", _said_in_numbers),
    rule(
        rf"\b{_ART} (?P<item>{_D} (?P<m>{DAY_NUMBER}))\b(?! ?{UNITS}| e mezz| e un quarto){_NOT_MORE}", _said_in_numbers
    ),
    rule(rf"\b(?:{WD}|mar|dom),? (?:il |giorno )?(?P<item>(?P<d>{DAY_NUMBER}))\b°?{NOT_COUNTED}", _alone),
    rule(rf"\b{_ART} (?P<item>(?!uno\b)(?P<d>{DAY_NUMBER}))\b°?{NOT_COUNTED}", _alone),
    rule(
        r"(?:\b(?:dal|entro il|fino al|prima del|dopo il|non il|tranne il|escluso il)|^(?:ok |va bene |facciamo |si |sì )?(?:per )?il) (?P<item>(?P<d>primo))\b"
        r"(?= ?(?:[.,;!?]|$|(?:o|e|in poi|alle|ore|di mattina|di pomeriggio|mattina|pomeriggio|va|al (?=\d|_|due|tre|quattro|cinque|sei|sette|otto|dieci))\b))",
        _alone,
    ),
    rule(rf"\b(?:il|l|al|del) (?P<item>(?P<d>primo))\b(?= (?:o|e|oppure) (?:il |l ){DAY_NUMBER}\b)", _alone),
]

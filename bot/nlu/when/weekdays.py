"""Weekdays with what stands beside them: "questo", "prossimo", "a otto", "il secondo ... di aprile", "ogni"."""

import re
from datetime import datetime, timedelta

from bot.nlu.when.calendar import add_months, after, monday, nth_weekday
from bot.nlu.when.items import Item, Manner, Rule, day_item, on, past_item, place, rule
from bot.nlu.when.lexicon import ANY_NUMBER, MONTH, MONTH_NUMBER, NEXT, ORDINAL, WD, WEEKDAY_NUMBER, WEEKDAYS, count
from bot.nlu.when.reading import Reading

_ORD = "(?:(?:" + "|".join(ORDINAL) + r")[oa]|[1-4]°)"
_OTHER = r"(?:(?:il |la |ma |e )*(?:quell[oa] (?:dopo|successiv[oa]|seguente|prossim[oa])|altr[oa]|l altr[oa]|(?:il |la )?prossim[oa]))"
_HABIT = (
    r"(?:tutt[ie] (?:i|le)|ogni|qualsiasi|qualunque|sempre (?:il|la|di)|solo (?:il|la|di)|uno dei|una delle|nei|nelle|il|la|i|le"
    r"|un|una|al|alla)"
)
# "Di giovedì" is a habit after these; "le dieci di giovedì" or "l'appuntamento di giovedì" is one Thursday.
_OF_HABIT = (
    r"(?:(?:^|[,.;:!?] ?|\b(?:solo|soltanto|sempre|bene|posso|possiamo|potrei|meglio|preferi\w+|anche|o|e|liber\w|mai|non|no|né|ne|tranne|venire|disponibil\w+"
    r"|andrebbe|vengo|verrei|riesco|comod\w|eccetto|escluso|settimana|mese|solito|solitamente|qualche|se|magari|possibilmente|è|lavoro|occupat\w|impegnat\w"
    rf"|fare|facciamo|ma|{MONTH}) )di)"
)
_MONTHS = rf"(?P<month>{MONTH}|mese prossimo|prossimo mese|mese entrante|mese|questo mese)"


def _weekday(found: re.Match[str], _now: datetime) -> Item:
    start, end = place(found)
    number = WEEKDAY_NUMBER[found["wd"]]
    manner: Manner = (
        "habit" if found["habit"] or found["wd"] in ("sabati", "domeniche") else "either" if found["either"] else ""
    )
    return Item(start, end, "weekday", weekday=number, manner=manner)


def _sunday_or_tomorrow(found: re.Match[str], now: datetime) -> Item:
    return day_item(found, on(after(now.date(), 6), now.date() + timedelta(days=1)))


def _this_weekday(found: re.Match[str], _now: datetime) -> Item:
    start, end = place(found)
    return Item(start, end, "weekday", weekday=WEEKDAY_NUMBER[found["wd"]], manner="this")


def _next_weekday(found: re.Match[str], _now: datetime) -> Item:
    start, end = place(found)
    return Item(start, end, "weekday", weekday=WEEKDAY_NUMBER[found["wd"]], manner="next")


def _weekday_weeks_on(found: re.Match[str], now: datetime) -> Item:
    weeks = 2 if found["weeks"] in ("15", "quindici") else 1
    weekday = WEEKDAY_NUMBER[found["wd"]]
    first = after(now.date(), weekday)
    days = [first, now.date()] if now.date().weekday() == weekday else [first]
    return day_item(found, on(*(day + timedelta(weeks=weeks) for day in days)))


def _not_this_but_next(found: re.Match[str], now: datetime) -> Item:
    first = after(now.date(), WEEKDAY_NUMBER[found["wd"]])
    return day_item(found, on(first + timedelta(weeks=1)))


def _other_weekday(found: re.Match[str], now: datetime) -> Item:
    first = after(now.date(), WEEKDAY_NUMBER[found["wd"]])
    return day_item(found, [*on(first + timedelta(weeks=1), first), Reading(past=True)])


def _counted_weekday(found: re.Match[str], now: datetime) -> Item:
    first = after(now.date(), WEEKDAY_NUMBER[found["wd"]])
    weeks = count(found["n"])
    return day_item(found, on(first + timedelta(weeks=weeks - 1), first + timedelta(weeks=weeks)))


def _weekday_in_weeks(found: re.Match[str], now: datetime) -> Item:
    weekday, weeks = WEEKDAY_NUMBER[found["wd"]], count(found["n"])
    by_week = monday(now.date()) + timedelta(days=weekday, weeks=weeks)
    return day_item(found, on(by_week, after(now.date(), weekday) + timedelta(weeks=weeks)))


def _nth_weekday(found: re.Match[str], now: datetime) -> Item:
    if found["every"]:
        return day_item(found, [*_next_nth(found, now), Reading(weekdays=(WEEKDAYS[WEEKDAY_NUMBER[found["wd"]]],))])
    return day_item(found, _next_nth(found, now))


def _next_nth(found: re.Match[str], now: datetime) -> tuple[Reading, ...]:
    nth = int(found["nth"][0]) if found["nth"][0].isdigit() else ORDINAL[found["nth"][:-1]]
    weekday, today, month = WEEKDAY_NUMBER[found["wd"]], now.date(), found["month"]
    steps = (
        range(1) if "quest" in month else range(1, 3) if month not in MONTH_NUMBER and month != "mese" else range(36)
    )
    for step in steps:
        start = add_months(today.replace(day=1), step)
        other = month in MONTH_NUMBER and start.month != MONTH_NUMBER[month]
        day = (
            None
            if other or (found["y"] and start.year != int(found["y"]))
            else nth_weekday(start.year, start.month, weekday, nth)
        )
        if day and day >= today:
            return on(day)
    return (Reading(past=True),)


def _first_free_weekday(found: re.Match[str], _now: datetime) -> Item:
    return day_item(found, [Reading(weekdays=(WEEKDAYS[WEEKDAY_NUMBER[found["wd"]]],), asap=True)])


def _working_days(found: re.Match[str], _now: datetime) -> Item:
    return day_item(found, [Reading(weekdays=WEEKDAYS[:5])])


# Before "tra due settimane" by itself.
EARLY_RULES: list[Rule] = [
    rule(rf"\b(?P<wd>{WD}) (?:tra|fra) (?P<n>{ANY_NUMBER}) (?:settiman[ea]|sett)\b", _weekday_in_weeks),
]
RULES: list[Rule] = [
    rule(rf"\b(?P<wd>{WD}) {NEXT},? (?:ma |e )?non quest[oa]\b", _not_this_but_next),
    rule(rf"(?:\bnon )?\bquest[oa] (?P<wd>{WD}),? {_OTHER}\b", _not_this_but_next),
    rule(rf"\b(?P<wd>{WD}),? non quest[oa],? ?{_OTHER}\b", _not_this_but_next),
    rule(rf"\b(?P<wd>{WD}) a (?P<weeks>otto|8|quindici|15)(?: giorni)?(?! ?[:.,]?\d)\b", _weekday_weeks_on),
    rule(rf"\b(?:tra|fra) (?P<n>due|2|tre|3) (?P<wd>{WD})\b", _counted_weekday),
    rule(
        rf"(?P<every>\bogni )?\b(?P<nth>{_ORD}) (?P<wd>{WD}) (?:di |del mese di |del |d |in )?{_MONTHS}(?: (?:del )?(?P<y>20\d\d))?",
        _nth_weekday,
    ),
    rule(rf"\b(?:l )?ultim[oa] (?P<wd>{WD})\b(?! (?:di|del|d|libero|disponibile|utile))", past_item),
    rule(rf"\bprim[oa] (?P<wd>{WD}) (?:liber[oa]|disponibile|utile|possibile)\b", _first_free_weekday),
    rule(r"\bgiorn[io] (?:feriali|lavorativi|feriale|lavorativo)\b", _working_days),
    rule(rf"\b(?P<wd>{WD}) (?:successiv[oa]|seguente|dopo(?= ?(?:[.,;!?]|$|alle|ore|va|mi|e|o)))", _other_weekday),
    rule(rf"\bl altr[oa] (?P<wd>{WD})\b", _other_weekday),
    rule(rf"\b(?P<wd>{WD}) l altr[oa]\b", _other_weekday),
    rule(rf"\bquest[oa]? (?P<wd>{WD})\b", _this_weekday),
    rule(rf"\b(?P<wd>{WD}) {NEXT}\b", _next_weekday),
    rule(rf"\b{NEXT} (?P<wd>{WD})\b", _next_weekday),
    rule(r"\bdom\b\.?", _sunday_or_tomorrow),
    rule(rf"(?:(?P<habit>\b{_HABIT}|{_OF_HABIT}) |(?P<either>\bdell?a? ?) ?)?(?P<item>\b(?P<wd>{WD}|mar)\b)", _weekday),
]

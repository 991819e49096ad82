"""Weeks, from Monday to Sunday, their pieces and their ends."""

import re
from datetime import date, datetime, timedelta

from bot.nlu.when.calendar import monday
from bot.nlu.when.items import Item, Rule, day_item, on, rule, span
from bot.nlu.when.lexicon import NEXT, WEEKDAYS
from bot.nlu.when.reading import Reading

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


def from_today(first: date, last: date, today: date) -> Reading:
    """A stretch without the days already gone."""
    return span(max(first, today), last)


def week(day: date, today: date) -> Reading:
    """The week of a day, from today on."""
    return from_today(monday(day), monday(day) + 6 * _DAY, today)


def is_next(found: re.Match[str]) -> bool:
    """Whether it is the next one."""
    return re.search(NEXT, found[0]) is not None


def period(found: re.Match[str], *options: Reading) -> Item:
    """The item of a stretch of days."""
    return day_item(found, options, "period")


def _next_week(found: re.Match[str], now: datetime) -> Item:
    return period(found, week(now.date() + _WEEK, now.date()))


def week_after(found: re.Match[str], now: datetime) -> Item:
    """ "La settimana dopo": after this one, or after the one spoken of."""
    today = now.date()
    return period(found, week(today + _WEEK, today), week(today + 2 * _WEEK, today))


def _week_after_next(found: re.Match[str], now: datetime) -> Item:
    return period(found, week(now.date() + 2 * _WEEK, now.date()))


def _one_or_two_weeks_on(found: re.Match[str], now: datetime) -> Item:
    """ "Quella dopo": after the next, when the next was spoken of."""
    today = now.date()
    return period(found, week(today + 2 * _WEEK, today), week(today + _WEEK, today))


def _weekends(found: re.Match[str], _now: datetime) -> Item:
    return day_item(found, [Reading(weekdays=WEEKDAYS[5:])])


def this_week(found: re.Match[str], now: datetime) -> Item:
    """What is left of the week; on Sundays it may be the week about to begin."""
    today = now.date()
    if today.weekday() == 6:
        return period(found, *on(today), week(today + _DAY, today))
    return period(found, week(today, today))


def in_the_week(found: re.Match[str], now: datetime) -> Item:
    """ "In settimana": this week, or on working days rather than at the weekend."""
    this = this_week(found, now)
    return period(found, *this.options, Reading(weekdays=WEEKDAYS[:5]))


def _weekend(found: re.Match[str], now: datetime) -> Item:
    today = now.date()
    saturday = monday(today) + 5 * _DAY
    this = from_today(saturday, saturday + _DAY, today)
    following = span(saturday + _WEEK, saturday + _WEEK + _DAY)
    if found["after"]:
        return period(found, following)
    if is_next(found):
        return period(found, following) if today >= saturday else period(found, this, following)
    return day_item(
        found, [this], "period" if "quest" in found.string[max(0, found.start() - 8) : found.start()] else ""
    )


def _end_of_week(found: re.Match[str], now: datetime) -> Item:
    """ "A fine settimana": its last working days, or the weekend."""
    today = now.date()
    start = monday(today) + (_WEEK if is_next(found) or today.weekday() > 4 else timedelta())
    weekend = span(start + 5 * _DAY, start + 6 * _DAY)
    options = [from_today(start + 3 * _DAY, start + 4 * _DAY, today), weekend]
    if is_next(found) and "del" not in found[0] and today.weekday() < 5:
        options.append(
            span(weekend.date_from and weekend.date_from - _WEEK, weekend.date_to and weekend.date_to - _WEEK)
        )
    return period(found, *options)


def _piece_of_week(found: re.Match[str], now: datetime) -> Item:
    today, middle = now.date(), found["piece"].startswith("met")
    start = monday(today)
    first, last = (start + _DAY, start + 3 * _DAY) if middle else (start, start + 2 * _DAY)
    if is_next(found) or last < today:
        first, last = first + _WEEK, last + _WEEK
    return period(found, from_today(first, last, today))


# Before the weekdays, which would take "prossima" for themselves.
RULES: list[Rule] = [
    rule(r"\bquella (?:dopo|successiva)\b(?! (?:di|del|a)\b)", _one_or_two_weeks_on),
    rule(
        r"\b(?:nei|i|tutti i|ogni|di|durante i|quasi tutti i) (?P<item>weekend|week ?-? ?end|fine ?settimana)\b",
        _weekends,
    ),
    rule(
        rf"\bsettimana {NEXT} ancora\b|\bsettimana dopo (?:la prossima|ancora|quella prossima)\b|\bquella dopo la prossima\b",
        _week_after_next,
    ),
    rule(
        r"\bnon (?:la (?:settimana )?prossima(?: settimana)?|questa settimana) (?:ma |, ?)?(?:quella dopo|l altra)\b",
        _week_after_next,
    ),
    rule(
        r"\b(?:la|nella|per la) (?P<item>prossima)(?= ?(?:[.,;!?]|$|(?:no|si|sì|non|posso|va|invece|faccio|ci|sono|meglio|vengo|riesco|o)\b))",
        _next_week,
    ),
    rule(
        rf"\b(?P<piece>inizi[oi]?|primi(?: giorni)?|meta) (?:della |di |a )?(?:{NEXT} settimana|settimana {NEXT}|settimana)\b",
        _piece_of_week,
    ),
    rule(
        rf"\ba fine (?:della )?(?:{NEXT} )?settimana\b|\bfine della (?:{NEXT} )?settimana\b|\bfine (?:della )?settimana {NEXT}\b",
        _end_of_week,
    ),
    rule(
        rf"\b(?:{NEXT} )?(?:weekend|week ?-? ?end|fine ?settimana)(?: {NEXT})?(?P<after> (?:dopo|successivo|seguente))?\b",
        _weekend,
    ),
    rule(rf"\b(?:settimana|sett\b\.?) {NEXT}\b|\b{NEXT} (?:settimana|sett)\b", _next_week),
]

"""Open and closed ranges of days: "entro venerdì", "prima del 15", "dopo il 10", "dal 3 al 7", "non prima di giovedì"."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from bot.nlu.when.calendar import add_months, after
from bot.nlu.when.items import Item, span
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.reading import Reading
from bot.nlu.when.within import plain

Bound = Literal["from", "after", "until", "before", "around"]

_DAY = timedelta(days=1)
_THE = r"(?: (?:il|lo|la|l|le|i|gli|giorno|giorni|questo|questa|mese di|d|primo))*? ?$"
_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("from", re.compile(rf"\bnon prima (?:di|del|dell|della|dello){_THE}")),
    (
        "until",
        re.compile(
            rf"\b(?:entro(?: e non oltre)?(?: massimo)?|non oltre|non dopo|non piu tardi (?:di|del|dell)|(?:fino|sino) (?:a|ad|al|all|alla)|(?:d[ai] qui|da oggi|da adesso) (?:a|al|all|alla)"
            rf"|(?:(?:al )?massimo|max|al piu tardi)(?: (?:per|entro))?|entro (?:massimo|al massimo)|e non oltre){_THE}"
        ),
    ),
    (
        "around",
        re.compile(
            rf"\b(?:verso|intorno a|intorno al|attorno a|attorno al|circa|a cavallo (?:di|del)|sotto|a ridosso (?:di|del)|nei giorni di){_THE}"
        ),
    ),
    ("before", re.compile(rf"\b(?:prima (?:di|del|dell|della|dello)){_THE}")),
    ("after", re.compile(rf"\b(?:dopo|passat[oa]|oltre|successivamente a|a seguire){_THE}")),
    (
        "from",
        re.compile(
            rf"\b(?:(?:a partire|a decorrere|a cominciare|a iniziare|ma|solo|gia|libero|libera) )?(?:da|dal|dall|dalla|dai)(?: (?:giorno|lunedi in poi))?{_THE}"
        ),
    ),
)
_ONWARDS = re.compile(r"^ ?(?:in poi|in avanti|in su)\b")
_FIRST_END = re.compile(r"\b(?P<op>dal|dall|dalla|dai|da|tra|fra|compreso tra)(?: (?:il|l|la|giorno|le|i))*? ?$")
_LAST_END = re.compile(r"^ ?(?:,? ?(?:fino |sino )?(?:al|all|alla|a|ad)|e|ed|-|/)(?: (?:il|l|la|giorno|le|i))*? ?$")
_PARTS_SAID = ("mattina", "pomeriggio", "sera")
_MOVE = re.compile(r"\b(?:spost|rimand|postic|posticip|anticip|rinvi|cambi)\w*\b")


def ranges(items: list[Item], text: str, now: datetime) -> list[Item]:
    """Joins the two ends of a range into one piece."""
    result: list[Item] = []
    index = 0
    while index < len(items):
        pair = items[index : index + 2]
        since = result[-1].end if result else 0
        joined = _joined(pair, text, since, now) if len(pair) == 2 else None
        result.append(joined or items[index])
        index += 2 if joined else 1
    return result


def _joined(pair: list[Item], text: str, since: int, now: datetime) -> Item | None:
    first, last = pair
    if not all(item.kind in ("day", "weekday") for item in pair) or not _LAST_END.match(text[first.end : last.start]):
        return None
    opening = _FIRST_END.search(text[since : first.start])
    between = text[first.end : last.start].strip()
    dashed = between == "-"
    if not opening and not (dashed and (first.kind == "weekday" or first.explicit_month)):
        return None
    start = first.start - (len(opening[0]) if opening else 0)
    word = opening["op"] if opening else "dal"
    if (word in ("tra", "fra")) != (between.split(" ")[0] in ("e", "ed")) and not dashed:
        return None
    if word.startswith("da") and _MOVE.search(text[:start]) and not dashed:
        return replace(last, start=start)
    options = (
        _weekday_range(first, last, word, now) if first.kind == last.kind == "weekday" else _day_range(first, last, now)
    )
    return Item(start, last.end, "day", options=options) if options else None


def _weekday_range(first: Item, last: Item, word: str, now: datetime) -> tuple[Reading, ...]:
    """ "Dal lunedì al giovedì" is a habit, "tra lunedì e giovedì" the coming days, "da lunedì a giovedì" either."""
    low, high = first.weekday, last.weekday
    habit = Reading(weekdays=WEEKDAYS[low : high + 1] if low <= high else WEEKDAYS[low:] + WEEKDAYS[: high + 1])
    if word in ("dal", "dalla", "dai") or "habit" in (first.manner, last.manner):
        return (habit,)
    coming = tuple(span(one.date, after(one.date, high)) for one in plain(first, now) if one.date)
    return coming if word in ("tra", "fra") else (*coming, habit)


def _day_range(first: Item, last: Item, now: datetime) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for low in days_of(first, now):
        for high in days_of(last, now):
            start, end = low.date or low.date_from, high.date or high.date_to
            if start and end and end < start:
                end = _later(end, start, last)
            if start and end and end >= start:
                found.append(span(max(start, now.date()) if low.date_from else start, end))
    return tuple(dict.fromkeys(found))[:3]


def _later(end: date, start: date, last: Item) -> date:
    """The end of a range that would come before its start: the same day one week, month or year on."""
    if last.weekday >= 0:
        return after(start, last.weekday)
    if not last.explicit_month:
        return next(day for step in range(1, 13) if (day := add_months(end, step)) >= start)
    return end.replace(year=end.year + 1)


def days_of(item: Item, now: datetime) -> tuple[Reading, ...]:
    """The readings of a piece of a day, a weekday standing alone included."""
    return plain(item, now) if item.kind == "weekday" else item.options


def bounds(items: list[Item], text: str, now: datetime) -> list[Item]:
    """Opens a day on the side the words before it (or "in poi" after it) say."""
    result: list[Item] = []
    for item in items:
        gap = text[result[-1].end if result else 0 : item.start]
        if (
            item.kind == "part"
            and gap == " "
            and result
            and _only_limits(result[-1])
            and text[item.start :].startswith(_PARTS_SAID)
        ):
            result[-1] = replace(result[-1], end=item.end)
            continue
        result.append(_bounded(item, gap, text, now) if item.kind in ("day", "weekday") else item)
    return result


def _only_limits(item: Item) -> bool:
    """Whether it is a limit in days: the part of day in "entro lunedì mattina" says only when that day ends it."""
    return item.kind == "day" and all(one.date_to and not one.date_from for one in item.options)


def _bounded(item: Item, gap: str, text: str, now: datetime) -> Item:
    onwards = _ONWARDS.match(text[item.end :])
    kind, match = next(((kind, match) for kind, pattern in _BOUNDS if (match := pattern.search(gap))), (None, None))
    if kind == "from" and match and _MOVE.search(text[: item.start]) and not onwards and "prima" not in match[0]:
        return item
    if kind == "around" and not (item.options and all(one.date for one in item.options)):
        kind = match = None
    if kind is None and not onwards:
        return item
    options = [opened for one in days_of(item, now) for opened in open_range(one, kind or "from")]
    if not options:
        return item
    start = item.start - (len(match[0]) if match else 0)
    end = item.end + (onwards.end() if onwards else 0)
    chosen = tuple(dict.fromkeys(options))
    return replace(item, kind="day", start=start, end=end, options=chosen, weekday=-1, manner="", explicit_month=False)


def open_range(one: Reading, kind: Bound) -> list[Reading]:
    """The days from, after, until or before those of a reading; from its middle or end where people differ."""
    first, last = one.date or one.date_from, one.date or one.date_to
    if one.dates or (first is None and last is None):
        return []
    if kind == "around":
        return [one, span(first - 2 * _DAY, last + 2 * _DAY)] if first and last else [one]
    middle = _middle(one)
    # "Prima della fine del mese" is by its last day.
    closing = last + _DAY if first and last and first.day == 24 and (last + _DAY).day == 1 else None
    ends = {"from": (first, middle), "after": (middle, last), "until": (middle, last), "before": (closing, first)}[kind]
    days = [day for day in ends if day]
    if kind in ("from", "after"):
        stretches = [span(day + (_DAY if kind == "after" else timedelta()), None) for day in days]
    else:
        stretches = [span(None, day - (_DAY if kind == "before" else timedelta())) for day in days]
    return [replace(stretch, time=one.time, time_from=one.time_from, time_to=one.time_to) for stretch in stretches]


def _middle(one: Reading) -> date | None:
    """The fifteenth, when the reading is the middle of a month."""
    first, last = one.date_from, one.date_to
    if first and last and (first.day, last.day) == (11, 20) and first.month == last.month:
        return first.replace(day=15)
    return None


def negated(one: Reading) -> Reading | None:
    """An open range turned round: "prima di giovedì non posso" is from Thursday on. None for what is not an open range."""
    if one.has_day and not one.has_hour and not one.part:
        if one.date_from and not one.date_to and not one.weekdays:
            return span(None, one.date_from - _DAY)
        if one.date_to and not one.date_from and not one.weekdays:
            return span(one.date_to + _DAY, None)
    if not one.has_day and not one.part and not one.time:
        if one.time_from and not one.time_to:
            return Reading(time_to=one.time_from)
        if one.time_to and not one.time_from:
            return Reading(time_from=one.time_to)
    return None

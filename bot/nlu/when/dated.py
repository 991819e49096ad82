"""Days of the month find their month and their weekday: "il 5 o 6 marzo", "lunedì 3", "a giugno il 20"."""

import re
from dataclasses import replace
from datetime import date, time, timedelta

from bot.nlu.when.calendar import add_months, after, valid
from bot.nlu.when.dates import NOT_COUNTED, day_number, day_of_month
from bot.nlu.when.gaps import SENTENCE_END
from bot.nlu.when.items import Item, on
from bot.nlu.when.lexicon import DAY_NUMBER
from bot.nlu.when.reading import Reading

_JOIN = r"(?: ?, ?(?:o |e |oppure )?| o | e | ed | oppure | ?- ?)(?:anche )?(?:il |l )?"
_FOLLOWED = r"(?= ?(?:[.,;!?)]|$|(?:o|e|ed|oppure|di|del|della|alle|dalle|ore|dopo|verso|mattina|pomeriggio|per|va|vanno|se|sempre)\b))"
_NEXT_NUMBER = re.compile(rf"{_JOIN}(?P<d>{DAY_NUMBER})\b{NOT_COUNTED}{_FOLLOWED}")
_NUMBER_BEFORE = re.compile(rf"(?<![\d.,:/])\b(?P<d>{DAY_NUMBER}){_JOIN}$")
_CHAIN = re.compile(r"^[ ,]*(?:(?:o|e|ed|oppure|al|all|a|fino al|il|l|anche|dal|-)[ ,]*)*$")
_FALLS = re.compile(r" (?:che )?(?:è|cade|cade di|sarebbe|viene di|viene) (?:di )?")
_SAME_DAY = re.compile(r"^ ?,? ?(?:(?:il|l|giorno|del|lo|\() ?)*$")


def number_lists(items: list[Item], text: str) -> list[Item]:
    """Adds the bare numbers of a list: "3, 4 o 5 marzo", "il 5 o 6"."""
    found = list(items)
    for item in items:
        if item.kind == "number" or item.explicit_month:
            found.extend(_numbers_before(item, text, found))
            found.extend(_numbers_after(item, text, found))
    return sorted(found, key=lambda item: item.start)


def _numbers_before(item: Item, text: str, taken: list[Item]) -> list[Item]:
    added: list[Item] = []
    start = item.start
    while item.explicit_month and (match := _NUMBER_BEFORE.search(text[:start])) and _free(match.span("d"), taken):
        added.append(Item(*match.span("d"), "number", number=day_number(match["d"])))
        start = match.start("d")
    return added


def _numbers_after(item: Item, text: str, taken: list[Item]) -> list[Item]:
    added: list[Item] = []
    end = item.end
    while (match := _NEXT_NUMBER.match(text, end)) and _free(match.span("d"), taken):
        added.append(Item(*match.span("d"), "number", number=day_number(match["d"])))
        end = match.end("d")
    return added


def _free(place: tuple[int, int], taken: list[Item]) -> bool:
    return all(place[1] <= item.start or place[0] >= item.end for item in taken)


def adopt_months(items: list[Item], text: str, today: date) -> list[Item]:
    """Gives a bare number the month said later in its list or range, or of the month spoken of before."""
    result = list(items)
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if item.kind != "number":
            continue
        later = _month_after(index, result, text)
        if later:
            result[index] = replace(item, kind="day", options=on(_in_month_of(item.number, later)), explicit_month=True)
        elif month := _month_before(index, result):
            result[index] = _inside_month(item, month, text, today)
        elif earlier := _date_before(index, result):
            both = (*on(_on_from(item.number, earlier)), *day_of_month(item.number, today))
            result[index] = replace(item, kind="day", options=tuple(dict.fromkeys(both)))
    return result


def _month_after(index: int, items: list[Item], text: str) -> date | None:
    end = items[index].end
    for item in items[index + 1 :]:
        if not _CHAIN.match(text[end : item.start]):
            return None
        if item.explicit_month:
            return next((one.date or (one.dates[0] if one.dates else one.date_from) for one in item.options), None)
        if item.kind not in ("weekday", "number"):
            return None
        end = item.end
    return None


def _in_month_of(number: int, other: date) -> date | None:
    month = add_months(other.replace(day=1), -1 if number > other.day else 0)
    return valid(month.year, month.month, number)


def _month_before(index: int, items: list[Item]) -> Item | None:
    """A whole month spoken of shortly before."""
    for item in reversed(items[:index]):
        if item.kind == "day" and item.manner == "period" and len(item.options) == 1:
            first, last = item.options[0].date_from, item.options[0].date_to
            if (
                first
                and last
                and first.month == last.month
                and (last + timedelta(days=1)).day == 1
                and not item.weekday >= 0
            ):
                return item
        if item.kind in ("day", "number"):
            return None
    return None


def _date_before(index: int, items: list[Item]) -> date | None:
    """A full date said earlier in the message: "ho il 14 aprile, si può il 16?" may well stay in April."""
    for item in reversed(items[:index]):
        if item.kind == "day" and item.explicit_month and item.options and item.options[0].date:
            return item.options[0].date
    return None


def _on_from(number: int, earlier: date) -> date | None:
    month = add_months(earlier.replace(day=1), 0 if number > earlier.day else 1)
    return valid(month.year, month.month, number)


def _inside_month(item: Item, month: Item, text: str, today: date) -> Item:
    last = month.options[0].date_to
    options = on(valid(last.year, last.month, item.number)) if last else ()
    if not options:
        return item
    if SENTENCE_END.search(text[month.end : item.start]):
        options = tuple(dict.fromkeys([*options, *day_of_month(item.number, today)]))
    return replace(item, kind="day", options=options, explicit_month=True)


def agree(items: list[Item], text: str, today: date) -> list[Item]:
    """One day of a weekday and its date: "giovedì 12 marzo". When they disagree, every day it may be."""
    result: list[Item] = []
    for item in items:
        joined = _with_previous(result[-1], item, text, today) if result else None
        if joined:
            result[-1] = joined
        else:
            result.append(_hour_of(item, result[-1], text) if result else item)
    return [replace(i, kind="day", options=day_of_month(i.number, today)) if i.kind == "number" else i for i in result]


def _with_previous(previous: Item, item: Item, text: str, today: date) -> Item | None:
    """One piece of a weekday and the date beside it."""
    if previous.kind == "weekday" and _SAME_DAY.match(text[previous.end : item.start]):
        if item.kind == "number":
            return replace(
                item, start=previous.start, kind="day", options=_weekday_and_number(previous, item.number, today)
            )
        if item.explicit_month and item.kind == "day" and item.manner != "period":
            return _weekday_and_date(previous, item, today)
    return _falls_on(previous, item, text) if item.kind == "weekday" else None


def _falls_on(day: Item, weekday: Item, text: str) -> Item | None:
    """ "Il 6 dicembre è domenica": one day, when it is so."""
    if day.kind != "day" or not _FALLS.fullmatch(text[day.end : weekday.start]):
        return None
    right = tuple(one for one in day.options if one.date and one.date.weekday() == weekday.weekday)
    return replace(day, end=weekday.end, options=right) if right else None


def _hour_of(item: Item, day: Item, text: str) -> Item:
    """ "9.10" right after a day can only be its hour."""
    hours = tuple(one for one in item.options if one.has_hour and not one.date)
    if not hours or day.kind != "day" or text[day.end : item.start].strip(" ,"):
        return item
    return replace(item, kind="time", options=hours, explicit_month=False)


def _weekday_and_number(weekday: Item, number: int, today: date) -> tuple[Reading, ...]:
    """The next such number when it falls on that weekday; else what the person may have meant."""
    nearest = day_of_month(number, today)
    right = [one for one in nearest if one.date and one.date.weekday() == weekday.weekday]
    if right:
        return tuple(right)
    following = [add_months(today.replace(day=1), step) for step in (1, 2)]
    later = [valid(first.year, first.month, number) for first in following]
    matching = [day for day in later if day and day.weekday() == weekday.weekday]
    first = after(today, weekday.weekday)
    days = [first, today] if today.weekday() == weekday.weekday else [first]
    hour = (Reading(date=first, time=time(number)),) if 8 <= number <= 18 else ()
    return tuple(dict.fromkeys([*on(*matching[:1]), *nearest, *on(*days), *hour]))


def _weekday_and_date(weekday: Item, item: Item, today: date) -> Item:
    right = tuple(one for one in item.options if one.date and one.date.weekday() == weekday.weekday)
    hours = [one for one in item.options if one.has_hour]
    if right and not hours:
        return replace(item, start=weekday.start, options=right)
    first = after(today, weekday.weekday)
    timed = [replace(one, date=first) for one in hours]
    gone = _was_that_day(item, weekday.weekday, today)
    near = [_nearest(one.date, weekday.weekday) for one in item.options if one.date]
    if hours:
        return replace(item, start=weekday.start, options=(*right, *timed))
    ahead = [day for day in near if day and day >= today]
    return replace(item, start=weekday.start, options=tuple(dict.fromkeys([*gone, *item.options, *on(*ahead, first)])))


def _was_that_day(item: Item, weekday: int, today: date) -> tuple[Reading, ...]:
    """Whether the date fell on that weekday not long ago: "sabato 28 febbraio" said on the second of March."""
    for one in item.options:
        day = one.date and valid(one.date.year - 1, one.date.month, one.date.day)
        if day and day.weekday() == weekday and timedelta() < today - day < timedelta(days=120):
            return (Reading(past=True),)
    return ()


def _nearest(day: date | None, weekday: int) -> date | None:
    if day is None:
        return None
    return min(
        (day + timedelta(days=step) for step in range(-3, 4)),
        key=lambda one: (one.weekday() != weekday, abs(one - day)),
    )

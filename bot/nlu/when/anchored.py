"""Days counted from another: "giovedì prima di Pasqua", "il giorno dopo Ferragosto", "la settimana del 16"."""

import re
from dataclasses import replace
from datetime import date, timedelta

from bot.nlu.when.calendar import after, before, monday
from bot.nlu.when.items import Item, on, span
from bot.nlu.when.lexicon import ANY_NUMBER, ORDINAL, count
from bot.nlu.when.reading import Reading

_ANCHOR = re.compile(
    r"^ (?P<op>dopo|prima di|prima del|prima dell|prima della|successivo a|che precede|che segue|subito dopo)(?: (?:il|la|l|i|le))? $"
)
_BESIDE = re.compile(
    r"\b(?<!un )(?<!qualche )(?:il |al )?giorno (?P<op>prima|dopo|precedente|successivo|seguente)(?: (?:di|del|dell|della|a|al|all|il|la|l|le))* $"
)
_WEEK_OF = re.compile(
    r"\bsettimana (?P<op>dopo|prima|successiva|precedente|che precede|che segue|che inizia|che parte|che va|che comincia|di|del|dell|della|dal|dall|con)"
    r"(?: (?:di|del|dell|della|a|al|all|il|la|l|le|i|dal|dall|da|con|lunedi))* ?$"
)
_COUNTED = re.compile(
    rf"\b(?P<n>{ANY_NUMBER}) (?P<unit>giorni|giorno|settimane|settimana) (?P<op>prima|dopo)(?: (?:di|del|dell|della|il|la|l|le|i))* ?$"
)
_GOES_ON = re.compile(r" (?:al|all|alla|a|fino) ")
_NEXT_DAY = re.compile(
    r"\b(?:il|quello|al) giorno (?:dopo|successivo|seguente)(?= ?(?:[.,;!?]|$|(?:alle|ore|verso|di|in|va|posso|si|mi|no|sono|invece|e|o)\b))(?! (?:di|del|a|al)\b)"
    r"|\b(?P<week>la settimana (?:prima|precedente))(?= ?(?:[.,;!?]|$))"
)


def anchor(items: list[Item], text: str, today: date) -> list[Item]:
    """Days counted from another: "giovedì prima di Pasqua", "il giorno dopo Ferragosto", "la settimana del 16"."""
    result: list[Item] = []
    for item in _day_after(items, text, today):
        since = result[-1].end if result else 0
        day = item.options[0].date if item.kind == "day" and item.options else None
        if day is None:
            result.append(item)
        elif result and result[-1].kind == "weekday" and (match := _ANCHOR.match(text[since : item.start])):
            moved = before if match["op"].startswith(("prima", "che precede")) else after
            weeks = timedelta(weeks=_nth(text[: result[-1].start]) * (-1 if moved is before else 1))
            options = on(*(moved(one.date, result[-1].weekday) + weeks for one in item.options if one.date))
            result[-1] = replace(item, start=result[-1].start, options=options, explicit_month=False)
        else:
            result.append(_beside(item, text[since : item.start], text, today))
    return result


def _day_after(items: list[Item], text: str, today: date) -> list[Item]:
    """ "Non domani ma il giorno dopo", "quand'è Pasqua? la settimana prima": with the days counted from the one just named."""
    result: list[Item] = []
    for index, item in enumerate(items):
        result.append(item)
        gap = text[item.end : items[index + 1].start if index + 1 < len(items) else len(text)]
        said = _NEXT_DAY.search(gap) if item.kind == "day" else None
        if said and all(one.date for one in item.options):
            place = item.end + said.start(), item.end + said.end()
            days = [one.date for one in item.options if one.date]
            if said["week"]:
                weeks = tuple(_from_today(_week(day, step), today) for day in days for step in _steps(-1, day))
                result[-1] = Item(*place, "day", options=weeks, manner="period")
            else:
                result.append(Item(*place, "day", options=on(*(day + timedelta(days=1) for day in days))))
    return result


def _nth(before_weekday: str) -> int:
    """How many weeks more "il secondo giovedì dopo Pasqua" is than the first."""
    said = re.search(r"\b(second|terz|quart)[oa] $", before_weekday)
    return ORDINAL[said[1]] - 1 if said else 0


def _beside(item: Item, gap: str, text: str, today: date) -> Item:
    days = [one.date for one in item.options if one.date]
    if match := _BESIDE.search(gap):
        step = timedelta(days=-1 if match["op"].startswith("pr") else 1)
        return replace(
            item, start=item.start - len(match[0]), options=on(*(day + step for day in days)), explicit_month=False
        )
    if match := _COUNTED.search(gap):
        return _counted(item, match)
    if (match := _WEEK_OF.search(gap)) and not (match["op"].startswith("dal") and _GOES_ON.match(text[item.end :])):
        weeks = {"dopo": 1, "successiva": 1, "che segue": 1, "prima": -1, "precedente": -1, "che precede": -1}.get(
            match["op"], 0
        )
        options = tuple(_from_today(_week(day, step), today) for day in days for step in _steps(weeks, day))
        return replace(item, start=item.start - len(match[0]), options=options, manner="period", explicit_month=False)
    return item


def _steps(weeks: int, day: date) -> tuple[int, ...]:
    """The week before a Sunday is the one it ends, or the one before that."""
    return (0, -1) if weeks == -1 and day.weekday() == 6 else (weeks,)


def _counted(item: Item, match: re.Match[str]) -> Item:
    """ "Due settimane dopo Pasqua": that day, or its week."""
    days = match["unit"].startswith("g")
    step = timedelta(days=count(match["n"]) * (1 if days else 7) * (-1 if match["op"] == "prima" else 1))
    moved = [one.date + step for one in item.options if one.date]
    others = [] if days else [_week(day, 0) for day in moved]
    if match["n"] == "un" and days:  # "un giorno dopo il 29": the day after it, or any
        others = [span(day, None) if match["op"] == "dopo" else span(None, day) for day in moved]
    return replace(item, start=item.start - len(match[0]), options=(*on(*moved), *others), explicit_month=False)


def _from_today(stretch: Reading, today: date) -> Reading:
    first, last = stretch.date_from, stretch.date_to
    return replace(stretch, date_from=today) if first and last and first < today <= last else stretch


def _week(day: date, weeks: int) -> Reading:
    """The week of a day, or the one that follows or precedes it."""
    start = monday(day) + timedelta(weeks=weeks)
    return Reading(date_from=start, date_to=start + timedelta(days=6))

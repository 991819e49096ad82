"""Weekdays find their week: "giovedì della settimana prossima", "un martedì di aprile", "lunedì dopo Pasqua", or none."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.nlu.when.calendar import after, before, monday
from bot.nlu.when.gaps import SENTENCE_END, soft
from bot.nlu.when.items import Item, Manner, on, span
from bot.nlu.when.lexicon import ANY_NUMBER, ORDINAL, WEEKDAYS, count
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
_OR = re.compile(r" ?(?:,|o|e|oppure) ?")
_NEXT_DAY = re.compile(
    r"\b(?:il|quello|al) giorno (?:dopo|successivo|seguente)(?= ?(?:[.,;!?]|$|(?:alle|ore|verso|di|in|va|posso|si|mi|no|sono|invece|e|o)\b))(?! (?:di|del|a|al)\b)"
    r"|\b(?P<week>la settimana (?:prima|precedente))(?= ?(?:[.,;!?]|$))"
)
_EVERY_WEEK = re.compile(r"\b(?:ogni|tutte le) settiman[ae]\b")
_GOES_ON = re.compile(r" (?:al|all|alla|a|fino) ")
_NEGATIVE = re.compile(
    r"\b(?:non|no|tranne|eccetto|escluso|esclusi|salvo|mai|o|oppure|né|ne|senno|altrimenti|invece|meno)\b"
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


def contain(items: list[Item], text: str, now: datetime) -> list[Item]:
    """Puts weekdays in the week or month said beside them, or shortly before."""
    result, used = list(items), set[int]()
    for index, item in enumerate(items):
        if item.kind != "weekday":
            continue
        found = _container_after(items, index, text)
        if found is None:
            found = _container_before(items, index, text)
        if found is not None:
            used.add(found)
            result[index] = _inside(item, items[found], now)
        elif (found := _spoken_of_before(items, index, text)) is not None:
            used.add(found)
            result[index] = _perhaps_inside(item, items[found], text, now)
    return [item for index, item in enumerate(result) if index not in used]


def _container_after(items: list[Item], index: int, text: str) -> int | None:
    for position in range(index + 1, len(items)):
        gap = text[items[position - 1].end : items[position].start]
        if not soft(gap) or (
            re.search(r"\b(?:o|oppure|e) (?:la|nella|in|a|ad)\b", gap) and items[position].manner == "period"
        ):
            return None
        if items[position].manner == "period":
            tied = re.search(r"\b(?:di|del|della|dell|nella|in|a|ad|per|d)\b", gap) or not gap.strip(" ,")
            return position if _is_stretch(items[position]) and tied and not _bounded(gap) else None
        if items[position].kind not in ("weekday", "part", "time"):
            return None
    return None


def _container_before(items: list[Item], index: int, text: str) -> int | None:
    for position in range(index - 1, -1, -1):
        gap = text[items[position].end : items[position + 1].start]
        if not soft(gap) or (items[position].manner == "period" and re.search(r"\b(?:o|oppure|e)\b", gap)):
            return None
        if items[position].manner == "period":
            return position if _is_stretch(items[position]) and not _bounded(text[: items[position].start]) else None
        if items[position].kind not in ("weekday", "part", "time", "asap"):
            return None
    return None


def _spoken_of_before(items: list[Item], index: int, text: str) -> int | None:
    """A week spoken of earlier in the message, when nothing between says otherwise."""
    for position in range(index - 1, -1, -1):
        item = items[position]
        if (
            item.manner == "period"
            and _is_stretch(item)
            and not _NEGATIVE.search(text[item.end : items[_head(items, index, text)].start])
        ):
            first, last = item.options[-1].date_from, item.options[-1].date_to
            return (
                position
                if first and last and (last - first).days <= 6 and not _NEGATIVE.search(text[: item.start])
                else None
            )
        if item.kind in ("day", "past") or items[index].manner:
            return None
    return None


def _head(items: list[Item], index: int, text: str) -> int:
    """The first weekday of a list: "giovedì o venerdì"."""
    while (
        index and items[index - 1].kind == "weekday" and _OR.fullmatch(text[items[index - 1].end : items[index].start])
    ):
        index -= 1
    return index


def _is_stretch(item: Item) -> bool:
    return any(one.date_from is not None and one.date_to is not None for one in item.options)


def _bounded(gap: str) -> bool:
    return (
        re.search(r"\b(?:entro|dopo|prima|fino|dal|dalla|da|non oltre)(?: (?:la|il|di|a|al|della|del))* ?$", gap)
        is not None
    )


def _inside(item: Item, period: Item, now: datetime) -> Item:
    options: list[Reading] = []
    for stretch in period.options:
        first, last = stretch.date_from, stretch.date_to
        if not first or not last:
            continue
        if (last - first).days > 6:
            options.append(replace(stretch, weekdays=(WEEKDAYS[item.weekday],)))
            continue
        day = monday(first) + timedelta(days=item.weekday)
        options.append(Reading(date=day) if day >= now.date() else Reading(past=True))
    return replace(item, kind="day", options=tuple(options), weekday=-1)


def _perhaps_inside(item: Item, period: Item, text: str, now: datetime) -> Item:
    inside = _inside(item, period, now)
    if not SENTENCE_END.search(text[period.end : item.start]):
        return inside
    return replace(inside, options=tuple(dict.fromkeys([*inside.options, *plain(item, now)])))


def plain(item: Item, now: datetime) -> tuple[Reading, ...]:
    """A weekday by itself: the first after today; on that same weekday, today too while offices are open."""
    today = now.date()
    first = after(today, item.weekday)
    if item.manner == "next":
        return on(*dict.fromkeys([first, monday(today) + timedelta(days=item.weekday, weeks=1)]))
    if today.weekday() == item.weekday and now.hour < 18:
        return on(first, today)
    return on(first)


def settle_weekdays(items: list[Item], text: str, now: datetime) -> list[Item]:
    """What is left of weekdays: a habit ("il giovedì") or the next one. In a list the first says it for all."""
    result = list(items)
    for index, item in enumerate(items):
        if item.kind != "weekday":
            continue
        manner = item.manner or _manner_of_list(items, index, text)
        habit = (Reading(weekdays=(WEEKDAYS[item.weekday],)),)
        one = plain(replace(item, manner=manner), now)
        either = manner == "either" or (manner == "" and _EVERY_WEEK.search(text) is not None)
        options = habit if manner == "habit" else (*habit, *one) if either else one
        result[index] = replace(item, kind="day", options=options, manner=manner)
    return result


def _manner_of_list(items: list[Item], index: int, text: str) -> Manner:
    wishes: tuple[tuple[int, Manner], ...] = ((-1, "habit"), (1, "next"))
    for step, wanted in wishes:
        position = index + step
        while 0 <= position < len(items) and items[position].kind == "weekday":
            low, high = sorted((position, position - step))
            gap = text[items[low].end : items[high].start]
            if not soft(gap) or not (gap.strip() and re.search(r"[,]|\b(?:e|o|oppure)\b", gap)):
                break
            if items[position].manner == wanted:
                return wanted
            position += step
    return ""

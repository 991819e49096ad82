"""Weekdays find their week: "giovedì della settimana prossima", "un martedì di aprile", or none."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.nlu.when.calendar import after, monday
from bot.nlu.when.gaps import SENTENCE_END, soft
from bot.nlu.when.items import Item, Manner, on
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.reading import Reading

_NEGATIVE = re.compile(
    r"\b(?:non|no|tranne|eccetto|escluso|esclusi|salvo|mai|o|oppure|né|ne|senno|altrimenti|invece|meno)\b"
)
_OR = re.compile(r" ?(?:,|o|e|oppure) ?")
_EVERY_WEEK = re.compile(r"\b(?:ogni|tutte le) settiman[ae]\b")


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

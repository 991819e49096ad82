"""What a refused stretch takes away: weekdays and parts of day by name, anything else as a reading."""

from bot.nlu.when.items import Item
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.offers import days_of_group, qualify, shared_group
from bot.nlu.when.reading import EMPTY, Reading
from bot.nlu.when.segments import Group, Segment

Exclusion = str | Reading


def exclusions(segment: Segment) -> list[Exclusion]:
    """What a refused stretch takes away: weekdays and parts of day by name, anything else as a reading."""
    groups = [group for group in segment.groups if group.day or group.qualified]
    with_day = [group for group in groups if group.day]
    qualified = [group for group in with_day if group.qualified]
    shared = shared_group(with_day, qualified) if with_day else None
    found: list[Exclusion] = []
    for group in groups:
        found.extend(_exclusion(group, shared if group.day and shared and shared.qualified else group))
    return list(dict.fromkeys(found))


def _any_weekend(day: Item) -> bool:
    """ "Nel weekend no" speaks of all of them, "questo weekend no" of one."""
    first, last = day.options[0].date_from, day.options[0].date_to
    return day.manner == "" and first is not None and last is not None and (first.weekday(), last.weekday()) == (5, 6)


def _exclusion(group: Group, qualifier: Group) -> list[Exclusion]:
    day = group.day
    if day is None:
        if qualifier.part and not qualifier.time:
            part = qualifier.part.options[0].part
            return [part] if part else []
        return list(qualify(EMPTY, qualifier)[:1])
    by_name = day.weekday >= 0 and day.manner in ("", "habit", "either")
    first = Reading(weekdays=(WEEKDAYS[day.weekday],)) if by_name else days_of_group(group)[0]
    if not qualifier.qualified and not first.part:
        names = WEEKDAYS[5:] if _any_weekend(day) else first.weekdays if not (first.date_from or first.date_to) else ()
        return [*names] if names else [first]
    return list(qualify(first, qualifier)[:1])

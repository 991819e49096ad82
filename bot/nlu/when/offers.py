"""The readings of a stretch: days joined in a list, the hour or the part of day that holds for one or for all."""

from dataclasses import replace
from itertools import product

from bot.nlu.when.clock import readings
from bot.nlu.when.merge import distinct, hours_only, overlay, union
from bot.nlu.when.reading import EMPTY, Reading
from bot.nlu.when.segments import Group, Segment


def options_of(segment: Segment) -> tuple[Reading, ...]:
    """The readings of a stretch, likeliest first."""
    groups = [group for group in segment.groups if group.day or group.qualified]
    asap = any(group.asap for group in segment.groups)
    found = _readings(groups) if groups else [EMPTY]
    return distinct(replace(one, asap=True) if asap else one for one in found if one or asap)


def _readings(groups: list[Group]) -> list[Reading]:
    with_day = [group for group in groups if group.day]
    if not with_day:
        return [one for group in groups for one in qualify(EMPTY, group)]
    trailing = groups[groups.index(with_day[-1]) + 1 :]
    leading = groups[: groups.index(with_day[0])]
    qualified = [group for group in with_day if group.qualified]
    shared = shared_group(with_day, qualified)
    if shared is None:
        return [one for group in with_day for day in days_of_group(group) for one in qualify(day, group)]
    qualifiers = [group for group in (*leading, shared, *trailing) if group.qualified]
    days = _together(with_day)
    return [one for day in days for group in qualifiers or [shared] for one in qualify(day, group)]


def shared_group(with_day: list[Group], qualified: list[Group]) -> Group | None:
    """The group whose hour or part of day holds for all days; None when each day has its own."""
    if not qualified:
        return with_day[-1]
    if len(qualified) == len(with_day) > 1 and len({group.said_of_day for group in with_day}) == 1:
        return with_day[-1]
    if len(qualified) == 1 and (qualified[0] is with_day[-1] or qualified[0].first != "day"):
        return qualified[0]
    return None


def days_of_group(group: Group) -> tuple[Reading, ...]:
    """The days of a group, or none said."""
    return group.day.options if group.day else (EMPTY,)


def _together(groups: list[Group]) -> list[Reading]:
    """The days of a list as one reading; several when some day is uncertain; each alone when they cannot be joined."""
    choices = [days_of_group(group) for group in groups]
    sizes = {len(options) for options in choices}
    rows = list(zip(*choices, strict=True)) if len(sizes) == 1 else list(product(*choices))[:8]
    joined = [union(row) for row in rows]
    if any(one is None for one in joined):
        return [one for options in choices for one in options]
    return [one for one in joined if one]


def qualify(day: Reading, group: Group) -> list[Reading]:
    """A day with the hour and the part of day of a group."""
    part = group.part.options[0].part if group.part else day.part
    if group.time is None:
        return [replace(day, part=part)]
    clock = group.time.clock
    times = readings(clock, part or "") if clock else [hours_only(one) for one in group.time.options]
    if part and not any(_fits(one, part) for one in times):
        return [*(overlay(replace(day, part=None), one) for one in times), replace(day, part=part)]
    if day.date_to and not day.date_from:
        times = [Reading(time_to=one.time) if one.time else one for one in times]  # "entro domani alle 12"
    return [replace(overlay(day, one), part=None if one.time else part) for one in times]


# The hours people may mean with a part of the day: wider than when offices keep it.
_WIDE = {"matt": (5, 14), "pran": (11, 15), "pome": (12, 20), "sera": (16, 24)}


def _fits(hours: Reading, part: str) -> bool:
    at = hours.time or hours.time_from or hours.time_to
    low, high = next(limits for key, limits in _WIDE.items() if key in part)
    return at is None or low <= at.hour < high

"""What hours mean: 8-12 morning, 1-6 afternoon, unless the part of day spoken of beside them decides."""

from datetime import time

from bot.nlu.when.items import Clock, Hour
from bot.nlu.when.reading import Reading

_MORNING = ("prima_mattina", "mattina", "tarda_mattina")


def settle(hour: Hour, part: str = "") -> list[time]:
    """The times an hour may be, likeliest first: 8-12 morning, 1-6 afternoon, 7 either, unless the part of day decides."""
    h, m = hour.hour % 24, hour.minute
    if hour.certain or h > 12 or h == 0:
        return [time(h, m)]
    return [time(one % 24, m) for one in _hours(h, part)]


def _hours(h: int, part: str) -> list[int]:
    if part in _MORNING:
        return [h] if h >= 5 else [h + 12, h]
    if part == "notte":
        return [h] if h < 6 else [h + 12]
    if part in ("sera", "tardo_pomeriggio") and 4 <= h < 12:
        return [h + 12]
    if part in ("pomeriggio", "primo_pomeriggio", "pranzo", "tardo_pomeriggio"):
        return [h] if h == 12 else [h + 12] if h <= 7 else [h + 12, h]
    if h == 7:
        return [7, 19]
    return [h] if h >= 8 else [h + 12]


def readings(clock: Clock, part: str = "") -> list[Reading]:
    """What a clock says, given the part of day spoken of beside it."""
    if clock.at and clock.part == "mattina" and clock.at.hour < 5:
        part = "notte"  # "le 2 di mattina" is in the night
    part = part if part == "notte" else clock.part or part
    if clock.at:
        return [Reading(time=at, about=clock.about) for at in settle(clock.at, part)]
    if clock.first and clock.last:
        return [
            Reading(time_from=a, time_to=b, about=clock.about) for a, b in _stretches(clock.first, clock.last, part)
        ]
    if clock.first:
        return [Reading(time_from=at, about=clock.about) for at in settle(clock.first, part)]
    return [Reading(time_to=at, about=clock.about) for at in settle(clock.last, part)] if clock.last else []


def _stretches(first: Hour, last: Hour, part: str) -> list[tuple[time, time]]:
    """From one hour to a later one: "dalle 9 all'una", "dalle 2 alle 8"."""
    usual = [(a, b) for a in settle(first, part) for b in settle(last, part) if a < b]
    if usual:
        return usual
    every = [(a, b) for a in _both(first) for b in _both(last) if a < b]
    return every or [(a, b) for a in settle(first, part) for b in settle(last, part)]


def _both(hour: Hour) -> list[time]:
    if hour.certain or hour.hour > 12:
        return settle(hour)
    return [time(hour.hour % 12, hour.minute), time(hour.hour % 12 + 12, hour.minute)]

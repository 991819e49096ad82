"""Words that point back at a day or an hour said before: "alla stessa ora", "dopo quella data", "mi servirebbe prima"."""

import re
from dataclasses import replace

from bot.nlu.when.bounds import Bound, open_range
from bot.nlu.when.hours import readings
from bot.nlu.when.items import Clock
from bot.nlu.when.reading import Reading
from bot.nlu.when.segments import Segment

_SAME_HOUR = re.compile(
    r"\b(?:stess[oa] (?:ora|orario)|(?:ora|orario) (?:uguale|invariat[oa])|quell ora|sempre a quell ora)\b"
)
_THEN = r"(?: (?:di |a )?(?:quel(?:la)? (?:data|giorno|ora)|quell ora|li|allora))?"
# "Mi scade il 20, vorrei venire prima": nothing follows "prima" that it could belong to.
_BEFORE_IT = re.compile(rf"\b(?P<op>prima|dopo){_THEN} ?(?:$|[.;!?,])")


def same_hour(options: tuple[Reading, ...], stretches: list[Segment], text: str) -> tuple[Reading, ...]:
    """Gives the days wanted the one hour said of another day."""
    if not _SAME_HOUR.search(text) or any(one.has_hour or not one.has_day for one in options):
        return options
    clocks = [group.time.clock for segment in stretches for group in segment.groups if group.day and group.time]
    said = {one for clock in clocks if clock and clock.at for one in readings(clock)}
    if len(said) != 1:
        return options
    return tuple(replace(one, time=next(iter(said)).time) for one in options)


def limit(segment: Segment, text: str) -> bool:
    """Makes of a day or an hour the limit it is: before or after it. False when nothing points back at it."""
    said = _BEFORE_IT.search(text, segment.end)
    if not said:
        return False
    kind: Bound = "before" if said["op"] == "prima" else "after"
    for group in segment.groups:
        if group.day:
            opened = tuple(one for day in group.day.options for one in open_range(day, kind))
            group.day = replace(group.day, options=opened)
        elif group.time and group.time.clock and group.time.clock.at:
            at = group.time.clock.at
            clock = Clock(last=at) if kind == "before" else Clock(first=at)
            group.time = replace(group.time, clock=replace(clock, part=group.time.clock.part))
    return True

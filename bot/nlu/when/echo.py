"""Words that point back at a day or an hour said before: "alla stessa ora", "dopo quella data", "mi servirebbe prima"."""

import re
from dataclasses import replace

from bot.nlu.when.bounds import Bound, open_range
from bot.nlu.when.clock import readings
from bot.nlu.when.items import Clock
from bot.nlu.when.life import TOLD, WISH, clause_around
from bot.nlu.when.polarity import Sign
from bot.nlu.when.reading import Reading
from bot.nlu.when.segments import Segment

_SAME_HOUR = re.compile(
    r"\b(?:stess[oa] (?:ora|orario)|(?:ora|orario) (?:uguale|invariat[oa])|quell ora|sempre a quell ora)\b"
)
_THAT = r"(?:quella data|quel giorno|quell ora|quel momento|allora|li)"
_CANNOT = r"(?:non (?:posso|riesco|ce la|arrivo|ci|sono|vengo|potrei)|no\b|impossibile)"
_NOTHING_MORE = r"(?= ?(?:$|[.;!?,]))"
# "Mi scade il 20, vorrei venire prima": nothing follows "prima" that it could belong to. "Prima non riesco" turns it round.
_BEFORE_IT = re.compile(
    rf"\b(?P<op>prima|dopo|poi)(?: (?:di )?{_THAT})? (?P<no>{_CANNOT})|\b(?P<since>da {_THAT})(?:{_NOTHING_MORE}| (?:in (?:poi|avanti)|posso|sono liber))"
    rf"|\b(?P<side>prima|dopo)(?:{_NOTHING_MORE}| (?:di )?(?!li){_THAT}\b| (?:di |a )?li{_NOTHING_MORE}|(?<=dopo) (?=(?:vorrei|posso|potrei|vengo|verrei|sono liber)))"
)
_BEFORE_WHICH = re.compile(
    r"\b(?P<op>prima (?:che|di)|dopo (?:che|di|aver)) (?:\w+ ){1,6}$|\b(?P<event>dopo|prima del|prima della|prima dell) (?:(?:il|la|l|lo) )?(?:\w+ )$"
)
_THOSE_DAYS = re.compile(
    r"\b(?:quel|quei|quella|quelle) (?:\w+ )?(?:giorn\w+|mattin\w+|pomerigg\w+|settiman\w|dat[ae]|momento|period\w)\b|\b(?:una?|qualche) (?:\w+ ){0,2}di quell[ei]\b"
)


def same_hour(options: tuple[Reading, ...], stretches: list[Segment], text: str) -> tuple[Reading, ...]:
    """Gives the days wanted the one hour said of another day."""
    if not _SAME_HOUR.search(text) or any(one.has_hour or not one.has_day for one in options):
        return options
    clocks = [group.time.clock for segment in stretches for group in segment.groups if group.day and group.time]
    said = {one for clock in clocks if clock and clock.at for one in readings(clock)}
    if len(said) != 1:
        return options
    return tuple(replace(one, time=next(iter(said)).time) for one in options)


def pointed_back(stretches: list[Segment], marks: list[Sign], text: str) -> list[Sign]:
    """The signs, once days and hours named in passing have become the limits or the days that later words make of them."""
    result = list(marks)
    for index, (segment, sign) in enumerate(zip(stretches, marks, strict=True)):
        before = text[stretches[index - 1].end if index else 0 : segment.start]
        which = _BEFORE_WHICH.search(before) if not segment.has_day and sign in ("wanted", "life", "aside") else None
        if which and not WISH.search(which[0]):
            _open(segment, "until" if which[0].startswith("prima") else "from")
            result[index] = "wanted"
        elif (sign in ("aside", "life") or _elsewhere(sign, segment, text)) and (
            said := _BEFORE_IT.search(text, segment.end)
        ):
            _open(segment, _side(said))
            result[index] = "wanted"
        elif sign in ("life", "refused", "aside") and segment.has_day and _wished_then(text, segment.end):
            result[index] = "wanted"
    return result


def _elsewhere(sign: Sign, segment: Segment, text: str) -> bool:
    """ "Ho l'appuntamento col medico alle 9": an appointment, yet none of ours."""
    return sign == "source" and TOLD.search(text[: segment.start]) is not None


def _side(said: re.Match[str]) -> Bound:
    if said["no"]:
        return "from" if said["op"] == "prima" else "until"
    if said["since"]:
        return "from"
    return "before" if said["side"] == "prima" else "after"


def _wished_then(text: str, start: int) -> bool:
    """ "In quei giorni vengo": the days named before are those wanted."""
    said = _THOSE_DAYS.search(text, start)
    return said is not None and WISH.search(clause_around(text, said.start())) is not None


def _first_of(one: Reading) -> Reading:
    """The day a stretch without end begins on."""
    return Reading(date=one.date_from) if one.date_from and not one.date_to else one


def _open(segment: Segment, kind: Bound) -> None:
    """Makes of each day, or of the hour, the limit it is."""
    for group in segment.groups:
        if group.day and not group.time:
            opened = tuple(one for day in group.day.options for one in open_range(_first_of(day), kind))
            group.day = replace(group.day, options=opened or group.day.options)
        elif group.time and group.time.clock and (group.time.clock.at or group.time.clock.last):
            at, part = group.time.clock.at or group.time.clock.last, group.time.clock.part
            clock = Clock(last=at, part=part) if kind in ("before", "until") else Clock(first=at, part=part)
            group.time = replace(group.time, clock=clock)

"""The doors of the package: a whole message, or the pieces found in it."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Literal

from bot.nlu.when.calendar import ROME
from bot.nlu.when.clock import readings
from bot.nlu.when.grammar import compose, understand
from bot.nlu.when.items import Item
from bot.nlu.when.reading import Reading
from bot.nlu.when.result import When
from bot.nlu.when.scan import scan
from bot.nlu.when.segments import Group, segments

Piece = Literal["date", "time", "part_of_day"]
Span = tuple[Piece, str, int, int]


def read_when(text: str, *, now: datetime) -> When:
    """What the message says about when. `now` is aware, or local time in Italy."""
    local = _local(now)
    return When(understand(scan(text, local)), local)


def spans(text: str, now: datetime) -> list[Span]:
    """The days, hours and parts of day named in a message, wanted or not, with their place in it.

    Values are ISO: "2026-03-12", "2026-03-09/2026-03-15" (an open end is empty), "15:00", "10:00/12:00", a weekday or a part by name.
    What can be read in two ways comes twice with the same place.
    """
    local = _local(now)
    found = scan(text, local)
    pieces: list[Span] = []
    for segment in segments(compose(found.items, found.text, local), found.text):
        for group in segment.groups:
            for kind, value, item in _pieces(group):
                pieces.append((kind, value, *found.normal.original(item.start, item.end)))
    return sorted(dict.fromkeys(pieces), key=lambda piece: piece[2])


def _local(now: datetime) -> datetime:
    """Wall clock time in Italy, without zone."""
    return now.astimezone(ROME).replace(tzinfo=None) if now.tzinfo else now


def _pieces(group: Group) -> Iterator[tuple[Piece, str, Item]]:
    part = group.part.options[0].part if group.part else None
    if group.day:
        for one in group.day.options:
            yield from (("date", value, group.day) for value in _dates(one))
            part = part or one.part
            if one.part:
                yield "part_of_day", one.part, group.day
    if group.time:
        clock = group.time.clock
        for one in readings(clock, part or "") if clock else group.time.options:
            yield "time", _hours(one), group.time
    if group.part and group.part.options[0].part:
        yield "part_of_day", group.part.options[0].part, group.part


def _dates(one: Reading) -> list[str]:
    if one.date or one.dates:
        return [day.isoformat() for day in ((one.date,) if one.date else one.dates)]
    if one.date_from or one.date_to:
        return ["/".join(day.isoformat() if day else "" for day in (one.date_from, one.date_to))]
    return list(one.weekdays)


def _hours(one: Reading) -> str:
    def written(at: time | None) -> str:
        return at.strftime("%H:%M") if at else ""

    return written(one.time) if one.time else f"{written(one.time_from)}/{written(one.time_to)}"

"""Pieces that stand together become one thing said: "martedì o giovedì dopo le 15", "lunedì mattina o giovedì pomeriggio"."""

import re
from dataclasses import dataclass, field, replace

from bot.nlu.when.gaps import CORRECTION, accepted_alone, has_comma, link, parts_days
from bot.nlu.when.items import Item
from bot.nlu.when.life import TOLD, TOLD_AFTER, WISH, clause_after, fills
from bot.nlu.when.merge import distinct
from bot.nlu.when.reading import Reading
from bot.nlu.when.tenses import GONE
from bot.nlu.when.verbs import ASIDE, ASKS, AT_WEEKEND, BUSY_AT, CLOSED, EXCLUDED, FREE_FROM, INSTEAD, STATED, TOO


@dataclass
class Group:
    """A day, an hour, a part of day said of one another; any may be missing."""

    day: Item | None = None
    time: Item | None = None
    part: Item | None = None
    asap: bool = False
    first: str = ""

    @property
    def qualified(self) -> bool:
        """Whether an hour or a part of day is said."""
        return self.time is not None or self.part is not None

    @property
    def kinds(self) -> set[str]:
        """What is said: a day, a time, a part."""
        return {name for name in ("day", "time", "part") if getattr(self, name)}

    @property
    def said_of_day(self) -> tuple[Reading, ...] | int:
        """The part of day, to tell whether two groups have the same; unlike any other when there is an hour."""
        return self.part.options if self.part and not self.time else id(self)


@dataclass
class Segment:
    """Groups said in one breath, and where."""

    start: int
    end: int
    groups: list[Group] = field(default_factory=list)
    past: bool = False
    # Something else fills the hour said of a day: "venerdì ho una visita alle 9".
    busy: bool = False
    before: str = ""

    @property
    def has_day(self) -> bool:
        """Whether a day is said."""
        return any(group.day for group in self.groups)

    @property
    def days(self) -> list[Reading]:
        """Every day said, each as it may be."""
        return [one for group in self.groups if group.day for one in group.day.options]

    @property
    def stretch(self) -> bool:
        """Whether it is nothing but from one hour to another."""
        clocks = [group.time.clock for group in self.groups if group.time]
        return not self.has_day and any(clock is not None and clock.first and clock.last for clock in clocks)

    @property
    def only_from(self) -> bool:
        """Whether it is nothing but an hour from which on."""
        clocks = [group.time.clock for group in self.groups if group.time]
        return (
            not self.has_day
            and all(clock is not None and bool(clock.first) and not clock.last for clock in clocks)
            and bool(clocks)
        )


def segments(items: list[Item], text: str) -> list[Segment]:
    """The message in the stretches its words tie together."""
    found: list[Segment] = []
    for item in items:
        gap = text[found[-1].end : item.start] if found else ""
        tie = link(gap) if found and not CORRECTION.search(gap) else "break"
        if tie == "break" and found and _AS_WELL.fullmatch(gap) and _BOTH.search(text[: found[-1].start]):
            tie = "list"
        if tie != "break" and (TOO.match(gap) or _apart(item, found[-1], gap, text)):
            tie = "break"
        if (
            tie == "break"
            and found
            and found[-1].has_day
            and item.kind in ("time", "part")
            and (BUSY_AT.fullmatch(gap) or fills(gap))
        ):
            found[-1].busy, tie = True, "near"
        if tie == "break":
            found.append(
                Segment(item.start, item.end, [Group()], before=text[found[-1].end if found else 0 : item.start])
            )
        segment = found[-1]
        _place(segment, item, new=tie == "list", comma=has_comma(gap))
        segment.end = item.end
    return found


# "Sia il 17 che il 18".
_BOTH = re.compile(r"\bsia (?:\w+ ){0,2}$")
_AS_WELL = re.compile(r" (?:che|sia) (?:(?:il|lo|la|l|di|del|nel|al|per|a) )*")


def _apart(item: Item, segment: Segment, gap: str, text: str) -> bool:
    """Whether a piece begins something new although no word parts it from what stands before."""
    if item.kind == "past":
        return segment.has_day
    if text.startswith("non ", item.start):
        return True  # "non di martedì e non dopo le 16"
    if INSTEAD.search(segment.before):
        return item.kind in {kind for group in segment.groups for kind in group.kinds}
    return _told_apart(item, segment, gap, text) or (item.kind == "day" and _day_apart(item, segment, gap, text))


def _told_apart(item: Item, segment: Segment, gap: str, text: str) -> bool:
    """ "Ho l'esame la mattina, nel pomeriggio posso", "ho trovato chiuso venerdì, oggi siete aperti?": two clauses."""
    if segment.busy and has_comma(gap):
        return True
    if not _ends_sentence(gap) or not (WISH.search(gap) or WISH.search(clause_after(text[item.end :]))):
        return False
    return any(told.search(segment.before) for told in (GONE, FREE_FROM, ASIDE, TOLD))


def _day_apart(item: Item, segment: Segment, gap: str, text: str) -> bool:
    if STATED.search(segment.before) and ASKS.match(text[item.end :]):
        return True
    if (
        segment.past
        or CLOSED.match(text[item.end :])
        or (has_comma(gap) and EXCLUDED.match(text[item.end :]))
        or AT_WEEKEND.search(text[segment.start : segment.end])
    ):
        return True
    opened = any(bool(one.date_from) != bool(one.date_to) for one in (*segment.days, *item.options))
    tail = clause_after(text[item.end :])
    if has_comma(gap) and WISH.search(segment.before) and TOLD_AFTER.match(tail) and not WISH.search(tail):
        return True  # "preferisco martedì, mercoledì ho la mensa"
    if segment.has_day and accepted_alone(gap, segment.before, text[item.end :]):
        return True
    return segment.has_day and parts_days(gap, segment.before, opened=opened)


def _ends_sentence(gap: str) -> bool:
    return has_comma(gap) or re.search(r"[.;]", gap) is not None


def _place(segment: Segment, item: Item, *, new: bool, comma: bool) -> None:
    if item.kind == "past":
        segment.past = True
        return
    group = segment.groups[-1]
    if item.kind == "asap":
        group.asap = True
        return
    name = "day" if item.kind in ("day", "weekday", "number") else item.kind
    held: Item | None = getattr(group, name)
    if held is not None and name == "day" and not new and (same := _same_day(held, item, comma=comma)):
        group.day = same
        return
    if held is not None and (both := _two_ends(held, item)):
        group.time = both
        return
    if held is not None or (new and (group.day or group.qualified)):
        group = Group()
        segment.groups.append(group)
    setattr(group, name, item)
    group.first = group.first or name


def _two_ends(held: Item, item: Item) -> Item | None:
    """ "Dopo le 5 e prima delle 7": from one to the other."""
    one, other = held.clock, item.clock
    if not one or not other or one.at or other.at or bool(one.first) == bool(other.first):
        return None
    clock = replace(one, first=one.first or other.first, last=one.last or other.last, part=one.part or other.part)
    return (
        None if (one.first and one.last) or (other.first and other.last) else replace(held, clock=clock, end=item.end)
    )


def _same_day(held: Item, item: Item, *, comma: bool) -> Item | None:
    """A day said twice ("domani giovedì 6"): where both agree, or either when they do not. None for a list of days."""
    if not all(one.date for one in (*held.options, *item.options)):
        return None
    days = {other.date for other in item.options}
    common = tuple(one for one in held.options if one.date in days)
    if common and any(one.has_hour for one in item.options):
        common = item.options
    if common:
        return replace(held, options=common, weekday=-1)
    if comma or (held.weekday >= 0) == (item.weekday >= 0):
        return None
    return replace(held, options=distinct([*held.options, *item.options]), weekday=-1)

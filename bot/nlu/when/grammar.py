"""From the pieces of a message to its readings: lists, corrections, refusals, what holds in the end."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.nlu.when.anchored import anchor
from bot.nlu.when.bounds import bounds, negated, ranges
from bot.nlu.when.calendar import after
from bot.nlu.when.dated import adopt_months, agree, number_lists
from bot.nlu.when.echo import pointed_back, same_hour
from bot.nlu.when.excluded import Exclusion, exclusions
from bot.nlu.when.finish import finish
from bot.nlu.when.gaps import CORRECTION
from bot.nlu.when.items import Item
from bot.nlu.when.lexicon import WEEKDAYS
from bot.nlu.when.merge import correct, dated, days_only, distinct, meet_days, meet_hours, merge, union
from bot.nlu.when.offers import options_of
from bot.nlu.when.polarity import Sign, signs
from bot.nlu.when.reading import EMPTY, PARTS, Reading
from bot.nlu.when.scan import Scan
from bot.nlu.when.segments import Segment, segments
from bot.nlu.when.within import contain, settle_weekdays

_EITHER = re.compile(
    r"\b(?:o|oppure|altrimenti|senno|se no|alternativa|anche|sia|piuttosto|in caso|al limite|se non (?:e|è|va|si puo|potete|c e)|mal che vada)\b"
)

_OR = re.compile(r"\b(?:o|oppure)\b")


@dataclass
class Said:
    """What the message adds up to while it is read."""

    options: tuple[Reading, ...] = (EMPTY,)
    excluded: tuple[Exclusion, ...] = ()
    # Days refused only in part: "domani mattina no, nel pomeriggio" still speaks of tomorrow.
    refused_on: tuple[Reading, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything wanted has been said."""
        return any(self.options)


def compose(items: list[Item], text: str, now: datetime) -> list[Item]:
    """The pieces with their months, weeks and ranges found."""
    today = now.date()
    items = number_lists(items, text)
    items = adopt_months(items, text, today)
    items = agree(items, text, today)
    items = anchor(items, text, today)
    items = contain(items, text, now)
    items = ranges(items, text, now)
    items = bounds(items, text, now)
    return settle_weekdays(items, text, now)


def understand(found: Scan) -> tuple[Reading, ...]:
    """The readings of a message, likeliest first; empty when nothing is said about when."""
    items = compose(found.items, found.text, found.now)
    stretches = segments(items, found.text)
    if not stretches:
        return ()
    marks = signs(stretches, found.text, found.now.date())
    said = Said()
    marks = pointed_back(stretches, marks, found.text)
    counted = _counted(stretches, marks)
    for index, (segment, sign) in enumerate(zip(stretches, counted, strict=True)):
        gap = found.text[stretches[index - 1].end if index else 0 : segment.start]
        replaced = index > 0 and marks[index - 1] == "source" and not segment.has_day
        _hear(said, segment, sign, corrects=replaced or CORRECTION.search(gap) is not None, gap=gap)
    for segment, sign in zip(stretches, counted, strict=True):
        if sign in ("free_from", "busy_from"):
            _hear_work(said, segment, sign)
    return finish(same_hour(_outcome(said, marks), stretches, found.text), found.now)


def _counted(stretches: list[Segment], marks: list[Sign]) -> list[Sign]:
    """Days named in passing count when nothing else is wanted; those of an appointment when no other day is."""
    wanted = [
        segment for segment, sign in zip(stretches, marks, strict=True) if sign in ("wanted", "free_from", "busy_from")
    ]
    other_day = any(segment.has_day for segment in wanted)
    other_hour = any(group.time for segment in wanted for group in segment.groups)
    other_part = other_hour or any(group.part for segment in wanted for group in segment.groups)
    wanted_days = {one for segment in wanted for one in segment.days}
    only_aside = all(sign in ("aside", "past") for sign in marks)
    counted: list[Sign] = []
    for segment, sign in zip(stretches, marks, strict=True):
        other = other_day if segment.has_day else other_hour
        passing = (sign == "aside" and not only_aside) or (sign == "source" and other)
        if sign == "life":
            named_again = bool(wanted_days.intersection(segment.days)) if segment.has_day else other_part
            counted.append("past" if named_again else "life")
            continue
        counted.append("past" if passing else "wanted" if sign in ("aside", "source") else sign)
    return counted


def _hear(said: Said, segment: Segment, sign: Sign, *, corrects: bool, gap: str) -> None:
    if sign in ("past", "free_from", "busy_from"):
        return
    if sign in ("refused", "life"):
        _refuse(said, segment)
        return
    new = options_of(segment)
    if sign == "perhaps_past":
        new = (*new, Reading(past=True))
    if not new:
        return
    new = _after_refused(new, segment, said)
    if not segment.has_day and not said.anything:
        other = [(day, only) for day in said.refused_on for only in new if not only.part or day.part != only.part]
        new = distinct([*(one for day, only in other for one in merge(days_only(day), only)), *new])
    if not said.anything:
        said.options = new
    elif corrects:
        said.options = distinct(correct(old, one) for one in new for old in said.options)
        said.excluded = ()
    else:
        said.options = _add(said.options, new, gap)


def _hear_work(said: Said, segment: Segment, sign: Sign) -> None:
    """Hours of work bound what is wanted, unless an hour of its own is said that they do not leave."""
    new = tuple(_around_work(one, sign) for one in options_of(segment))
    met = [merge(one, hours) for one in said.options for hours in new]
    if new and all(len(outcome) == 1 for outcome in met):
        said.options = distinct(one for outcome in met for one in outcome)


def _after_refused(new: tuple[Reading, ...], segment: Segment, said: Said) -> tuple[Reading, ...]:
    """ "Lunedì prossimo no, mercoledì sì": the Wednesday after it, or the coming one."""
    refused = [item.date for item in said.excluded if isinstance(item, Reading) and item.date]
    bare = [
        group.day.weekday for group in segment.groups if group.day and group.day.weekday >= 0 and not group.day.manner
    ]
    if not refused or len(bare) != 1 or len(segment.groups) != 1:
        return new
    later = [replace(one, date=after(max(refused), bare[0])) for one in new if one.date and one.date < max(refused)]
    return distinct([*later, *new])


def _around_work(one: Reading, sign: Sign) -> Reading:
    """ "Esco alle 17" leaves the hours after; "attacco alle 14" those before."""
    if one.time is None:
        return one
    return Reading(time_from=one.time) if sign == "free_from" else Reading(time_to=one.time)


def _add(old: tuple[Reading, ...], new: tuple[Reading, ...], gap: str) -> tuple[Reading, ...]:
    alike = all(one.has_day for one in (*old, *new)) or not any(one.has_day for one in (*old, *new))
    if _EITHER.search(gap) and alike:
        joined = [union((a, b)) for a in old for b in new]
        if all(joined):
            return distinct(one for one in joined if one)
        if _OR.search(gap) or all(dated(one) for one in (*old, *new)):
            return distinct([*old, *new])
    met = [merge(a, b) for a in old for b in new]
    agreed = [one for outcome in met if len(outcome) == 1 for one in outcome]
    if agreed:
        return distinct(agreed)
    return distinct([*old, *new])


def _refuse(said: Said, segment: Segment) -> None:
    turned = [negated(one) for one in options_of(segment)]
    if turned and all(turned):
        opened = tuple(one for one in turned if one)
        said.options = opened if not said.anything else _add(said.options, opened, "")
        return
    said.excluded = (*said.excluded, *exclusions(segment))
    said.refused_on = tuple(one for one in options_of(segment) if one.has_day and (one.part or one.has_hour))


def _outcome(said: Said, marks: list[Sign]) -> tuple[Reading, ...]:
    if not said.anything and not said.excluded:
        gone = any(sign in ("past", "perhaps_past") for sign in marks)
        return (Reading(past=True),) if gone else ()
    left = [one for one in said.options if days_only(one) not in said.excluded]
    return distinct(_without(one, said.excluded) for one in left or said.options)


def _without(one: Reading, excluded: tuple[Exclusion, ...]) -> Reading:
    """The reading less what is refused; refusals that no longer matter are forgotten."""
    days = dated(one)
    if days:
        kept = [day for day in days if not any(_refuses_day(item, day) for item in excluded)]
        if kept and len(kept) < len(days):
            one = replace(one, date=kept[0] if len(kept) == 1 else None, dates=tuple(kept) if len(kept) > 1 else ())
    left = [item for item in excluded if _matters(item, one)]
    return replace(one, excludes=tuple(dict.fromkeys(left)))


def _refuses_day(item: Exclusion, day: date) -> bool:
    if isinstance(item, str):
        return item == WEEKDAYS[day.weekday()]
    if item.has_hour or item.part:
        return False
    return item.date == day or day in item.dates or WEEKDAYS[day.weekday()] in item.weekdays or _within(item, day)


def _within(item: Reading, day: date) -> bool:
    if item.date_from is None and item.date_to is None:
        return False
    return (item.date_from is None or item.date_from <= day) and (item.date_to is None or day <= item.date_to)


def _matters(item: Exclusion, one: Reading) -> bool:
    """Whether a refusal still says something beside what is wanted."""
    refused = _as_reading(item)
    if one.weekdays and refused.weekdays and not set(refused.weekdays) & set(one.weekdays):
        return False
    if refused.has_day and meet_days(one, replace(refused, weekdays=())) is None:
        return False
    if not refused.has_hour and not refused.part:
        return not dated(one)
    if (
        one.time
        or (one.part and (one.part != refused.part or dated(one)))
        or meet_hours(one, _hours_refused(refused)) is None
    ):
        return False
    day = replace(refused, time=None, time_from=None, time_to=None, part=None)
    return not refused.has_day or not dated(one) or any(_refuses_day(day, wanted) for wanted in dated(one))


def _as_reading(item: Exclusion) -> Reading:
    if isinstance(item, Reading):
        return item
    part = next((part for part in PARTS if part == item), None)
    return Reading(part=part) if part else Reading(weekdays=(item,))


def _hours_refused(refused: Reading) -> Reading:
    if refused.has_hour or not refused.part:
        return refused
    first, last = PARTS[refused.part]
    return Reading(time_from=first, time_to=last)

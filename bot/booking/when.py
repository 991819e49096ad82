"""Days and hours heard in the talk: merged with what was said before, or asked about when doubtful."""

import re
from dataclasses import replace
from datetime import date, timedelta

from bot.booking import cues
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.state import State, slot_from_json
from bot.booking.wish import WEEKDAYS, bounds_of, fits, limits_day, merged, reading_from_json
from bot.clock import ROME
from bot.nlu.assent import plain_words
from bot.nlu.when import Reading

STEPS = (None, "service", "where", "mode", "when", "slot", "confirm", "change", "widen", "waiting", "which", "code")
_ANSWERED_SEALED = ("name", "contact", "codice_fiscale", "consent")
_WEEKDAY = re.compile(r"\b(?:luned|marted|mercoled|gioved|venerd|sabat|domenic)\w*\b")
_ITS_OWN_DAY = re.compile(
    r"\d|\b(?:prossim\w+|scors\w+|quest[oa]|settiman\w+|mese|otto|dopo|oggi|domani|dopodomani|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|"
    r"settembre|ottobre|novembre|dicembre|tutti|ogni|o|oppure|prima|entro)\b"
)


def hear_when(state: State, heard: Heard) -> bool:
    """Take the day or hour of a message into the wish; whether there was any."""
    if heard.when.none and state.step in (None, "when", "slot", "widen") and cues.asks_first(heard.text):
        return _wish(state, [Reading(asap=True)])
    if heard.when.none or not _may_be_about_when(state, heard):
        return False
    readings = [_in_context(state, heard.text, one) for one in heard.when.readings]
    readings = list(dict.fromkeys(readings))
    if state.readings and len(readings) == 1:
        # An answer to "which of the two?": the one it fits, else a new wish.
        fitting = [one for one in state.readings if _agrees(readings[0].as_json(), one)]
        if len(fitting) == 1:
            readings = [reading_from_json(fitting[0])]
    return _wish(state, readings)


def _wish(state: State, readings: list[Reading]) -> bool:
    old = _so_far(state)
    if len(readings) > 1:
        state.readings = [merged(old, one).as_json() for one in readings]
    else:
        state.readings = []
        state.wish = merged(old, readings[0]).as_json()
    state.drop_slot()
    return True


def _so_far(state: State) -> Reading | None:
    """The wish until now; once a place was taken, its day: "meglio il pomeriggio" is the afternoon of that day."""
    wish = reading_from_json(state.wish) if state.wish else None
    if state.slot is None:
        return wish
    starts = slot_from_json(state.slot).starts.astimezone(ROME)
    if wish is None or not fits(wish, starts):
        return Reading(date=starts.date())
    return replace(wish, date=starts.date(), date_from=None, date_to=None, dates=(), weekdays=(), asap=False)


def _may_be_about_when(state: State, heard: Heard) -> bool:
    if state.step in STEPS or cues.corrects(heard.text):
        return True
    # What was asked is kept sealed: had it been given, the words would not be here.
    return state.step in _ANSWERED_SEALED and not cues.is_question(heard.text)


def weekday_alone(text: str) -> int | None:
    """The weekday a message names with nothing that says which week: "quella di giovedì", "meglio venerdì"."""
    plain = plain_words(text)
    named = _WEEKDAY.findall(plain)
    if len(named) != 1 or _ITS_OWN_DAY.search(plain):
        return None
    return next(index for index, name in enumerate(WEEKDAYS) if plain_words(name)[:5] == named[0][:5])


def _in_context(state: State, text: str, reading: Reading) -> Reading:
    """What the talk so far says about words that leave something out.

    "giovedì", while a week is being looked at, is the Thursday of that week; "no il 12", when the 12th was not on the
    table, is a wish and no refusal.
    """
    refused = [one for one in reading.excludes if isinstance(one, Reading) and one.date]
    if len(refused) == 1 and reading == Reading(excludes=reading.excludes) and plain_words(text).startswith("no "):
        day = refused[0].date
        if day not in _on_the_table(state):
            return replace(reading, date=day, excludes=())
    weekday = weekday_alone(text)
    looked_at = [*state.readings, *([state.wish] if state.wish else [])]
    if weekday is None or reading.date is None:
        return reading
    for wish in map(reading_from_json, looked_at):
        if wish.date_from and wish.date_to and not wish.date_from <= reading.date <= wish.date_to:
            first = wish.date_from + timedelta(days=(weekday - wish.date_from.weekday()) % 7)
            if first <= wish.date_to < first + timedelta(days=7):
                return replace(reading, date=first)
    return reading


def _on_the_table(state: State) -> set[date]:
    slots = [*state.offers, *([state.slot] if state.slot else [])]
    days = {slot_from_json(one).starts.astimezone(ROME).date() for one in slots}
    if state.wish:
        days.update(bounds_of(reading_from_json(state.wish)).days)
    return days


def settle_doubt(desk: Desk, state: State) -> None:
    """Of the days a doubtful word may mean, keep those that can be booked at all; when one is left, it is meant.

    "lunedì" said on a Monday too late for today is next week's. Words that contradict themselves are asked about always.
    """
    readings = [reading_from_json(one) for one in state.readings]
    if not readings or state.service is None or state.service not in desk.services:
        return
    days = [one.date for one in readings if one.date]
    contradicts = len({day.weekday() for day in days}) > 1 and len({day.day for day in days}) > 1
    service = desk.services[state.service]
    first, last = (desk.now + service.min_notice).date(), (desk.now + service.max_ahead).date()
    possible = [one for one in readings if not one.past and _within(one, first, last)]
    if contradicts or len(possible) > 1:
        state.readings = [one.as_json() for one in (readings if contradicts else possible)]
        return
    state.wish, state.readings = (possible or readings)[0].as_json(), []


def _within(reading: Reading, first: date, last: date) -> bool:
    bounds = bounds_of(reading)
    if bounds.days:
        return any(first <= day <= last for day in bounds.days)
    return (bounds.first_day is None or bounds.first_day <= last) and (
        bounds.last_day is None or bounds.last_day >= first
    )


def _agrees(said: dict[str, object], option: dict[str, object]) -> bool:
    if "part" in said and "time" in option:
        morning = str(option["time"]) < "13:00"
        return morning == ("mattina" in str(said["part"]))
    return all(option.get(name) == value for name, value in said.items())


def choose_reading(state: State, index: str) -> bool:
    """The reading picked with a button or by its order."""
    if not index.isdigit() or int(index) >= len(state.readings):
        return False
    state.wish, state.readings = state.readings[int(index)], []
    state.drop_slot()
    return True


def has_day(state: State) -> bool:
    """Whether a day was said."""
    return state.wish is not None and limits_day(reading_from_json(state.wish))

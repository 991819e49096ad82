"""Which of the proposals was meant, or which others are wanted."""

from dataclasses import replace

from bot.agenda.slot_values import slot_of
from bot.answers import appointments as words
from bot.booking import cues, questions
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.outcome import Turn, going_on
from bot.booking.state import State, slot_as_json, slot_from_json
from bot.booking.when import choose_reading, weekday_alone
from bot.booking.wish import fits
from bot.clock import ROME
from bot.nlu.assent import says_no, says_yes


def hear_reading(state: State, heard: Heard) -> bool:
    """The first or the second of "vuoi dire ... oppure ...?"."""
    if not state.readings or state.step != "when" or any(letter.isdigit() for letter in heard.text):
        return False
    index = cues.ordinal_of(heard.text, len(state.readings))
    return index is not None and choose_reading(state, str(index))


def hear_slot(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    """One of the proposals, named by order, hour or day; or none of them."""
    if state.step != "slot" or not state.offers:
        return False
    text = heard.text
    if cues.wants_to_wait(text):
        state.waiting = True
        state.drop_slot()
        return True
    if cues.wants_sooner(text):
        _show_sooner(state)
        return True
    fitting = [] if cues.wants_others(text) else _named_offers(state, heard)
    if len(fitting) == 1:
        return take_offer(state, str(fitting[0]))
    # "il 2" is a day unless nothing can be one; "il primo" among proposals is the first of them.
    index = cues.ordinal_of(text, len(state.offers))
    if index is not None and (heard.when.none or not any(letter.isdigit() for letter in text)):
        return take_offer(state, str(index))
    if says_yes(text):
        if len(state.offers) == 1:
            return take_offer(state, "0")
        return going_on(state, questions.offer(desk, state, words.WHICH_SLOT, late=False))
    if cues.wants_next(text) or (heard.when.none and (cues.wants_others(text) or says_no(text))):
        show_others(state, later=cues.wants_next(text))
        return True
    return False


def _named_offers(state: State, heard: Heard) -> list[int]:
    """The proposals that the day or hour said may mean. A weekday alone is that of the proposals, whatever the week."""
    starts = [slot_from_json(one).starts.astimezone(ROME) for one in state.offers]
    weekday = weekday_alone(heard.text)
    readings = heard.when.readings
    if weekday is not None:
        readings = tuple(
            replace(one, date=None) if one.date and one.date.weekday() == weekday else one for one in readings
        )
    # "non di mattina" refuses; whatever is left was not chosen by it.
    readings = tuple(one for one in readings if one.has_day or one.has_hour or one.part or weekday is not None)
    named = [index for index, start in enumerate(starts) if weekday is None or start.weekday() == weekday]
    return [index for index in named if any(fits(one, starts[index]) for one in readings)]


def take_offer(state: State, index: str) -> bool:
    """The proposal with this number, from 0."""
    if not index.isdigit() or int(index) >= len(state.offers):
        return False
    state.slot = state.offers[int(index)]
    return True


def take_place(desk: Desk, state: State, value: str) -> None:
    """A place that was proposed outside the talk, with its service. Nothing happens when there is no such place."""
    slot = slot_of(value, desk.services[state.service or ""])
    if slot is None or slot.site_id not in desk.sites or slot.mode not in desk.services[slot.service_id].modes:
        return
    state.sites, state.place, state.mode = [slot.site_id], desk.sites[slot.site_id].title, slot.mode
    # When it is gone, the next ones are proposed.
    state.wish, state.slot = {"asap": True}, slot_as_json(slot)


def show_others(state: State, *, later: bool = False) -> None:
    """Others than those shown. Of several days, later ones: who refuses three days wants a fourth."""
    starts = [one["starts"] for one in state.offers]
    several = len({one[:10] for one in starts}) > 1
    shown, pages = [*state.shown, *starts], state.pages + 1
    until = max(starts, default=None) if later or several else state.shown_until
    state.drop_slot()
    state.shown, state.shown_until, state.pages = shown, until, pages


def _show_sooner(state: State) -> None:
    """Any day, but before the first shown."""
    first = min(one["starts"] for one in state.offers)
    state.drop_slot()
    state.wish, state.readings = {"asap": True}, []
    state.before = first

"""One turn of the talk about an appointment, whatever was said: the order in which a message is tried.

Stop and back first, then a question about something else, then what the message settles, then the same question again.
"""

from dataclasses import replace
from uuid import UUID

from bot.agenda.model import Appointment, BookUnavailableError
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking import booking, changing, cues
from bot.booking.about import answer_about
from bot.booking.age import too_young
from bot.booking.code import lost_code
from bot.booking.desk import Desk
from bot.booking.fill import fill, fill_other_than_when, start_from_home
from bot.booking.heard import Heard
from bot.booking.news import change_buttons, changed_in_words, in_words
from bot.booking.outcome import Turn, ended
from bot.booking.own_data import to_write_again
from bot.booking.proposals import take_place
from bot.booking.state import Flow, State
from bot.booking.steering import ask_again, give_back, go_back, leave_list, missed, question_again, stop, stops
from bot.booking.when import hear_when
from bot.clock import ROME
from bot.conversations.model import Reply

FLOWS: dict[str, Flow] = {
    "book_appointment": "book",
    "reschedule_appointment": "move",
    "cancel_appointment": "cancel",
}
ANSWERS = frozenset({"affirm", "deny", "inform", "choose", "choose_place", "nlu_fallback", "none_of_these", *FLOWS})
"""Intents that may be answers to what was asked: never something else to be answered first."""


async def take_turn(desk: Desk, state: State | None, heard: Heard) -> Turn:
    """The next state and what to say. The state given is not changed when the book does not answer.

    Never raises for what people write or for a book that is away.
    """
    before = State.from_json(state.as_json()) if state else None
    try:
        return await _turn(desk, state, heard)
    except BookUnavailableError:
        settling = before is not None and before.step in ("confirm", "waiting")
        return Turn(state=before, replies=[Reply(text=say(words.OUTCOME_UNKNOWN if settling else words.UNAVAILABLE))])


async def _turn(desk: Desk, state: State | None, heard: Heard) -> Turn:
    flow = FLOWS.get(heard.intent)
    if cues.leaves_list(heard.text):
        return await leave_list(desk, state)
    if state is None or state.paused or _starts_anew(state, heard, flow):
        return await _start(desk, state, heard, flow or _flow_of_code(heard))
    if heard.pressed.get("stop") or (not heard.is_button and stops(state, heard)):
        return await stop(desk, state)
    if heard.pressed.get("back") or (not heard.is_button and cues.wants_back(heard.text)):
        return await go_back(desk, state)
    if state.flow == "book" and too_young(heard.text, this_year=desk.today.year):
        await give_back(desk, state)
        return ended(Reply(text=say(words.UNDER_15)), forget=True)
    asks, about_else = _about_else(state, heard)
    said = await _said_aside(desk, state, heard)
    if said is not None:
        return said
    if (about_else and asks) or (heard.is_button and heard.intent not in ANSWERS):
        return Turn(state=state, aside=True)
    if state.flow != "book":
        return await _change(desk, state, heard, about_else)
    return await _book(desk, state, heard, about_else)


def _about_else(state: State, heard: Heard) -> tuple[bool, bool]:
    """Whether the message asks something, and whether it is surely about something else than what was asked."""
    # "niente di prima?" and "c'è anche il pomeriggio?" are wishes put as questions.
    wishes = cues.wants_to_wait(heard.text) or cues.wants_sooner(heard.text) or cues.asks_first(heard.text)
    wishes = wishes or (state.step == "mode" and cues.no_preference(heard.text))
    if not heard.when.none and state.step in ("when", "slot", "widen", "confirm"):
        wishes = wishes or cues.asks_for_place(heard.text)
    asks = cues.is_question(heard.text) and not wishes
    # What belongs to no topic and asks nothing is more likely an answer that was not understood.
    about_else = heard.sure and not heard.is_button and heard.intent not in ANSWERS and not wishes
    return asks, about_else and (asks or heard.intent != "out_of_scope")


async def _said_aside(desk: Desk, state: State, heard: Heard) -> Turn | None:
    """A question about this very appointment, "un attimo", "eccomi": answered here, and the open question again."""
    if heard.is_button or state.step is None:
        return None
    said = answer_about(desk, state, heard.text)
    if said is None and cues.holds_on(heard.text):
        said = Reply(text=words.NO_HURRY)
    if said is not None:
        again = await question_again(desk, state)
        return replace(again, replies=[Reply(text=said.text, links=said.links), *again.replies])
    if len(heard.text.split()) <= 4 and cues.wants_to_resume(heard.text):
        return await question_again(desk, state)
    return None


async def _book(desk: Desk, state: State, heard: Heard, about_else: bool) -> Turn:
    own = to_write_again(state, heard)
    if own is not None:
        await desk.private.forget(own)
        return await booking.advance(desk, state, lead=words.WRITE_AGAIN)
    before = replace(state)
    filled = fill(desk, state, heard)
    if filled is True and state.service != before.service:
        twice = await booking.already_booked(desk, state)
        if twice is not None:
            await give_back(desk, state)
            return twice
    return await _after(desk, state, heard, filled, about_else, lead=changed_in_words(desk, before, state))


async def _after(desk: Desk, state: State, heard: Heard, filled: Turn | bool, about_else: bool, *, lead: str) -> Turn:
    if isinstance(filled, Turn):
        state.misses = 0
        if filled.settle:
            return await booking.settle(desk, state)
        if filled.state is None:
            await give_back(desk, state)
        return filled
    if filled:
        state.misses = 0
        return await booking.advance(desk, state, lead="" if heard.is_button else lead)
    if about_else:
        return Turn(state=state, aside=True)
    return await missed(desk, state, heard)


def _flow_of_code(heard: Heard) -> Flow:
    """What is wanted of the appointment whose code was written."""
    if heard.code is None:
        return "book"
    return cues.other_change(heard.text, "cancel") or cues.other_change(heard.text, "move") or "find"


def _starts_anew(state: State, heard: Heard, flow: Flow | None) -> bool:
    """Another talk altogether: a button, or words that can only mean that."""
    if flow is None or flow == state.flow:
        return flow is not None and heard.is_button and "appointment" in heard.pressed
    if heard.is_button:
        return True
    # While booking, "spostiamo a lunedì" is a correction; while changing, "voglio prenotare" is a new wish.
    return state.flow != "book" and flow == "book" and heard.sure and state.step != "when"


async def _start(desk: Desk, old: State | None, heard: Heard, flow: Flow) -> Turn:
    if (
        old is not None
        and old.paused
        and flow == "book"
        and (cues.wants_to_resume(heard.text) or heard.intent == "resume")
    ):
        old.paused = False
        return await ask_again(desk, old, lead=words.RESUMED)
    if old is not None:
        await give_back(desk, old)
    state = State(flow=flow)
    if flow == "book" and too_young(heard.text, this_year=desk.today.year):
        return ended(Reply(text=say(words.UNDER_15)))
    if flow != "book":
        return await _change(desk, state, heard, about_else=False)
    if heard.pressed.get("bookable") in desk.services:
        state.service = heard.pressed["bookable"]
        take_place(desk, state, heard.pressed.get("slot", ""))
    if cues.wants_to_wait(heard.text):
        state.waiting = True
    if not heard.is_button:
        filled = fill(desk, state, heard)
        if isinstance(filled, Turn):
            return filled
    lead = words.NEAR_HOME.format(place=heard.home) if start_from_home(desk, state, heard.home) else ""
    return await booking.already_booked(desk, state) or await booking.advance(desk, state, lead=lead)


async def _change(desk: Desk, state: State, heard: Heard, about_else: bool) -> Turn:
    """Moving or cancelling."""
    if state.appointment is None:
        return await _take_up(desk, state, heard, about_else)
    appointment = await desk.book.get(UUID(state.appointment))
    other = cues.other_change(heard.text, state.flow) if not heard.is_button else None
    if other is not None:
        return await _change_otherwise(desk, state, heard, appointment, other)
    heard_now = changing.hear_cancel(state, heard) if state.flow == "cancel" else fill(desk, state, heard)
    if isinstance(heard_now, Turn):
        if not heard_now.settle:
            return heard_now
        settle = changing.settle_cancel if state.flow == "cancel" else changing.settle_move
        return await settle(desk, state, appointment)
    if not heard_now:
        return Turn(state=state, aside=True) if about_else else await missed(desk, state, heard)
    state.misses = 0
    if state.flow == "cancel":
        return changing.advance_cancel(desk, state, appointment)
    return await changing.advance_move(desk, state, appointment)


async def _take_up(desk: Desk, state: State, heard: Heard, about_else: bool) -> Turn:
    """Find the appointment the talk is about."""
    first = state.step is None
    chosen = await changing.choose(desk, state, heard)
    if isinstance(chosen, Turn):
        asked_again = not first and chosen.state is not None and not (heard.is_button or heard.code)
        asked_again = asked_again and not lost_code(heard.text)
        return Turn(state=state, aside=True) if asked_again and about_else else chosen
    if state.flow == "find":
        listed = words.listed([f"{in_words(desk, chosen)}, codice {chosen.code}"])
        return ended(Reply(text=listed, buttons=change_buttons(chosen)))
    refused = await changing.refusal(desk, chosen)
    if refused:
        return refused
    changing.take_up(state, chosen)
    if state.flow == "cancel":
        return changing.advance_cancel(desk, state, chosen)
    if first and not heard.is_button:
        _new_day(state, heard, chosen)
        other = fill_other_than_when(desk, state, heard)
        if other is not None:
            return other
    return await changing.advance_move(desk, state, chosen)


async def _change_otherwise(desk: Desk, state: State, heard: Heard, appointment: Appointment, flow: Flow) -> Turn:
    """ "anzi no, spostalo": the same appointment, changed in the other way."""
    await give_back(desk, state)
    new = State(flow=flow)
    refused = await changing.refusal(desk, appointment)
    if refused:
        return refused
    changing.take_up(new, appointment)
    if flow == "cancel":
        return changing.advance_cancel(desk, new, appointment)
    _new_day(new, heard, appointment)
    return await changing.advance_move(desk, new, appointment)


def _new_day(state: State, heard: Heard, appointment: Appointment) -> None:
    """The day said together with the wish to move, unless it is the day of the appointment itself."""
    day = appointment.slot.starts.astimezone(ROME).date()
    readings = tuple(
        replace(one, date=None) if one.date == day else replace(one, dates=tuple(d for d in one.dates if d != day))
        for one in heard.when.readings
    )
    hear_when(state, replace(heard, when=replace(heard.when, readings=tuple(one for one in readings if one))))

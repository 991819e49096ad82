"""One turn of the talk about an appointment, whatever was said: the order in which a message is tried.

Stop and back first, then a question about something else, then what the message settles, then the same question again.
"""

from dataclasses import replace
from uuid import UUID

from bot.agenda.model import Appointment, BookUnavailableError
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking import booking, changing, cues, questions
from bot.booking.desk import Desk
from bot.booking.fill import fill
from bot.booking.heard import Heard
from bot.booking.news import change_buttons, in_words
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.state import Flow, State
from bot.booking.when import hear_when
from bot.clock import ROME
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload

FLOWS: dict[str, Flow] = {
    "book_appointment": "book",
    "reschedule_appointment": "move",
    "cancel_appointment": "cancel",
}
ANSWERS = frozenset({"affirm", "deny", "inform", "choose", "choose_place", "nlu_fallback", "none_of_these", *FLOWS})
"""Intents that may be answers to what was asked: never something else to be answered first."""
PERSON = Button(title="Parlare con una persona", payload=make_payload("talk_to_operator"))
MIN_AGE = 15


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
    if state is None or state.paused or _starts_anew(state, heard, flow):
        return await _start(desk, state, heard, flow or ("find" if heard.code else "book"))
    if heard.pressed.get("stop") or (not heard.is_button and _stops(state, heard)):
        return await _stop(desk, state)
    if heard.pressed.get("back") or (not heard.is_button and cues.wants_back(heard.text)):
        return await _back(desk, state)
    age = cues.age_of(heard.text)
    if state.flow == "book" and age is not None and age < MIN_AGE:
        await _give_back(desk, state)
        return ended(Reply(text=say(words.UNDER_15)), forget=True)
    # "niente di prima?" asks for the waiting list, not for something else.
    asks = cues.is_question(heard.text) and not cues.wants_to_wait(heard.text)
    # What belongs to no topic and asks nothing is more likely an answer that was not understood.
    about_else = heard.sure and not heard.is_button and heard.intent not in ANSWERS
    about_else = about_else and (asks or heard.intent != "out_of_scope")
    if (about_else and asks) or (heard.is_button and heard.intent not in ANSWERS):
        return Turn(state=state, aside=True)
    if state.flow != "book":
        return await _change(desk, state, heard, about_else)
    filled = fill(desk, state, heard)
    return await _after(desk, state, heard, filled, about_else)


async def _after(desk: Desk, state: State, heard: Heard, filled: Turn | bool, about_else: bool) -> Turn:
    if isinstance(filled, Turn):
        state.misses = 0
        if filled.settle:
            return await booking.settle(desk, state)
        if filled.state is None:
            await _give_back(desk, state)
        return filled
    if filled:
        state.misses = 0
        return await booking.advance(desk, state)
    if about_else:
        return Turn(state=state, aside=True)
    return await _missed(desk, state, heard)


def _starts_anew(state: State, heard: Heard, flow: Flow | None) -> bool:
    """Another talk altogether: a button, or words that can only mean that."""
    if flow is None or flow == state.flow:
        return flow is not None and heard.is_button and "appointment" in heard.pressed
    if heard.is_button:
        return True
    # While booking, "spostiamo a lunedì" is a correction; while changing, "voglio prenotare" is a new wish.
    return state.flow != "book" and flow == "book" and heard.sure and state.step != "when"


def _stops(state: State, heard: Heard) -> bool:
    if heard.intent == "stop_messages" and heard.sure:
        return True
    if state.flow == "cancel" and state.appointment is not None:
        # "annulla" is what they are here for.
        return "annull" not in heard.text.lower() and cues.wants_to_stop(heard.text)
    if state.flow == "book" and heard.intent == "cancel_appointment" and heard.sure and len(heard.text.split()) <= 6:
        return True
    return cues.wants_to_stop(heard.text)


async def _start(desk: Desk, old: State | None, heard: Heard, flow: Flow) -> Turn:
    if (
        old is not None
        and old.paused
        and flow == "book"
        and (cues.wants_to_resume(heard.text) or heard.intent == "resume")
    ):
        old.paused = False
        return await _ask_again(desk, old, lead=words.RESUMED)
    if old is not None:
        await _give_back(desk, old)
    state = State(flow=flow)
    age = cues.age_of(heard.text)
    if flow == "book" and age is not None and age < MIN_AGE:
        return ended(Reply(text=say(words.UNDER_15)))
    if flow != "book":
        return await _change(desk, state, heard, about_else=False)
    if heard.pressed.get("bookable") in desk.services:
        state.service = heard.pressed["bookable"]
    if cues.wants_to_wait(heard.text):
        state.waiting = True
    if not heard.is_button:
        filled = fill(desk, state, heard)
        if isinstance(filled, Turn):
            return filled
    return await booking.advance(desk, state)


async def _change(desk: Desk, state: State, heard: Heard, about_else: bool) -> Turn:
    """Moving or cancelling."""
    if state.appointment is None:
        first = state.step is None
        chosen = await changing.choose(desk, state, heard)
        if isinstance(chosen, Turn):
            asked_again = not first and chosen.state is not None and not (heard.is_button or heard.code)
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
        return await changing.advance_move(desk, state, chosen)
    appointment = await desk.book.get(UUID(state.appointment))
    heard_now = changing.hear_cancel(state, heard) if state.flow == "cancel" else fill(desk, state, heard)
    if isinstance(heard_now, Turn):
        if heard_now.settle:
            settle = changing.settle_cancel if state.flow == "cancel" else changing.settle_move
            return await settle(desk, state, appointment)
        return heard_now
    if heard_now:
        state.misses = 0
        if state.flow == "cancel":
            return changing.advance_cancel(desk, state, appointment)
        return await changing.advance_move(desk, state, appointment)
    return Turn(state=state, aside=True) if about_else else await _missed(desk, state, heard)


def _new_day(state: State, heard: Heard, appointment: Appointment) -> None:
    """The day said together with the wish to move, unless it is the day of the appointment itself."""
    day = appointment.slot.starts.astimezone(ROME).date()
    readings = tuple(
        replace(one, date=None) if one.date == day else replace(one, dates=tuple(d for d in one.dates if d != day))
        for one in heard.when.readings
    )
    hear_when(state, replace(heard, when=replace(heard.when, readings=tuple(one for one in readings if one))))


async def _stop(desk: Desk, state: State) -> Turn:
    await _give_back(desk, state)
    if state.flow != "book":
        return ended(Reply(text=words.STOPPED_CHANGE))
    state.slot, state.hold, state.paused, state.misses = None, None, True, 0
    return Turn(state=state, replies=[Reply(text=words.STOPPED)], leave=True)


async def _give_back(desk: Desk, state: State) -> None:
    if state.hold:
        await desk.book.release(UUID(state.hold))
        state.hold = None


async def _back(desk: Desk, state: State) -> Turn:
    """Undo the last answer and ask for it again."""
    if state.flow != "book":
        state.wish, state.readings, state.reason = None, [], None
        state.drop_slot()
        return await _ask_again(desk, state)
    given = await desk.private.kinds()
    if state.step in ("confirm", "consent", "codice_fiscale", "waiting", "change") and "contact" in given:
        state.consent = False
        await desk.private.forget("contact", "codice_fiscale")
    elif state.step == "contact" and "name" in given:
        await desk.private.forget("name")
    elif state.slot is not None or state.offers or state.step == "widen":
        state.wish = None
        state.drop_slot()
        state.waiting = False
    elif state.mode is not None and len(desk.services[state.service or ""].modes) > 1:
        state.mode, state.wish = None, None
    elif state.sites:
        state.municipality, state.place, state.sites, state.mode = None, None, [], None
    elif state.service is not None:
        state.service = None
    else:
        return await _ask_again(desk, state, lead=words.FIRST_STEP)
    return await _ask_again(desk, state)


async def _ask_again(desk: Desk, state: State, *, lead: str = "") -> Turn:
    if state.flow == "book":
        return await booking.advance(desk, state, lead=lead)
    if state.appointment is None:
        return going_on(
            state, Reply(text=questions.ask_surname().text if state.step == "surname" else words.NO_APPOINTMENTS)
        )
    appointment = await desk.book.get(UUID(state.appointment))
    if state.flow == "cancel":
        return changing.advance_cancel(desk, state, appointment)
    return await changing.advance_move(desk, state, appointment, lead=lead)


async def question_again(desk: Desk, state: State) -> Turn:
    """After something else was answered: the open question once more. Proposals on the table stay as they are."""
    try:
        if state.step == "slot" and state.offers:
            return going_on(
                state, questions.offer(desk, state, "Torniamo all'appuntamento. Quale posto preferisci?", late=False)
            )
        return await _ask_again(desk, state)
    except BookUnavailableError:
        return going_on(state, Reply(text=say(words.UNAVAILABLE)))


HINTS = {
    "where": words.PLACE_UNKNOWN,
    "when": words.WHEN_UNKNOWN,
    "name": words.NAME_UNCLEAR,
    "contact": words.CONTACT_UNCLEAR,
    "codice_fiscale": words.TAX_CODE_UNCLEAR,
}


async def _missed(desk: Desk, state: State, heard: Heard) -> Turn:
    """Not understood: a hint, then a person."""
    state.misses += 1
    hint = words.PHONE_UNCLEAR if state.step == "contact" and state.mode == "phone" else HINTS.get(state.step or "")
    asked = (await question_again(desk, state)).replies[0]
    if state.misses >= 2:
        state.misses = 0
        text = f"{say(words.MISSED_TWICE)}\n{asked.text}"
        return going_on(state, replace(asked, text=text, buttons=(*asked.buttons, PERSON)))
    # A hint says what to write: the question would only repeat it.
    return going_on(state, replace(asked, text=hint or f"{words.MISSED_ONCE}\n{asked.text}"))

"""What steers the talk whatever it is about: stop, one step back, the question once more, not understood."""

from dataclasses import replace
from uuid import UUID

from bot.agenda.model import BookUnavailableError
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking import booking, changing, cues, questions
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.state import State
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload
from bot.nlu.assent import plain_words, says_no

PERSON = Button(title="Parlare con una persona", payload=make_payload("talk_to_operator"))
HINTS = {
    "where": words.PLACE_UNKNOWN,
    "when": words.WHEN_UNKNOWN,
    "name": words.NAME_UNCLEAR,
    "contact": words.CONTACT_UNCLEAR,
    "codice_fiscale": words.TAX_CODE_UNCLEAR,
}


def stops(state: State, heard: Heard) -> bool:
    """Whether the citizen leaves the talk. What stops a booking may be the very wish in a cancellation."""
    if heard.intent == "stop_messages" and heard.sure:
        return True
    if state.flow != "book" and cues.other_change(heard.text, state.flow):
        return False
    if state.flow == "move" and state.step in ("when", "code", "surname", "which") and says_no(heard.text):
        return True
    if state.flow == "cancel" and state.step == "reason" and says_no(heard.text) and cues.corrects(heard.text):
        return plain_words(heard.text) != "no"
    if state.flow == "cancel" and state.appointment is not None:
        # "annulla" is what they are here for.
        return "annull" not in heard.text.lower() and cues.wants_to_stop(heard.text)
    if state.flow == "book" and heard.intent == "cancel_appointment" and heard.sure and len(heard.text.split()) <= 6:
        return True
    return cues.wants_to_stop(heard.text)


async def stop(desk: Desk, state: State) -> Turn:
    """Leave it: a booking may be taken up again, a change is dropped."""
    await give_back(desk, state)
    if state.flow != "book":
        return ended(Reply(text=words.STOPPED_CHANGE))
    state.slot, state.hold, state.paused, state.misses = None, None, True, 0
    return Turn(state=state, replies=[Reply(text=words.STOPPED)], leave=True)


async def give_back(desk: Desk, state: State) -> None:
    """Free the place held."""
    if state.hold:
        await desk.book.release(UUID(state.hold))
        state.hold = None


async def go_back(desk: Desk, state: State) -> Turn:
    """Undo the last answer and ask for it again."""
    if state.flow != "book":
        state.wish, state.readings, state.reason = None, [], None
        state.drop_slot()
        return await ask_again(desk, state)
    given = await desk.private.kinds()
    if state.step in ("confirm", "consent", "codice_fiscale", "waiting", "change") and "contact" in given:
        state.consent = False
        await desk.private.forget("contact", "codice_fiscale")
    elif state.step == "contact" and "name" in given:
        await desk.private.forget("name")
    elif state.slot is not None or state.offers or state.readings or state.step == "widen":
        state.wish, state.readings = None, []
        state.drop_slot()
        state.waiting = False
    elif state.mode is not None and state.service in desk.services and len(desk.services[state.service].modes) > 1:
        state.mode, state.wish = None, None
    elif state.sites:
        state.municipality, state.place, state.sites, state.mode = None, None, [], None
    elif state.service is not None:
        state.service, state.mode = None, None
    else:
        return await ask_again(desk, state, lead=words.FIRST_STEP)
    return await ask_again(desk, state)


async def ask_again(desk: Desk, state: State, *, lead: str = "") -> Turn:
    """The open question, searched for anew."""
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
        return await ask_again(desk, state)
    except BookUnavailableError:
        return going_on(state, Reply(text=say(words.UNAVAILABLE)))


async def missed(desk: Desk, state: State, heard: Heard) -> Turn:
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


async def leave_list(desk: Desk, state: State | None) -> Turn:
    """Off the waiting list; a talk under way goes on."""
    left = await desk.book.leave_waiting_list(desk.conversation_id)
    said = Reply(text=words.OFF_LIST if left else words.NOT_ON_LIST)
    if state is None or state.paused:
        return Turn(state=state, replies=[said], leave=True)
    if state.waiting:
        state.waiting = False
        state.drop_slot()
    again = await question_again(desk, state)
    return replace(again, replies=[said, *again.replies])

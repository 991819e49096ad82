"""Moving and cancelling: which appointment, whether it may still be changed, then the new place or the reason."""

from uuid import UUID

from bot.agenda.model import (
    Appointment,
    CancelReason,
    LockedError,
    NotFoundError,
    NotMovableError,
    SlotTakenError,
)
from bot.agenda.words import MODES, REASONS, moment_words
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking import booking, cues, questions
from bot.booking.code import lost_code, surname_beside
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.news import good_news, in_words
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.state import State, slot_as_json, slot_from_json
from bot.booking.wish import fits
from bot.clock import ROME
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload
from bot.nlu.assent import says_no, says_yes


async def choose(desk: Desk, state: State, heard: Heard) -> Turn | Appointment:
    """The appointment to change, or the turn that asks for it."""
    mine = list(await desk.book.of_conversation(desk.conversation_id, now=desk.now))
    known = state.appointment or heard.pressed.get("appointment") or heard.pressed.get("which")
    if known:
        found = next((one for one in mine if str(one.id) == known), None)
        return found or await _moved_on(desk, known, mine)
    if lost_code(heard.text) and not heard.code:
        state.step = "code"
        return going_on(state, Reply(text=say(words.NO_CODE)))
    if heard.code:
        state.code = heard.code
    if state.code:
        return next((one for one in mine if one.code == state.code), None) or await _claim(desk, state, heard)
    if len(mine) == 1:
        return mine[0]
    if not mine:
        state.step = "code"
        return going_on(state, Reply(text=words.NO_APPOINTMENTS))
    return _pick(desk, state, heard, mine)


async def _moved_on(desk: Desk, known: str, mine: list[Appointment]) -> Turn | Appointment:
    """An old button: the appointment it was for may live on as another after a move."""
    try:
        old = await desk.book.get(UUID(known))
    except (NotFoundError, ValueError):
        return ended(Reply(text=words.NOT_COMING))
    later = next((one for one in mine if one.code == old.code), None)
    return later or ended(Reply(text=words.NOT_COMING))


def _pick(desk: Desk, state: State, heard: Heard, mine: list[Appointment]) -> Turn | Appointment:
    reading = heard.when.reading
    fitting = [one for one in mine if reading and fits(reading, one.slot.starts.astimezone(ROME))]
    about = [one for one in mine if set(heard.topics) & set(desk.services[one.slot.service_id].topics)]
    index = cues.ordinal_of(heard.text, len(mine)) if state.step == "which" else None
    for found in (fitting, about, [mine[index]] if index is not None else []):
        if len(found) == 1:
            return found[0]
    state.step = "which"
    buttons = tuple(questions.choose(words.button_time(one.slot.starts), which=str(one.id)) for one in mine[:8])
    listed = words.listed([in_words(desk, one) for one in mine])
    return going_on(state, Reply(text=f"{words.WHICH_APPOINTMENT}\n{listed}", buttons=buttons))


async def _claim(desk: Desk, state: State, heard: Heard) -> Turn | Appointment:
    """Somebody else's until the surname fits the code."""
    surname = await desk.private.surname() if heard.pressed.get("given") == "surname" else None
    if surname is None and heard.code:
        surname = surname_beside(heard.text)
    if surname is None:
        state.step = "surname"
        return going_on(state, questions.ask_surname())
    code, state.code = state.code or "", None
    try:
        return await desk.book.claim(desk.conversation_id, code, surname, now=desk.now)
    except NotFoundError:
        state.step = "code"
        return going_on(state, Reply(text=words.WRONG_CODE))
    except LockedError as locked:
        local = locked.until.astimezone(ROME)
        return ended(Reply(text=say(words.LOCKED, hour=f"{local.hour}:{local.minute:02}")))


async def refusal(desk: Desk, appointment: Appointment) -> Turn | None:
    """Why the citizen can no longer change it, or None when they can."""
    until = await desk.book.movable_until(appointment)
    said = words.capital(in_words(desk, appointment))
    if until is None:
        return ended(Reply(text=say(words.NEVER_MOVABLE, appointment=said)))
    if desk.now > until:
        return ended(
            Reply(text=say(words.NOT_MOVABLE, appointment=said, until=words.deadline(until, today=desk.today)))
        )
    return None


def take_up(state: State, appointment: Appointment) -> None:
    """From now on the talk is about this appointment; a move starts from its service, place and mode."""
    state.appointment = str(appointment.id)
    slot = appointment.slot
    if state.flow == "move":
        state.service, state.mode = slot.service_id, slot.mode
        state.sites, state.ring = [slot.site_id], "centre"
        state.moving = slot_as_json(slot)


async def advance_move(desk: Desk, state: State, appointment: Appointment, *, lead: str = "") -> Turn:
    """Ask for the new day, hold the new place, and ask for the last yes."""
    if state.wish is None and not state.readings:
        state.step = "when"
        asked = questions.ask_when(words.ASK_NEW_WHEN.format(appointment=in_words(desk, appointment)))
    else:
        asked = await booking.missing(desk, state) or _confirm_move(desk, state, appointment)
    text = "\n".join(part for part in (lead, asked.text) if part)
    return going_on(state, Reply(text=text, buttons=asked.buttons))


def _confirm_move(desk: Desk, state: State, appointment: Appointment) -> Reply:
    state.step = "confirm"
    new = slot_from_json(state.slot or {})
    old = moment_words(appointment.slot.starts, today=desk.today)
    site = desk.sites[new.site_id]
    moment = moment_words(new.starts, today=desk.today)
    text = f"Sposto da {old} a {moment}, {MODES[new.mode]}, {site.title}. Confermi?"
    return Reply(
        text=text,
        buttons=(
            questions.choose("Confermo", confirm="yes"),
            questions.choose("Un altro giorno", change="when"),
            questions.choose("Lascia com'è", stop="yes"),
        ),
    )


async def settle_move(desk: Desk, state: State, appointment: Appointment) -> Turn:
    """The yes was given: move."""
    if state.hold is None:
        return await advance_move(desk, state, appointment)
    try:
        new = await desk.book.move(appointment.id, UUID(state.hold), now=desk.now)
    except SlotTakenError:
        state.drop_slot()
        state.hold = None
        return await advance_move(desk, state, appointment, lead=words.TAKEN)
    except (NotMovableError, NotFoundError):
        return await refusal(desk, appointment) or ended(Reply(text=words.NOT_COMING))
    return ended(await good_news(desk, new, moved=True))


def advance_cancel(desk: Desk, state: State, appointment: Appointment) -> Turn:
    """Ask the reason, then the last yes."""
    said = in_words(desk, appointment)
    if state.reason is None:
        state.step = "reason"
        return going_on(state, questions.ask_reason(said))
    state.step = "confirm"
    return going_on(state, questions.ask_cancel(said))


def hear_cancel(state: State, heard: Heard) -> Turn | bool:
    """A reason, or the yes or no to cancelling."""
    if state.step == "reason":
        known = list(REASONS)
        index = cues.ordinal_of(heard.text, len(known))
        pressed = next((one for one in known if one == heard.pressed.get("reason")), None)
        given = known[index] if index is not None else cues.reason_of(heard.text)
        # Nobody has to give a reason: whatever else is said is "another".
        state.reason = pressed or given or (None if heard.is_button or cues.is_question(heard.text) else "altro")
        return state.reason is not None
    if state.step == "confirm":
        yes = heard.pressed.get("confirm") == "yes" or says_yes(heard.text) or "disdi" in heard.text.lower()
        no = heard.pressed.get("confirm") == "no" or says_no(heard.text)
        if yes and not no:
            return Turn(state=state, settle=True)
        if no:
            return ended(Reply(text=words.STOPPED_CHANGE))
    return False


async def settle_cancel(desk: Desk, state: State, appointment: Appointment) -> Turn:
    """The yes was given: cancel."""
    reason: CancelReason = next((one for one in REASONS if one == state.reason), "altro")
    try:
        await desk.book.cancel(appointment.id, reason=reason, now=desk.now)
    except (NotMovableError, NotFoundError):
        return await refusal(desk, appointment) or ended(Reply(text=words.NOT_COMING))
    again = Button(title="Prenota di nuovo", payload=make_payload("book_appointment"))
    said = in_words(desk, appointment)
    return ended(Reply(text=f"Fatto, ho disdetto: {said}. Se ti serve, ne prendiamo un altro.", buttons=(again,)))

"""Appointments: the talk of `bot.booking` as a Rasa form, and what is asked about appointments outside it."""

from typing import Any
from uuid import UUID

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.aside import answer_aside
from actions.demand import note
from actions.desk import open_desk
from actions.hearing import hear
from actions.turn import intent_of, text_of, utter
from bot.agenda.model import AgendaError, NotFoundError, SlotTakenError
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking.code import lost_code
from bot.booking.conversation import take_turn
from bot.booking.cues import corrects, named_field
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.news import change_buttons, good_news, in_words
from bot.booking.outcome import Turn
from bot.booking.state import State
from bot.booking.steering import question_again
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload

Events = list[dict[str, Any]]

FORM = "appointment_form"
SLOT = "appointment_talk"
REQUESTED = "requested_slot"
LEAVES = frozenset({"danger", "talk_to_operator", "call_back", "goodbye", "delete_my_data"})
"""Said in the middle of the talk, these end it for now: what follows is not about a day and an hour."""


class ValidateAppointmentForm(Action):
    """One turn of the form. Rasa calls it for every message while the form is active; it says everything itself."""

    def name(self) -> str:
        """Rasa's own name for the action that goes with the form."""
        return f"validate_{FORM}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Take the turn; when the talk is over, so is the form."""
        state = State.from_json(tracker.get_slot(SLOT))
        where_asked = state is not None and state.step == "where"
        heard = hear(tracker, expected_place=state is not None and expects_place(state, tracker))
        try:
            desk = await open_desk(tracker)
            turn = await take_turn(desk, state, heard)
            await note(tracker, *desk.lacks)
        except AgendaError:
            utter(dispatcher, Reply(text=say(words.UNAVAILABLE)))
            return leave(state)
        if turn.forget:
            await desk.private.forget()
        if turn.aside:
            return await aside(dispatcher, tracker, domain, desk, turn, heard)
        utter(dispatcher, *turn.replies)
        # Asked where they live, they said it for the rest of the conversation too.
        lives_in = turn.state.municipality if where_asked and turn.state else None
        return [*events_of(turn), *([SlotSet("municipality", lives_in)] if lives_in else [])]


def expects_place(state: State, tracker: Tracker) -> bool:
    """Whether a place is what was asked for, or what the citizen says was wrong: then "Alba" is no dawn."""
    text = text_of(tracker)
    return state.step == "where" or (corrects(text) and named_field(text) == "where")


async def aside(
    dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any], desk: Desk, turn: Turn, heard: Heard
) -> Events:
    """Answer something else in the middle of the talk, then ask the open question again."""
    state = turn.state
    if heard.intent == "list_appointments":
        replies = [await ActionAppointments().list_mine(desk, heard)]
        events: Events = []
    else:
        replies, events = await answer_aside(tracker, domain)
    if state is None or heard.intent in LEAVES:
        utter(dispatcher, *replies)
        return [*events, *leave(state)]
    again = await question_again(desk, state)
    # One list of buttons: those of the open question, which is what the person has to answer.
    utter(dispatcher, *(Reply(text=reply.text, links=reply.links) for reply in replies), *again.replies)
    return [*events, *events_of(again)]


def events_of(turn: Turn) -> Events:
    """The state kept, and the form closed when the talk is over or left."""
    if turn.state is None or turn.leave:
        return leave(turn.state)
    return [
        SlotSet(SLOT, turn.state.as_json()),
        SlotSet(REQUESTED, "appointment_settled"),
        SlotSet("not_understood", 0),
    ]


def leave(state: State | None) -> Events:
    """Close the form; a talk under way is kept, to be taken up again."""
    if state is not None:
        state.paused = True
    return [SlotSet(SLOT, state.as_json() if state else None), SlotSet(REQUESTED, None)]


class ActionAppointments(Action):
    """What is asked or pressed about appointments outside the talk: which they are, "I will come", a place offered."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_appointments"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Look it up, or do what the button is for."""
        heard = hear(tracker)
        if heard.code and heard.intent == "list_appointments":
            return [FollowupAction(FORM)]
        answers = {
            "confirm_attendance": self.confirm_attendance,
            "accept_offer": self.accept_offer,
            "decline_offer": self.decline_offer,
        }
        try:
            desk = await open_desk(tracker)
            reply = await answers.get(intent_of(tracker), self.list_mine)(desk, heard)
        except AgendaError:
            reply = Reply(text=say(words.UNAVAILABLE))
        utter(dispatcher, reply)
        return [SlotSet("not_understood", 0)]

    async def list_mine(self, desk: Desk, heard: Heard) -> Reply:
        """The coming appointments of this conversation."""
        mine = await desk.book.of_conversation(desk.conversation_id, now=desk.now)
        if not mine:
            button = Button(title="Prenota un appuntamento", payload=make_payload("book_appointment"))
            return Reply(text=say(words.NO_CODE if lost_code(heard.text) else words.NO_APPOINTMENTS), buttons=(button,))
        said = [f"{in_words(desk, one)}, codice {one.code}" for one in mine]
        if len(mine) == 1:
            return Reply(text=words.listed(said), buttons=change_buttons(mine[0]))
        buttons = (
            Button(title="Sposta", payload=make_payload("reschedule_appointment")),
            Button(title="Disdici", payload=make_payload("cancel_appointment")),
        )
        return Reply(text=words.listed(said), buttons=buttons)

    async def confirm_attendance(self, desk: Desk, heard: Heard) -> Reply:
        """The citizen will come."""
        mine = await desk.book.of_conversation(desk.conversation_id, now=desk.now)
        found = next((one for one in mine if str(one.id) == heard.pressed.get("appointment")), None)
        if found is None:
            return Reply(text=words.NOT_COMING)
        kept = await desk.book.confirm_attendance(found.id)
        return Reply(text=words.ATTENDANCE.format(appointment=in_words(desk, kept)))

    async def accept_offer(self, desk: Desk, heard: Heard) -> Reply:
        """Yes to the place that freed up."""
        try:
            offer = offer_id(heard)
            return await good_news(desk, await desk.book.accept_offer(offer, now=desk.now, by=desk.conversation_id))
        except (SlotTakenError, NotFoundError):
            return Reply(text=words.OFFER_GONE)

    async def decline_offer(self, desk: Desk, heard: Heard) -> Reply:
        """No to it."""
        try:
            await desk.book.decline_offer(offer_id(heard))
        except NotFoundError:
            return Reply(text=words.OFFER_GONE)
        return Reply(text=words.OFFER_DECLINED)


def offer_id(heard: Heard) -> UUID:
    """The offer a button is about. Raises `NotFoundError` when it names none."""
    try:
        return UUID(heard.pressed.get("offer", ""))
    except ValueError:
        raise NotFoundError("no offer") from None


class ActionLeaveTalk(Action):
    """Rasa needs something to do after the form closes; everything was said already."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_talk_over"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Nothing."""
        return [ActiveLoop(None)]

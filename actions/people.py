"""A person instead of the assistant: into the line, out of it, or a call instead."""

import re
from typing import Any, get_args
from uuid import UUID

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.desk import get_engine
from actions.hearing import carried
from actions.queue import AWAY
from actions.turn import text_of, utter
from bot.answers import people as words
from bot.answers.sentences import say
from bot.clock import now
from bot.conversations.addresses import addresses_of
from bot.conversations.call_backs import ask_call, give_up_call, has_open_call
from bot.conversations.handoff import request_person, withdraw
from bot.conversations.handoff_model import GoneError, Reason
from bot.conversations.model import QUESTION, Reply
from bot.conversations.office import Office
from bot.conversations.promises import due_from, leave_question, open_promise, withdraw_question
from bot.conversations.store import is_from_citizen
from bot.conversations.waiting_line import position, usual_minutes
from bot.privacy.answers import is_phone
from bot.privacy.store import answers_of, forget_answers

log = structlog.get_logger()

Events = list[dict[str, Any]]

WANTS_CALL = re.compile(
    r"richiam|\b(?:mi|ci) chiam(?:a|i|ate|ino)\b|\bchiama(?:te)?(?:mi|ci)\b|\bfar(?:mi|ci) chiamare\b", re.IGNORECASE
)
"""Of those who ask for a person: whoever wants to be telephoned."""


class _AboutPeople:
    """Answers in one transaction; when the database is away, the telephone is left. No action: the SDK would register it."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Do it."""
        try:
            async with get_engine().begin() as connection:
                reply = await self.answer(connection, UUID(tracker.sender_id), carried(tracker))
        except (*AWAY, GoneError) as error:
            log.warning("no person can be reached", action=type(self).__name__, reason=type(error).__name__)
            reply = Reply(text=say(words.UNREACHABLE))
        utter(dispatcher, reply)
        return [SlotSet("not_understood", 0)]

    async def answer(self, connection: AsyncConnection, conversation_id: UUID, pressed: dict[str, str]) -> Reply:
        """What to say, once it is done."""
        raise NotImplementedError


class ActionPerson(_AboutPeople, Action):
    """Asked for a person: in line while the desk is open, else an honest word and what to do instead."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """A person, or to be telephoned by one."""
        if WANTS_CALL.search(text_of(tracker)):
            return await ActionCallBack().run(dispatcher, tracker, domain)
        return await super().run(dispatcher, tracker, domain)

    async def answer(self, connection: AsyncConnection, conversation_id: UUID, pressed: dict[str, str]) -> Reply:
        """Into the line, or out of it."""
        if pressed.get("stop"):
            return await self.stop(connection, conversation_id)
        office, moment = Office(), now()
        if pressed.get("given") == QUESTION:
            return await _leave(connection, conversation_id, pressed.get("which", ""))
        if pressed.get("given"):
            return words.ask_question(due_from(moment), moment)
        if not office.is_open(moment):
            return words.closed(office, moment)
        reason: Reason = "asked"
        for known in get_args(Reason):
            if known == pressed.get("reason") and known != "operator":
                reason = known
        handoff, is_new = await request_person(connection, conversation_id, reason)
        place = await position(connection, handoff)
        return words.queued(place, await usual_minutes(connection), again=not is_new)

    async def stop(self, connection: AsyncConnection, conversation_id: UUID) -> Reply:
        """Out of the line, and no answer is needed to what was left."""
        left = await withdraw(connection, conversation_id)
        if await withdraw_question(connection, conversation_id, now=now()):
            return Reply(text=words.NO_QUESTION)
        return Reply(text=words.NO_LONGER_WAITING if left else words.NOT_WAITING)


async def _leave(connection: AsyncConnection, conversation_id: UUID, which: str) -> Reply:
    """Keep the message as a question for a person; one that is not the citizen's own is asked for again."""
    moment = now()
    if not await is_from_citizen(connection, conversation_id, which):
        return words.ask_question(due_from(moment), moment)
    known = await open_promise(connection, conversation_id)
    again = known is not None and known.question_id != UUID(which)
    promise, _ = await leave_question(connection, conversation_id, UUID(which), now=moment, due_at=due_from(moment))
    comes_back = not await addresses_of(connection, conversation_id)
    return words.question_left(promise.due_at, moment, again=again, comes_back=comes_back)


class ActionCallBack(_AboutPeople, Action):
    """To be telephoned: the number is asked for, and kept apart from the dialogue."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_call_back"

    async def answer(self, connection: AsyncConnection, conversation_id: UUID, pressed: dict[str, str]) -> Reply:
        """One step of asking for a call."""
        if pressed.get("stop"):
            known = await give_up_call(connection, conversation_id)
            return Reply(text=words.NO_CALL_BACK if known else words.NO_CALL_BACK_KNOWN)
        own = await _own_number(connection, conversation_id)
        if pressed.get("unclear"):
            return Reply(text=words.PHONE_UNCLEAR, expects="phone")
        if pressed.get("given") is None:
            return words.ask_phone(knows_number=own is not None)
        number = own if pressed["given"] == "this" else (await answers_of(connection, conversation_id)).get("phone")
        # Asked a second time for the same message, the number has gone where it belongs already.
        if number is None and not await has_open_call(connection, conversation_id):
            return words.ask_phone(knows_number=own is not None)
        office, moment = Office(), now()
        if number is not None:
            opening = moment if office.is_open(moment) else office.next_opening(moment)
            await ask_call(connection, conversation_id, number, promised_from=opening)
            await forget_answers(connection, conversation_id, "phone")
            await withdraw(connection, conversation_id)
        return words.call_promised(office, moment)


async def _own_number(connection: AsyncConnection, conversation_id: UUID) -> str | None:
    """The number the citizen writes from, on channels that have one."""
    known = await addresses_of(connection, conversation_id)
    return next((one.value for one in known if is_phone(one.value)), None)

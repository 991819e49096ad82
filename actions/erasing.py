"""`cancella i miei dati`: what it means, a clear yes, the number of the receipt. The worker then erases."""

from typing import Any
from uuid import UUID

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.desk import get_engine
from actions.hearing import carried
from actions.queue import AWAY
from actions.turn import utter
from bot.agenda.catalogue import read_service
from bot.agenda.records import made_in
from bot.agenda.words import moment_words
from bot.answers import people as words
from bot.answers.sentences import say
from bot.clock import now
from bot.conversations.model import Reply
from bot.privacy.erasures import ask_erasure
from bot.privacy.holds import is_held
from bot.settings import get_settings

log = structlog.get_logger()

Events = list[dict[str, Any]]


class ActionEraseMe(Action):
    """Erase everything about whoever writes here, once they have said yes to exactly that."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_erase_me"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Ask, or do as was answered."""
        confirmed = carried(tracker).get("confirm")
        if confirmed is not None and not asked_just_now(tracker):
            confirmed = None  # an old button, or a stranger's: ask first
        try:
            reply = await self.answer(UUID(tracker.sender_id), confirmed)
        except AWAY as error:
            log.warning("erasure not noted", reason=type(error).__name__)
            reply = Reply(text=say(words.ERASE_UNREACHABLE))
        utter(dispatcher, reply)
        return [SlotSet("not_understood", 0)]

    async def answer(self, conversation_id: UUID, confirmed: str | None) -> Reply:
        """The question, or what follows from its answer."""
        if confirmed == "no":
            return Reply(text=words.NOT_ERASED)
        async with get_engine().begin() as connection:
            if await is_held(connection, conversation_id):
                return Reply(text=say(words.ERASE_HELD))
            if confirmed != "yes":
                return await question(connection, conversation_id)
            grace = get_settings().erase_grace
            number = await ask_erasure(connection, conversations=[conversation_id], asked_by="citizen", grace=grace)
        return Reply(text=words.ERASED.format(number=number))


async def question(connection: AsyncConnection, conversation_id: UUID) -> Reply:
    """What would go, appointments by name: without the person they cannot be kept."""
    coming = await made_in(connection, conversation_id, now=now())
    appointments = ""
    if len(coming) == 1:
        slot = coming[0].slot
        found = await read_service(connection, slot.service_id)
        when = moment_words(slot.starts, today=now().date())
        appointments = words.ERASE_ONE.format(appointment=f"{found[0].title}, {when}" if found else when)
    elif coming:
        appointments = words.ERASE_MANY.format(count=len(coming))
    return Reply(text=words.ERASE_QUESTION.format(appointments=appointments), buttons=(words.ERASE_YES, words.ERASE_NO))


def asked_just_now(tracker: Tracker) -> bool:
    """Whether the question is the last thing that was said."""
    said = next((one for one in reversed(tracker.events) if one.get("event") == "bot"), None)
    buttons = ((said or {}).get("data") or {}).get("buttons") or ()
    return any(button.get("payload") == words.ERASE_YES.payload for button in buttons)

"""What a citizen does around a conversation: judge it, take it away as a file, have it erased, be seen writing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import clock
from bot.clock import ROME
from bot.conversations.model import Message
from bot.conversations.presence import citizen_types
from bot.conversations.store import messages_after
from bot.privacy.erasures import ask_erasure, do_erasure
from bot.privacy.holds import HeldError
from bot.privacy.masking import mask
from bot.storage.tables import feedback
from channels.problems import Problem
from channels.webchat import (
    BLANK,
    ENGINE,
    STATEMENTS,
    authorised,
    can_be_stored,
    client_address,
    json_response,
    read_json,
    take,
)

MAX_COMMENT = 1000
RATINGS = ("up", "down")

WHO = {"citizen": "Tu", "bot": "Sportello (assistente automatico)", "operator": "Operatore"}
NO_STORE = {"Cache-Control": "no-store"}

BASE = "/webchat/v1/conversations/{id}"
routes = web.RouteTableDef()


@routes.post(f"{BASE}/feedback", name="webchat_feedback")
async def judge(request: web.Request) -> web.Response:
    """Keep what the citizen thinks of the conversation; the last word counts."""
    conversation_id = await counted(request)
    body = await read_json(request)
    rating, comment = body.get("rating"), body.get("comment", "")
    if rating not in RATINGS:
        raise Problem(422, "rating", 'rating must be "up" or "down"')
    if not isinstance(comment, str) or not can_be_stored(comment):
        raise Problem(422, "comment", "comment must be a string of Unicode characters")
    if len(comment) > MAX_COMMENT:
        raise Problem(413, "text_too_long", f"comment is over {MAX_COMMENT} characters")
    async with request.app[ENGINE].begin() as connection:
        await keep_feedback(connection, conversation_id, rating, comment)
    return web.Response(status=204, headers=NO_STORE)


async def keep_feedback(connection: AsyncConnection, conversation_id: UUID, rating: str, comment: str) -> None:
    """Store a judgement in place of an earlier one, personal data in the comment masked."""
    values = {"rating": rating, "comment": "" if set(comment) <= BLANK else mask(comment.strip())}
    statement = insert(feedback).values(conversation_id=conversation_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[feedback.c.conversation_id], set_=values | {"changed_at": func.now()}
        )
    )


@routes.post(f"{BASE}/typing", name="webchat_typing")
async def typing(request: web.Request) -> web.Response:
    """The citizen is writing; an operator who follows the conversation sees it for some seconds."""
    conversation_id = await counted(request)
    async with request.app[ENGINE].begin() as connection:
        await citizen_types(connection, conversation_id)
    return web.Response(status=204, headers=NO_STORE)


@routes.get(f"{BASE}/transcript", name="webchat_transcript")
async def transcript(request: web.Request) -> web.Response:
    """The whole conversation as a text file."""
    return transcript_file(await transcript_text(request.app[STATEMENTS], await counted(request)))


@routes.post(f"{BASE}/erase", name="webchat_erase")
async def erase(request: web.Request) -> web.Response:
    """Erase the conversation; from then on it is unknown. 202 when it must be kept for now."""
    erasure = await erase_now(request.app[ENGINE], await counted(request))
    return json_response({"number": erasure.number, "held": erasure.held}, status=202 if erasure.held else 200)


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """`number` finds the receipt; `held`: it must be kept for now, and is erased when it no longer must."""

    number: str
    held: bool


async def erase_now(engine: AsyncEngine, conversation_id: UUID) -> Erasure:
    """Ask for the erasure and do it, in one transaction: with all that hangs on it, appointments to come cancelled."""
    async with engine.begin() as connection:
        number = await ask_erasure(connection, conversations=[conversation_id], asked_by="citizen")
        try:
            async with connection.begin_nested():
                await do_erasure(connection, number, agenda_now=clock.now())
        except HeldError:
            return Erasure(number=number, held=True)
    return Erasure(number=number, held=False)


async def counted(request: web.Request) -> UUID:
    """The conversation, proved, and one more request of it and of its address."""
    conversation_id = await authorised(request)
    take(request, "ip", client_address(request))
    take(request, "conversation", str(conversation_id))
    return conversation_id


async def whole(engine: AsyncEngine, conversation_id: UUID, *, after: int = 0) -> AsyncIterator[Message]:
    """Every message after a number, oldest first."""
    while True:
        async with engine.connect() as connection:
            found = await messages_after(connection, conversation_id, after)
        for message in found:
            yield message
        if not found:
            return
        after = found[-1].seq


async def transcript_text(engine: AsyncEngine, conversation_id: UUID) -> str:
    """The conversation in plain words, with times and addresses of links."""
    lines = [f"Conversazione con Sportello, scaricata il {clock.now():%d/%m/%Y alle %H:%M}.", ""]
    async for message in whole(engine, conversation_id):
        lines += [*_in_words(message), ""]
    return "\n".join(lines)


def _in_words(message: Message) -> list[str]:
    at = message.created_at.astimezone(ROME)
    who = f"{message.author} (operatore)" if message.author else WHO[message.sender]
    links = [f"  {link['title']}: {link['url']}" for link in message.links]
    choices = [f"  [{button['title']}]" for button in message.buttons]
    return [f"{at:%d/%m/%Y %H:%M} {who}", message.text or "(scelta)", *choices, *links]


def transcript_file(text: str) -> web.Response:
    """A text to keep as a file."""
    headers = NO_STORE | {"Content-Disposition": 'attachment; filename="conversazione-sportello.txt"'}
    return web.Response(body=("\ufeff" + text).encode(), content_type="text/plain", charset="utf-8", headers=headers)

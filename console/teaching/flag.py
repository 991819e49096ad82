"""Pointing at a message of a transcript that was badly understood, and taking that back."""

from uuid import UUID

from aiohttp import web
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import messages
from bot.teaching import queue
from bot.teaching.tables import review_flags, review_items
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import redirect
from console.transcripts.conversation_page import DONE, head_of, subject_of

routes = web.RouteTableDef()
DONE |= {
    "segnalato": "Fatto: il messaggio è fra quelli da rivedere.",
    "non-segnalato": "Fatto: la segnalazione è tolta.",
}


async def _message(connection: AsyncConnection, request: web.Request) -> tuple[UUID, UUID]:
    """Conversation and message of the address. Raises HTTP 404, also for what citizens did not write themselves."""
    conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
    try:
        wanted = messages.c.id == UUID(request.match_info["message"])
    except ValueError:
        raise web.HTTPNotFound from None
    written = (messages.c.sender == "citizen", messages.c.payload.is_(None), messages.c.sealed.is_(None))
    query = select(messages.c.id).where(wanted, messages.c.conversation_id == conversation_id, *written)
    found: UUID | None = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise web.HTTPNotFound
    return conversation_id, found


@routes.post("/conversazioni/{id}/segnala/{message}", name="review_flag")
@needs("operatore")
async def flag(request: web.Request) -> web.StreamResponse:
    """It was badly understood: it is to be reviewed."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id, message_id = await _message(connection, request)
        row = insert(review_flags).values(message_id=message_id, account_id=operator.id, flagged_by=operator.name)
        await connection.execute(row.on_conflict_do_nothing())
        subject = subject_of(conversation_id)
        await audit.record(connection, operator, "segnalato da rivedere", subject, messaggio=str(message_id))
    return redirect(f"/conversazioni/{conversation_id}?fatto=segnalato")


@routes.post("/conversazioni/{id}/segnala/{message}/togli", name="review_unflag")
@needs("operatore")
async def unflag(request: web.Request) -> web.StreamResponse:
    """It was well understood after all."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id, message_id = await _message(connection, request)
        await connection.execute(delete(review_flags).where(review_flags.c.message_id == message_id))
        item = review_items.c.message_id == message_id
        reasons = (await connection.execute(select(review_items.c.reasons).where(item))).scalar_one_or_none() or []
        if reasons == ["flagged"]:
            await queue.forget(connection, message_id)
        elif "flagged" in reasons:
            left = [reason for reason in reasons if reason != "flagged"]
            await connection.execute(update(review_items).where(item).values(reasons=left))
        subject = subject_of(conversation_id)
        await audit.record(connection, operator, "segnalazione tolta", subject, messaggio=str(message_id))
    return redirect(f"/conversazioni/{conversation_id}?fatto=non-segnalato")

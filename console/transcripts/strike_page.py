"""The pages for striking out words of a message: a reason first, then the message in clear, then the words to take out."""

import asyncio
import re
from uuid import UUID

import structlog
from aiohttp import web
from sqlalchemy import RowMapping, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.showing import filled_in
from bot.storage.tables import messages
from console import audit
from console.access import needs, operator_of
from console.harmless import harmless
from console.keys import ENGINE
from console.pages import redirect, render
from console.transcripts.conversation_page import head_of, reason_of, subject_of
from console.transcripts.striking import OMITTED, clean_up, strike_out, sweep

log = structlog.get_logger()
routes = web.RouteTableDef()

AGAIN_AFTER = 30.0
"""Seconds after which it is looked once more: a message being answered meanwhile may have brought the words back."""
TASKS: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("strike_tasks", set[asyncio.Task[None]])


def set_up(app: web.Application) -> None:
    """Room for the second look."""
    app[TASKS] = set()


async def _message(connection: AsyncConnection, request: web.Request) -> tuple[RowMapping, RowMapping]:
    head = await head_of(connection, request)
    try:
        wanted = messages.c.id == UUID(request.match_info["message"])
    except ValueError:
        raise web.HTTPNotFound from None
    own = messages.c.conversation_id == head["conversation_id"]
    row = (await connection.execute(select(messages).where(wanted, own))).mappings().one_or_none()
    if row is None:
        raise web.HTTPNotFound
    return head, row


@routes.get("/conversazioni/{id}/cancella/{message}", name="strike_reason")
@needs("supervisore")
async def ask_reason(request: web.Request) -> web.StreamResponse:
    """Why: the message is then shown in clear."""
    async with request.app[ENGINE].connect() as connection:
        head, _ = await _message(connection, request)
    return render(request, "strike_reason.html", base=f"/conversazioni/{head['conversation_id']}")


@routes.post("/conversazioni/{id}/cancella/{message}", name="strike_words")
@needs("supervisore")
async def ask_words(request: web.Request) -> web.StreamResponse:
    """The message in clear, to choose the words."""
    reason = reason_of(await request.post())
    async with request.app[ENGINE].begin() as connection:
        head, row = await _message(connection, request)
        page = await _form(connection, request, row, reason)
        subject = subject_of(head["conversation_id"])
        note = f"per cancellare: {reason}"
        await audit.record(
            connection, operator_of(request), "dati in chiaro", subject, note=note, messaggio=str(row["id"])
        )
    return page


async def _form(
    connection: AsyncConnection, request: web.Request, row: RowMapping, reason: str, error: str = ""
) -> web.Response:
    [said] = await filled_in(connection, row["conversation_id"], [(row["text"], row["sealed"])])
    return render(
        request,
        "strike.html",
        status=422 if error else 200,
        base=f"/conversazioni/{row['conversation_id']}",
        message=str(row["id"]),
        said=harmless(said),
        sealed=row["sealed"] is not None,
        reason=reason,
        error=error,
        error_field="parole" if error else "",
    )


@routes.post("/conversazioni/{id}/cancella/{message}/fatto", name="strike")
@needs("supervisore")
async def strike(request: web.Request) -> web.StreamResponse:
    """Take the words out for ever. What they were is written nowhere."""
    form = await request.post()
    reason = reason_of(form)
    words = str(form.get("parole", "")).strip()
    async with request.app[ENGINE].begin() as connection:
        head, row = await _message(connection, request)
        subject, operator = subject_of(head["conversation_id"]), operator_of(request)
        try:
            places, pattern = await strike_out(connection, row["id"], words)
        except ValueError:
            error = (
                "Scrivi le parole come sono nel messaggio, almeno due caratteri; di una parola a metà, almeno quattro."
            )
            return await _form(connection, request, row, reason, error)
        # Not even the reason may say them.
        told = pattern.sub(OMITTED, reason)
        await audit.record(
            connection, operator, "parole cancellate", subject, note=told, messaggio=str(row["id"]), punti=places
        )
    task = asyncio.create_task(_look_again(request.app, head["conversation_id"], pattern))
    request.app[TASKS].add(task)
    task.add_done_callback(request.app[TASKS].discard)
    return redirect(f"/conversazioni/{head['conversation_id']}?fatto=cancellato")


async def _look_again(app: web.Application, conversation_id: UUID, pattern: re.Pattern[str]) -> None:
    try:
        await clean_up(app[ENGINE])
        await asyncio.sleep(AGAIN_AFTER)
        async with app[ENGINE].begin() as connection:
            await sweep(connection, conversation_id, pattern)
    except DBAPIError as error:
        log.warning("struck-out words not looked for again", reason=type(error.orig).__name__)

"""A new model beside the live one: only the differences, and the way to put it live."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import messages
from bot.teaching import live, runs
from bot.teaching.stock import stocked
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE, SETTINGS
from console.operators import Operator
from console.pages import render
from console.tables import summaries
from console.transcripts import labels
from console.transcripts.reading import masked

routes = web.RouteTableDef()


@routes.get("/modello/confronti/{id}", name="model_comparison")
@needs("supervisore")
async def show(request: web.Request) -> web.StreamResponse:
    """What a finished run found. Citizens' words are read from the transcript, masked, and that is logged."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        run = await _run(connection, request)
        changes = await with_words(connection, operator, run.changes or [])
        now = await live.live_choice(connection)
        known = {one.id: one for one in await stocked(connection, request.app[SETTINGS])}
        if changes:
            await audit.record(connection, operator, "confronto letto", f"run:{run.id}", messaggi=len(changes))
    model = known.get(run.model_id or "")
    return render(
        request,
        "comparison.html",
        run=run,
        found=run.regression,
        changes=changes,
        hidden=len(run.changes or []) - len(changes),
        model=model,
        current=now is not None and now.model_id == run.live_id,
        can_go_live=model is not None and model.fits and not model.is_live,
        in_words=in_words,
        title=labels.intent,
    )


async def _run(connection: AsyncConnection, request: web.Request) -> runs.Run:
    try:
        run = await runs.run_of(connection, UUID(request.match_info["id"]))
    except ValueError:
        run = None
    if run is None or run.state != "done" or run.regression is None:
        raise web.HTTPNotFound
    return run


async def with_words(
    connection: AsyncConnection, operator: Operator, changes: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The changes with what was written, masked, and its conversation.

    Left out: messages erased since, and those of conversations that are not the operator's to see.
    """
    query = (
        select(messages.c.id, messages.c.text, messages.c.conversation_id, summaries.c.centre)
        .outerjoin(summaries, summaries.c.conversation_id == messages.c.conversation_id)
        .where(messages.c.id.in_([UUID(one["message"]) for one in changes]))
    )
    rows = {str(row.id): row for row in await connection.execute(query)}
    return [
        one | {"text": masked(rows[one["message"]].text), "conversation": rows[one["message"]].conversation_id}
        for one in changes
        if one["message"] in rows and operator.sees_centre(rows[one["message"]].centre)
    ]


def in_words(understood: dict[str, Any] | None) -> str:
    """What the assistant makes of a message, and how sure it is."""
    if understood is None:
        return "nessun modello"
    words = labels.intent(understood["intent"]) or "niente"
    confidence = understood["confidence"]
    sure = "" if confidence is None else f" ({round(100 * confidence)}\u00a0%)"
    return f"Non è sicuro e chiede, forse: {words}{sure}" if understood["asks"] else f"{words}{sure}"

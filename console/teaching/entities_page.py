"""Correcting what was recognised in a message: place, centre, service, day; kept as a case of the regression set."""

import asyncio
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import ROME, now
from bot.teaching import queue
from bot.teaching.entities import KINDS, corrected, recognised
from bot.teaching.lessons import Proposal
from bot.teaching.wording import one_line
from console.access import needs
from console.pages import render
from console.security import refusal
from console.teaching import confirming
from console.teaching.listing import Row
from console.teaching.queue_page import chosen_intent, read
from console.teaching.topic_page import line_of

routes = web.RouteTableDef()


@routes.get("/da-rivedere/{id}/riconosciuto", name="review_entities")
@needs("supervisore")
async def show(request: web.Request) -> web.StreamResponse:
    """What is recognised now in the row's message, to be corrected."""
    row, _, project = await read(request)
    item = row.items[0]
    fields = {"frase": one_line(row.words), "argomento": project.title(item["intent"])} | dict.fromkeys(KINDS, "")
    return await _page(request, row, fields)


def _said_on(row: Row) -> date:
    return row.latest.astimezone(ROME).date()


async def _page(
    request: web.Request, row: Row, fields: dict[str, str], *, status: int = 200, **values: Any
) -> web.Response:
    _, _, project = await read(request)
    found = await asyncio.to_thread(recognised, fields["frase"], said_on=_said_on(row))
    known = {
        "row": row,
        "fields": fields,
        "found": [(KINDS[kind], value) for kind, value in found],
        "said_on": _said_on(row),
        "project": project,
        "municipalities": sorted(project.knowledge.by_municipality),
        "centres": sorted(((one.id, one.name) for one in project.knowledge.centres.values()), key=lambda pair: pair[1]),
        "services": sorted(
            ((one.id, one.title) for one in project.knowledge.services.values()), key=lambda pair: pair[1].casefold()
        ),
    }
    return render(request, "review_entities.html", status=status, **known | confirming.NOTHING_SHOWN | values)


@routes.post("/da-rivedere/{id}/riconosciuto", name="review_entities_keep")
@needs("supervisore")
async def keep(request: web.Request) -> web.StreamResponse:
    """Show what would be written; write it once that was seen."""
    row, status, project = await read(request)
    form: Any = await request.post()
    fields = {name: line_of(form, name) for name in ("frase", "argomento", *KINDS)}
    intent = chosen_intent(project, fields["argomento"])
    page = partial(_page, request, row, fields)
    if intent is None:
        return await page(status=422, error="Scegli un argomento dall'elenco.", error_field="argomento")
    if status != "open":
        raise refusal(web.HTTPConflict, "Questa riga non è più da rivedere.")
    wanted = {kind: fields[kind] for kind in KINDS if fields[kind]}

    def propose(root: Path) -> Proposal:
        return corrected(root, text=fields["frase"], intent=intent, wanted=wanted, said_on=_said_on(row))

    async def handled(connection: AsyncConnection, lesson_id: UUID) -> None:
        by = confirming.author_of(request).name
        if not await queue.decide(connection, row.id, "taught", by=by, at=now(), lesson_id=lesson_id):
            raise refusal(web.HTTPConflict, "Questa riga non è più da rivedere.")

    return await confirming.by_form(request, propose, page, also=handled)

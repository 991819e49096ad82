"""Downloading a selection: supervisors; with personal data in clear for a reason; always logged, before the first byte."""

from uuid import UUID

import structlog
from aiohttp import web
from sqlalchemy import text

from bot.clock import now
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.security import HEADERS, refusal
from console.transcripts.conversation_page import reason_of
from console.transcripts.export import as_csv, as_json, selected
from console.transcripts.filters import read_filters
from console.transcripts.list_page import TOO_COMMON
from console.transcripts.listing import NothingToSearchError

log = structlog.get_logger()
routes = web.RouteTableDef()

MAX_CHOSEN = 1000
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
WRITE_BYTES = 64 * 1024


@routes.post("/esporta", name="export")
@needs("supervisore")
async def export(request: web.Request) -> web.StreamResponse:
    """The file, as it is read."""
    form, operator = await request.post(), operator_of(request)
    kind = str(form.get("formato", "csv"))
    if kind not in TYPES:
        raise web.HTTPBadRequest
    clear = bool(form.get("in_chiaro"))
    reason = reason_of(form) if clear else str(form.get("motivo", ""))[:300]
    filters = None if form.get("quali") == "scelte" else read_filters(form)
    chosen = _chosen([str(one) for one in form.getall("scelta", [])]) if filters is None else []
    async with request.app[ENGINE].begin() as connection:
        note = "; ".join(part for part in (reason, filters.parole if filters else "") if part)
        about = {"formato": kind, "in_chiaro": clear, "filtri": filters.described() if filters else {}}
        about |= {"scelte": [str(one) for one in chosen]}
        subject = f"conversation:{chosen[0]}" if len(chosen) == 1 else ""
        await audit.record(connection, operator, "esportazione", subject, note=note, **about)
    async with request.app[ENGINE].connect() as connection:
        # All pages of one moment: what changes meanwhile neither comes twice nor is missing.
        await connection.execution_options(isolation_level="REPEATABLE READ")
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        heads = selected(connection, operator, filters=filters, chosen=chosen)
        written = (as_csv if kind == "csv" else as_json)(connection, heads, clear=clear)
        try:
            first = await anext(written)
        except NothingToSearchError:
            raise refusal(web.HTTPUnprocessableEntity, TOO_COMMON) from None
        name = f"conversazioni-{now():%Y%m%d-%H%M}.{kind}"
        answer = web.StreamResponse(
            headers=HEADERS | {"Content-Type": TYPES[kind], "Content-Disposition": f'attachment; filename="{name}"'}
        )
        await answer.prepare(request)
        kept = bytearray(first)
        async for piece in written:
            kept += piece
            if len(kept) > WRITE_BYTES:
                await answer.write(bytes(kept))
                kept.clear()
        await answer.write_eof(bytes(kept))
    return answer


def _chosen(given: list[str]) -> list[UUID]:
    try:
        chosen = [UUID(one) for one in given]
    except ValueError:
        raise web.HTTPBadRequest from None
    if not 1 <= len(chosen) <= MAX_CHOSEN:
        raise refusal(web.HTTPUnprocessableEntity, "Scegli almeno una conversazione, al massimo 1000.")
    return chosen

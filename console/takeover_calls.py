"""Calls to make, and ready-made answers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.conversations import canned
from bot.conversations.call_backs import OUTCOMES, CallBack, called, calls_to_make
from console import audit
from console.access import needs, operator_of
from console.harmless import harmless
from console.keys import ENGINE
from console.operators import Operator
from console.pages import NAVIGATION, redirect, render
from console.tables import summaries
from console.transcripts.conversation_page import subject_of

routes = web.RouteTableDef()
NAVIGATION += [("/chiamate", "Chiamate", "operatore"), ("/risposte", "Risposte pronte", "operatore")]
LATE = timedelta(days=1)
"""A call not made so long after what the citizen was told is late."""
DONE = {
    "segnata": "Fatto: la chiamata è segnata.",
    "salvata": "Fatto: la risposta è salvata.",
    "tolta": "Fatto: la risposta è tolta.",
}


@routes.get("/chiamate", name="calls")
@needs("operatore")
async def show_calls(request: web.Request) -> web.StreamResponse:
    """Whom to telephone; the numbers only by their last digits."""
    return await _calls(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _calls(request: web.Request, *, shown: CallBack | None = None, **values: Any) -> web.Response:
    async with request.app[ENGINE].connect() as connection:
        calls = await _of_my_centres(connection, operator_of(request), await calls_to_make(connection))
    return render(request, "calls.html", calls=calls, shown=shown, late=clock.now() - LATE, outcomes=OUTCOMES, **values)


@routes.post("/chiamate/{id}/numero", name="call_number")
@needs("operatore")
async def show_number(request: web.Request) -> web.StreamResponse:
    """One number in clear; that it was shown is logged."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        call = await _call(connection, request)
        await audit.record(connection, operator, "numero in chiaro", subject_of(call.conversation_id))
    return await _calls(request, shown=call)


@routes.post("/chiamate/{id}/esito", name="call_outcome")
@needs("operatore")
async def note_outcome(request: web.Request) -> web.StreamResponse:
    """How the call went."""
    outcome, operator = str((await request.post()).get("esito", "")), operator_of(request)
    if outcome not in OUTCOMES:
        return await _calls(request, error="Scegli com'è andata la chiamata.")
    async with request.app[ENGINE].begin() as connection:
        call = await _call(connection, request)
        await called(connection, call.id, operator=str(operator.id), outcome=outcome)
        await audit.record(connection, operator, "chiamata", subject_of(call.conversation_id), esito=outcome)
    return redirect("/chiamate?fatto=segnata")


async def _call(connection: AsyncConnection, request: web.Request) -> CallBack:
    """The call of the address. Raises HTTP 404 for one that was made, given up, or is of another centre."""
    known = await _of_my_centres(connection, operator_of(request), await calls_to_make(connection))
    found = next((one for one in known if str(one.id) == request.match_info["id"]), None)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _of_my_centres(connection: AsyncConnection, operator: Operator, calls: list[CallBack]) -> list[CallBack]:
    ids = [one.conversation_id for one in calls]
    query = select(summaries.c.conversation_id, summaries.c.centre).where(summaries.c.conversation_id.in_(ids))
    centres = {row.conversation_id: row.centre for row in await connection.execute(query)}
    return [one for one in calls if operator.sees_centre(centres.get(one.conversation_id))]


@routes.get("/risposte", name="canned")
@needs("operatore")
async def show_canned(request: web.Request) -> web.StreamResponse:
    """Ready-made answers; supervisors change them."""
    return await _canned(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _canned(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    search = request.query.get("cerca", "")
    async with request.app[ENGINE].connect() as connection:
        ready = await canned.search(connection, search)
    known = {"ready": ready, "search": search, "form": {"title": "", "text": ""}}
    return render(request, "canned.html", status=status, **known | values)


@routes.post("/risposte", name="canned_keep")
@needs("supervisore")
async def keep_canned(request: web.Request) -> web.StreamResponse:
    """Add one, or change one."""
    form, operator = await request.post(), operator_of(request)
    title, text = harmless(str(form.get("titolo", ""))), harmless(str(form.get("testo", "")).replace("\r\n", "\n"))
    try:
        canned_id = UUID(str(form["id"])) if form.get("id") else None
        async with request.app[ENGINE].begin() as connection:
            kept = await canned.keep(connection, title=title, text=text, canned_id=canned_id)
            await audit.record(connection, operator, "risposta pronta salvata", f"risposta:{kept}")
    except ValueError:
        error = (
            f"Servono un titolo (al massimo {canned.MOST_TITLE} caratteri) e un testo (al massimo {canned.MOST_TEXT})."
        )
        return await _canned(
            request, status=422, error=error, error_field="titolo", form={"title": title, "text": text}
        )
    return redirect("/risposte?fatto=salvata")


@routes.post("/risposte/{id}/togli", name="canned_remove")
@needs("supervisore")
async def remove_canned(request: web.Request) -> web.StreamResponse:
    """Take one away."""
    try:
        canned_id = UUID(request.match_info["id"])
    except ValueError:
        raise web.HTTPNotFound from None
    async with request.app[ENGINE].begin() as connection:
        await canned.throw_away(connection, canned_id)
        await audit.record(connection, operator_of(request), "risposta pronta tolta", f"risposta:{canned_id}")
    return redirect("/risposte?fatto=tolta")

"""The page "Da rivedere": what was not or badly understood, one row for all messages that ask the same.

Operators see it, propose what was meant and set rows aside; supervisors teach. Who answers citizens every day knows best
what they meant, but an example changes the answers everybody gets: a second pair of eyes looks before it is written.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import now
from bot.teaching import queue
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import NAVIGATION, redirect, render
from console.security import refusal
from console.teaching import listing
from console.teaching.project import Project, project_of
from console.transcripts import labels
from console.transcripts.reading import logged_lately

routes = web.RouteTableDef()
NAVIGATION += [("/da-rivedere", "Da rivedere", "operatore")]
VIEWS = {"open": "Da fare", "taught": "Insegnate", "ignored": "Messe da parte"}
STATES = {"": "open", "insegnate": "taught", "da-parte": "ignored"}
DONE = {
    "da-parte": "Fatto: la riga è messa da parte. La trovi fra quelle messe da parte, se cambi idea.",
    "ripresa": "Fatto: la riga è di nuovo fra quelle da rivedere.",
    "proposta": "Fatto: la tua proposta è salvata. Un supervisore la guarda e la insegna.",
    "divisa": "Fatto: i messaggi scelti sono ora una riga per conto loro: questa.",
}
PATIENCE_SECONDS = 2.0
COLLECTING: web.AppKey[dict[str, asyncio.Task[bool]]] = web.AppKey("review_collecting", dict[str, asyncio.Task[bool]])
MEANWHILE = "Nel frattempo un collega ha già deciso di questa riga. Guarda com'è adesso."


def set_up(app: web.Application) -> None:
    """Room for the search for new messages, which ends with the application."""
    app[COLLECTING] = {}
    app.on_shutdown.append(_give_up)


async def _give_up(app: web.Application) -> None:
    for task in app[COLLECTING].values():
        task.cancel()
        await asyncio.wait({task})


@routes.get("/da-rivedere", name="review_queue")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The rows, those first that were said most often and lately."""
    project = await project_of(request)
    view = request.query.get("vista", "")
    reason = request.query.get("motivo", "")
    number = request.query.get("pagina", "0")
    page = int(number) if number.isdecimal() and len(number) < 5 else 0
    more = await _collected(request.app, project)
    async with request.app[ENGINE].connect() as connection:
        found = await listing.page_of(
            connection,
            operator_of(request),
            status=STATES.get(view, "open"),
            reason=reason if reason in queue.REASONS else "",
            page=page,
        )
    return render(
        request,
        "review_queue.html",
        queue=found,
        view=view if view in STATES else "",
        reason=reason,
        reasons=queue.REASONS,
        more_to_collect=more,
        project=project,
        labels=labels,
        done=DONE.get(request.query.get("fatto", ""), ""),
    )


async def _collected(app: web.Application, project: Project) -> bool:
    """Look for what is new, for a moment at most: it goes on without the page. Whether more is to come."""
    task = app[COLLECTING].get("now")
    if task is None or task.done():
        task = app[COLLECTING]["now"] = asyncio.create_task(_collect(app, project))
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    return task.result() if done else True


async def _collect(app: web.Application, project: Project) -> bool:
    telling = await asyncio.to_thread(lambda: project.training.telling)
    async with app[ENGINE].begin() as connection:
        _, more = await queue.collect(connection, telling, since=now() - timedelta(days=queue.DAYS))
    return more


def cluster_id_of(request: web.Request) -> UUID:
    """The cluster of the address. Raises HTTP 404."""
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise web.HTTPNotFound from None


async def row_of(connection: AsyncConnection, request: web.Request) -> tuple[listing.Row, str]:
    """The row of the address and its state. Raises HTTP 404, also for one of other centres alone."""
    found = await listing.one(connection, operator_of(request), cluster_id_of(request))
    if found is None:
        raise web.HTTPNotFound
    return found


async def read(request: web.Request) -> tuple[listing.Row, str, Project]:
    """The row of the address, its state and the project; that it was read is logged."""
    project = await project_of(request)
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        row, status = await row_of(connection, request)
        subject = f"review:{row.id}"
        if not await logged_lately(connection, operator, subject):
            await audit.record(connection, operator, "lettura", subject, messages=row.messages)
    return row, status, project


def chosen_intent(project: Project, written: str) -> str | None:
    """An intent that can be taught, by its name or its words; None when it is not clear which."""
    return written if written in project.training.examples.files else project.chosen(written)


@routes.post("/da-rivedere/{id}/proponi", name="review_propose")
@needs("operatore")
async def propose(request: web.Request) -> web.StreamResponse:
    """What an operator thinks was meant."""
    project, operator = await project_of(request), operator_of(request)
    intent = chosen_intent(project, str((await request.post()).get("argomento", "")).strip()[:200])
    if intent is None:
        raise refusal(web.HTTPUnprocessableEntity, "Scegli un argomento dall'elenco: questo non c'è.")
    async with request.app[ENGINE].begin() as connection:
        row, _ = await row_of(connection, request)
        if not await queue.propose(connection, row.id, intent, by=operator.name, at=now()):
            raise refusal(web.HTTPConflict, MEANWHILE)
        await audit.record(connection, operator, "proposta", f"review:{row.id}", argomento=intent)
    return redirect("/da-rivedere?fatto=proposta")


@routes.post("/da-rivedere/{id}/da-parte", name="review_ignore")
@needs("operatore")
async def ignore(request: web.Request) -> web.StreamResponse:
    """Not for us: it does not come back in the same words."""
    return await _decide(request, "messa da parte", "/da-rivedere?fatto=da-parte")


@routes.post("/da-rivedere/{id}/riprendi", name="review_reopen")
@needs("operatore")
async def reopen(request: web.Request) -> web.StreamResponse:
    """It is for us after all."""
    return await _decide(request, "ripresa", "/da-rivedere?fatto=ripresa")


async def _decide(request: web.Request, what: str, then: str) -> web.Response:
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        row, _ = await row_of(connection, request)
        if what == "ripresa":
            done = await queue.reopen(connection, row.id)
        else:
            done = await queue.decide(connection, row.id, "ignored", by=operator.name, at=now())
        if not done:
            raise refusal(web.HTTPConflict, MEANWHILE)
        await audit.record(connection, operator, what, f"review:{row.id}", messages=row.messages)
    return redirect(then)


@routes.post("/da-rivedere/{id}/dividi", name="review_split")
@needs("operatore")
async def split(request: web.Request) -> web.StreamResponse:
    """Messages that ask something else get a row of their own."""
    form: Any = await request.post()
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        row, _ = await row_of(connection, request)
        wanted = {str(one) for one in form.getall("messaggio", [])}
        ids = [item["message_id"] for item in row.items if str(item["message_id"]) in wanted]
        if not ids or len(ids) == len(row.items):
            raise refusal(web.HTTPUnprocessableEntity, "Scegli i messaggi da staccare: almeno uno, ma non tutti.")
        new = await queue.split_off(connection, row.id, ids)
        if new is None:
            raise refusal(web.HTTPConflict, MEANWHILE)
        await audit.record(connection, operator, "divisa", f"review:{row.id}", nuova=str(new), messages=len(ids))
    return redirect(f"/da-rivedere/{new}?fatto=divisa")

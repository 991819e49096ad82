"""What was taught: who, when, the diff; taking it back; the files that changed, as a patch."""

from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import now
from bot.teaching.changes import ReverseError
from bot.teaching.lessons import (
    ChangedError,
    NotWritableError,
    Proposal,
    latest_lessons,
    lesson_of,
    undo,
    undoing,
)
from bot.teaching.versions import changed_files, patch_of
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import redirect, render
from console.security import refusal
from console.teaching import confirming, diffs
from console.teaching.project import project_of, root_of

routes = web.RouteTableDef()
PAGE = 50
KINDS = {
    "examples": "Frasi",
    "entities": "Luoghi, giorni, servizi",
    "topic": "Argomento nuovo",
    "answer": "Risposta",
    "centre": "Centro",
    "place": "Nome di luogo",
    "owner": "Responsabile",
    "regression": "Prova tolta",
}
TRAINED = ("examples", "topic")
"""What only a new model knows; the rest is read again by itself."""
DONE = {
    "insegnata": "Fatto: è scritto nei file del progetto.",
    "annullata": "Fatto: i file sono come prima. I messaggi sono di nuovo da rivedere.",
}


@routes.get("/lezioni", name="lessons")
@needs("operatore")
async def show_all(request: web.Request) -> web.StreamResponse:
    """The lessons, the latest first, and which files differ from the last version kept."""
    before = _uuid(request.query.get("prima", ""))
    async with request.app[ENGINE].connect() as connection:
        found = await latest_lessons(connection, most=PAGE + 1, before=before)
    changed = await changed_files(root_of(request))
    older = found[PAGE - 1]["id"] if len(found) > PAGE else None
    return render(
        request,
        "lessons.html",
        lessons=found[:PAGE],
        older=older,
        kinds=KINDS,
        changed=changed,
        project=await project_of(request),
        done=DONE.get(request.query.get("fatto", ""), ""),
    )


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


async def _lesson(connection: AsyncConnection, request: web.Request) -> RowMapping:
    lesson_id = _uuid(request.match_info["id"])
    lesson = await lesson_of(connection, lesson_id) if lesson_id else None
    if lesson is None:
        raise web.HTTPNotFound
    return lesson


@routes.get("/lezioni/modifiche.patch", name="lessons_patch")
@needs("supervisore")
async def download(request: web.Request) -> web.StreamResponse:
    """Everything taught that the last version kept does not have, as one patch."""
    async with request.app[ENGINE].begin() as connection:
        patch = await patch_of(connection, root_of(request))
        await audit.record(connection, operator_of(request), "modifiche scaricate", "", caratteri=len(patch))
    name = f"sportello-insegnato-{now():%Y%m%d-%H%M}.patch"
    return web.Response(
        body=patch.encode(),
        content_type="text/x-patch",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.get("/lezioni/{id}", name="lesson")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """One lesson; how to train with it, how to take it back."""
    async with request.app[ENGINE].connect() as connection:
        lesson = await _lesson(connection, request)
    return await _page(request, lesson, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, lesson: RowMapping, *, status: int = 200, **values: Any) -> web.Response:
    known: dict[str, Any] = {
        "lesson": lesson,
        "kinds": KINDS,
        "files": diffs.files_of(lesson["diff"]),
        "trained": lesson["kind"] in TRAINED,
        "train_url": train_url(request),
        "project": await project_of(request),
        "back": None,
        "back_files": [],
        "warning": "",
    }
    return render(request, "lesson.html", status=status, **known | values)


def train_url(request: web.Request) -> str:
    """Where a training is started: the page of models when this console cannot start one."""
    router = request.app.router
    return str(router["model_train"].url_for()) if "model_train" in router else ""


@routes.post("/lezioni/{id}/annulla", name="lesson_undo")
@needs("supervisore")
async def take_back(request: web.Request) -> web.StreamResponse:
    """Show what taking it back would change, then do it."""
    form = await request.post()
    async with request.app[ENGINE].connect() as connection:
        lesson = await _lesson(connection, request)
    if lesson["undone_at"] is not None:
        raise refusal(web.HTTPConflict, "Questa lezione è già annullata.")
    shown = str(form.get("mostrato", ""))
    try:
        if not shown:
            return await _ask(request, lesson, await confirming.proposed(request, undoing(lesson)), 200, "")
        await undo(
            request.app[ENGINE],
            root_of(request),
            lesson["id"],
            shown=shown,
            author=confirming.author_of(request),
            also=lambda connection, _: _log(connection, request, lesson),
        )
    except ChangedError as error:
        return await _ask(request, lesson, error.proposal, 409, confirming.CHANGED)
    except ReverseError as error:
        told = (
            f"Non posso annullarla: {error.path} è stato cambiato proprio in quel punto. Correggilo dalla sua pagina."
        )
        return await _page(request, lesson, status=409, error=told)
    except NotWritableError as error:
        raise refusal(web.HTTPInsufficientStorage, str(error)) from None
    except LookupError:
        raise refusal(web.HTTPConflict, "Questa lezione è già annullata.") from None
    return redirect(f"/lezioni/{lesson['id']}?fatto=annullata")


async def _ask(request: web.Request, lesson: RowMapping, proposal: Proposal, status: int, warning: str) -> web.Response:
    files = diffs.files_of(proposal.diff)
    return await _page(request, lesson, status=status, back=proposal, back_files=files, warning=warning)


async def _log(connection: AsyncConnection, request: web.Request, lesson: RowMapping) -> None:
    await audit.record(connection, operator_of(request), "insegnamento annullato", f"lesson:{lesson['id']}")

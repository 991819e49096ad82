"""What every page that writes into the project shares: the diff is shown, and exactly that is written on the next press."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.teaching.knowledge_edit import KnowledgeEditError
from bot.teaching.lessons import Also, Author, ChangedError, NotWritableError, Proposal, teach
from console import audit
from console.access import operator_of
from console.keys import ENGINE
from console.pages import redirect
from console.security import refusal
from console.teaching.diffs import files_of
from console.teaching.project import WRONG_FILES, root_of, wrong_files

Propose = Callable[[Path], Proposal]
CHANGED = "Nel frattempo un collega ha cambiato questi file. Guarda di nuovo che cosa scriverò, poi conferma."
EDITED = "Hai cambiato qualcosa: guarda che cosa scriverò, poi conferma."


def author_of(request: web.Request) -> Author:
    """The signed-in operator, as lessons name their author."""
    operator = operator_of(request)
    return Author(name=operator.name, account_id=operator.id)


async def proposed(request: web.Request, propose: Propose) -> Proposal:
    """What would be written now. Raises HTTP 409 when a file of the project is wrong."""
    try:
        return await asyncio.to_thread(propose, root_of(request))
    except WRONG_FILES as error:
        raise wrong_files(error) from None


def logged(request: web.Request, proposal: Proposal, also: Also | None = None) -> Also:
    """Log the lesson in its own transaction, after what else belongs to it."""

    async def both(connection: AsyncConnection, lesson_id: Any) -> None:
        if also is not None:
            await also(connection, lesson_id)
        files = [change.path for change in proposal.changes]
        about: dict[str, Any] = {"genere": proposal.kind, "argomento": proposal.intent or "", "file": files}
        await audit.record(connection, operator_of(request), "insegnamento", f"lesson:{lesson_id}", **about)

    return both


async def write(
    request: web.Request,
    propose: Propose,
    again: Callable[[Proposal, int, str], Awaitable[web.StreamResponse]],
    *,
    also: Also | None = None,
    proposal: Proposal | None = None,
) -> web.StreamResponse:
    """Write what the form asks for if that is what its page showed (`mostrato`), then show the lesson.

    Else `again` is called to show the page once more with the new diff: 409 when the files changed, 200 when the form did.
    """
    form: Any = await request.post()
    shown, before = str(form.get("mostrato", "")), str(form.get("modulo", ""))
    proposal = proposal or await proposed(request, propose)
    if proposal.digest != shown:
        same_form = before == form_state(form.items())
        return await again(proposal, 409 if same_form else 200, CHANGED if same_form else EDITED)
    try:
        lesson_id = await teach(
            request.app[ENGINE],
            root_of(request),
            propose,
            shown=shown,
            author=author_of(request),
            also=logged(request, proposal, also),
        )
    except ChangedError as error:
        return await again(error.proposal, 409, CHANGED)
    except NotWritableError as error:
        raise refusal(web.HTTPInsufficientStorage, str(error)) from None
    return redirect(f"/lezioni/{lesson_id}?fatto=insegnata")


Page = Callable[..., Awaitable[web.StreamResponse]]
NOTHING_SHOWN: dict[str, Any] = {"proposal": None, "files": [], "form_state": "", "warning": ""}
"""What a page with a form knows before it was sent."""


async def by_form(
    request: web.Request, propose: Propose, page: Page, *, also: Also | None = None
) -> web.StreamResponse:
    """`write` for a form that has the diff above it: `page` is called with what the template needs.

    What the knowledge's rules refuse is said at its field.
    """
    form: Any = await request.post()
    try:
        proposal = await proposed(request, propose)
    except KnowledgeEditError as error:
        return await page(status=422, error=str(error), error_field=error.field)
    if not proposal.changes:
        return await page(status=422, error="Non hai cambiato niente.")

    async def again(found: Proposal, status: int, warning: str) -> web.StreamResponse:
        return await page(
            status=status if form.get("mostrato") else 200,
            proposal=found,
            files=files_of(found.diff),
            form_state=form_state(form.items()),
            warning=warning if form.get("mostrato") else "",
        )

    return await write(request, propose, again, also=also, proposal=proposal)


def form_state(fields: Iterable[tuple[str, Any]]) -> str:
    """Names what a form says, so that a changed form and a changed file can be told apart."""
    told = [(name, str(value)) for name, value in fields if name not in ("csrf", "mostrato", "modulo")]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()

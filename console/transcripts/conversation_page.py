"""The page of one conversation: to read, to print, to follow live, and with personal data in clear for a reason."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from console import audit
from console.access import needs, operator_of
from console.accounts import all_accounts
from console.keys import ENGINE, SETTINGS
from console.operators import Operator
from console.pages import render
from console.security import refusal
from console.transcripts import labels
from console.transcripts.reading import (
    Transcript,
    about_conversation,
    logged_lately,
    mark_read,
    read_conversation,
)

routes = web.RouteTableDef()
MIN_REASON, MAX_REASON = 5, 300
DONE = {
    "nota": "Fatto: la nota è aggiunta.",
    "nota-tolta": "Fatto: la nota è tolta.",
    "etichetta": "Fatto: l'etichetta è aggiunta.",
    "etichetta-tolta": "Fatto: l'etichetta è tolta.",
    "assegnata": "Fatto: l'assegnazione è cambiata.",
    "scheda": "Fatto: centro ed esito sono salvati.",
    "cancellato": "Fatto: le parole sono cancellate per sempre.",
}
PANELS: list[str] = []
"""Templates that other parts of the console put beside the messages; they know what the page knows."""


def subject_of(conversation_id: UUID) -> str:
    """A conversation in the audit log."""
    return f"conversation:{conversation_id}"


def conversation_id_of(request: web.Request) -> UUID:
    """The conversation of the address. Raises HTTP 404."""
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise web.HTTPNotFound from None


async def head_of(connection: AsyncConnection, request: web.Request) -> RowMapping:
    """The conversation of the address, if the operator may see it. Raises HTTP 404: others learn nothing of it."""
    found = await about_conversation(connection, conversation_id_of(request), operator_of(request))
    if found is None:
        raise web.HTTPNotFound
    return found


def may_see_clear(operator: Operator, about: RowMapping) -> bool:
    """Whether personal data may be shown: to supervisors, and to whoever works on the conversation.

    That is who it is assigned to, and who is talking with the citizen now, whoever it was assigned to meanwhile: one who
    answers needs the name and the code of the person they answer. Having had it once is not enough.
    """
    mine = about["assigned_to"] == operator.id or about["held_by"] == str(operator.id)
    return operator.has("supervisore") or mine


def reason_of(form: Mapping[str, Any]) -> str:
    """The reason given, or HTTP 422."""
    given = " ".join(str(form.get("motivo", "")).split())
    if len(given) < MIN_REASON:
        raise refusal(web.HTTPUnprocessableEntity, "Scrivi il motivo, con almeno 5 caratteri: resta nel registro.")
    return given[:MAX_REASON]


@routes.get("/conversazioni/{id}", name="conversation")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """Everything, masked. That it was read is logged."""
    async with request.app[ENGINE].begin() as connection:
        head = await head_of(connection, request)
        transcript = await read_conversation(connection, head)
        people = [(one["id"], one["name"]) for one in await all_accounts(connection) if one["disabled_at"] is None]
        await _read(connection, request, transcript)
    done = DONE.get(request.query.get("fatto", ""), "")
    return _page(request, "conversation.html", transcript, people=people, done=done)


@routes.get("/conversazioni/{id}/messaggi", name="conversation_messages")
@needs("operatore")
async def fragment(request: web.Request) -> web.StreamResponse:
    """The messages alone, for a page that follows the conversation."""
    async with request.app[ENGINE].begin() as connection:
        transcript = await read_conversation(connection, await head_of(connection, request))
        await _read(connection, request, transcript, again=False)
    return _page(request, "messages.html", transcript)


@routes.get("/conversazioni/{id}/stampa", name="conversation_print")
@needs("operatore")
async def to_print(request: web.Request) -> web.StreamResponse:
    """For paper: with times and how each message ended, masked."""
    async with request.app[ENGINE].begin() as connection:
        transcript = await read_conversation(connection, await head_of(connection, request))
        await audit.record(connection, operator_of(request), "stampa", subject_of(transcript.id))
    return _page(request, "print.html", transcript)


@routes.post("/conversazioni/{id}/dati", name="conversation_clear")
@needs("operatore")
async def show_clear(request: web.Request) -> web.StreamResponse:
    """The same with personal data in clear, for a reason that is logged."""
    form = await request.post()
    async with request.app[ENGINE].begin() as connection:
        head = await head_of(connection, request)
        if not may_see_clear(operator_of(request), head):
            raise web.HTTPForbidden
        reason = reason_of(form)
        transcript = await read_conversation(connection, head, clear=True)
        await audit.record(connection, operator_of(request), "dati in chiaro", subject_of(transcript.id), note=reason)
    template = "print.html" if form.get("stampa") else "conversation.html"
    return _page(request, template, transcript)


async def _read(
    connection: AsyncConnection, request: web.Request, transcript: Transcript, *, again: bool = True
) -> None:
    operator, subject = operator_of(request), subject_of(transcript.id)
    await mark_read(connection, operator, transcript.id, transcript.about["last_seq"])
    if again or not await logged_lately(connection, operator, subject):
        await audit.record(connection, operator, "lettura", subject, messages=len(transcript.messages))


def _page(request: web.Request, template: str, transcript: Transcript, **more: object) -> web.Response:
    base = f"/conversazioni/{transcript.id}"
    known: dict[str, Any] = {
        "transcript": transcript,
        "about": transcript.about,
        "labels": labels,
        "base": base,
        "share": request.app[SETTINGS].console_url.rstrip("/") + base,
        "may_see_clear": may_see_clear(operator_of(request), transcript.about),
        "people": [],
        "panels": PANELS,
    }
    return render(request, template, **known | more)

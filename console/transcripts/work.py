"""What operators add to a conversation: notes, tags, whose it is, its centre and outcome."""

import re
from uuid import UUID, uuid4

from aiohttp import web
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.presence import tell
from console import audit
from console.access import needs, operator_of
from console.accounts import account_of
from console.keys import ENGINE
from console.operators import Operator
from console.pages import redirect
from console.security import refusal
from console.tables import notes, tags, work
from console.transcripts import labels
from console.transcripts.conversation_page import head_of, subject_of
from console.transcripts.summaries import summarise

routes = web.RouteTableDef()
MAX_NOTE = 4000
TAG = re.compile(r"[\w][\w .'/-]{0,39}")


async def set_work(connection: AsyncConnection, conversation_id: UUID, **values: object) -> None:
    """Set `assigned_to`, `centre` or `outcome` of a conversation, and bring the list up to date."""
    row = insert(work).values(conversation_id=conversation_id, **values)
    await connection.execute(row.on_conflict_do_update(index_elements=["conversation_id"], set_=values))
    await summarise(connection, [conversation_id])
    await tell(connection, conversation_id)


def _back(conversation_id: UUID, done: str) -> web.Response:
    return redirect(f"/conversazioni/{conversation_id}?fatto={done}")


@routes.post("/conversazioni/{id}/note", name="note_add")
@needs("operatore")
async def add_note(request: web.Request) -> web.StreamResponse:
    """A note for colleagues; citizens never see it."""
    words = str((await request.post()).get("testo", "")).replace("\r\n", "\n").replace("\x00", "").strip()
    if not 1 <= len(words) <= MAX_NOTE:
        raise refusal(web.HTTPUnprocessableEntity, f"Scrivi la nota, al massimo {MAX_NOTE} caratteri.")
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
        row = {"id": uuid4(), "conversation_id": conversation_id, "account_id": operator.id}
        await connection.execute(insert(notes).values(**row, author=operator.name, text=words))
        await audit.record(connection, operator, "nota aggiunta", subject_of(conversation_id), nota=str(row["id"]))
    return _back(conversation_id, "nota")


@routes.post("/conversazioni/{id}/note/{note}/togli", name="note_remove")
@needs("operatore")
async def remove_note(request: web.Request) -> web.StreamResponse:
    """Take a note away: one's own, or any for supervisors."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
        try:
            mine = (notes.c.id == UUID(request.match_info["note"]), notes.c.conversation_id == conversation_id)
        except ValueError:
            raise web.HTTPNotFound from None
        note = (await connection.execute(select(notes).where(*mine))).mappings().one_or_none()
        if note is None:
            raise web.HTTPNotFound
        if note["account_id"] != operator.id and not operator.has("supervisore"):
            raise web.HTTPForbidden
        await connection.execute(delete(notes).where(*mine))
        await audit.record(connection, operator, "nota tolta", subject_of(conversation_id), nota=str(note["id"]))
    return _back(conversation_id, "nota-tolta")


@routes.post("/conversazioni/{id}/etichette", name="tag_add")
@needs("operatore")
async def add_tag(request: web.Request) -> web.StreamResponse:
    """A word to find the conversation by."""
    tag = " ".join(str((await request.post()).get("etichetta", "")).split()).casefold()
    if not TAG.fullmatch(tag):
        raise refusal(
            web.HTTPUnprocessableEntity, "Un'etichetta ha da 1 a 40 caratteri: lettere, cifre, spazi, trattini."
        )
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
        row = insert(tags).values(conversation_id=conversation_id, tag=tag, account_id=operator.id)
        await connection.execute(row.on_conflict_do_nothing())
        await audit.record(connection, operator, "etichetta aggiunta", subject_of(conversation_id), etichetta=tag)
    return _back(conversation_id, "etichetta")


@routes.post("/conversazioni/{id}/etichette/togli", name="tag_remove")
@needs("operatore")
async def remove_tag(request: web.Request) -> web.StreamResponse:
    """Take a tag off."""
    tag = str((await request.post()).get("etichetta", ""))[:40]
    async with request.app[ENGINE].begin() as connection:
        conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
        await connection.execute(delete(tags).where(tags.c.conversation_id == conversation_id, tags.c.tag == tag))
        subject = subject_of(conversation_id)
        await audit.record(connection, operator_of(request), "etichetta tolta", subject, etichetta=tag)
    return _back(conversation_id, "etichetta-tolta")


@routes.post("/conversazioni/{id}/assegna", name="assign")
@needs("operatore")
async def assign(request: web.Request) -> web.StreamResponse:
    """Make it somebody's: operators take and leave their own, supervisors assign to anybody who sees the centre."""
    operator, given = operator_of(request), str((await request.post()).get("a", ""))
    async with request.app[ENGINE].begin() as connection:
        head = await head_of(connection, request)
        conversation_id: UUID = head["conversation_id"]
        to = await _assignee(connection, given, head["centre"])
        if not operator.has("supervisore") and {head["assigned_to"], to} - {None, operator.id}:
            raise web.HTTPForbidden
        await set_work(connection, conversation_id, assigned_to=to, assigned_at=func.now() if to else None)
        await audit.record(connection, operator, "assegnazione", subject_of(conversation_id), a=str(to or ""))
    return _back(conversation_id, "assegnata")


async def _assignee(connection: AsyncConnection, given: str, centre: str | None) -> UUID | None:
    if not given:
        return None
    try:
        account = await account_of(connection, UUID(given))
    except ValueError:
        account = None
    if account is None or account["disabled_at"] is not None:
        raise refusal(web.HTTPUnprocessableEntity, "Questa persona non c'è più: scegline un'altra.")
    person = Operator(
        id=account["id"],
        username=account["username"],
        name=account["name"],
        role=account["role"],
        centres=tuple(account["centres"]),
    )
    if not person.sees_centre(centre):
        raise refusal(web.HTTPUnprocessableEntity, f"{person.name} non vede le conversazioni di questo centro.")
    return person.id


@routes.post("/conversazioni/{id}/scheda", name="set_facts")
@needs("operatore")
async def set_facts(request: web.Request) -> web.StreamResponse:
    """The centre it is about and how it ended; empty: what the console works out."""
    form, operator = await request.post(), operator_of(request)
    centre, outcome = str(form.get("centro", "")) or None, str(form.get("esito", "")) or None
    if centre not in (None, *dict(labels.centres())) or outcome not in (None, *labels.OUTCOMES):
        raise web.HTTPBadRequest
    if not operator.sees_centre(centre):
        raise refusal(web.HTTPUnprocessableEntity, "Puoi scegliere solo fra i tuoi centri.")
    async with request.app[ENGINE].begin() as connection:
        conversation_id: UUID = (await head_of(connection, request))["conversation_id"]
        await set_work(connection, conversation_id, centre=centre, outcome=outcome)
        subject = subject_of(conversation_id)
        await audit.record(connection, operator, "scheda", subject, centro=centre or "", esito=outcome or "")
    return _back(conversation_id, "scheda")

"""Writing to a citizen: take, reply, pass on, close. What is refused says who has the conversation and what to do."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from aiohttp import web
from multidict import MultiDictProxy
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations import canned
from bot.conversations import handoff as desk
from bot.conversations.handoff_model import OUTCOMES, REASONS, GoneError, NotYoursError, TakenError, UnseenError
from bot.conversations.handoff_model import Operator as Person
from bot.conversations.model import Link, Reply
from bot.conversations.presence import operator_types
from bot.conversations.uploads import UploadError
from bot.storage.tables import conversations
from console import audit
from console.access import needs, operator_of
from console.accounts import all_accounts
from console.harmless import harmless
from console.keys import ENGINE, SETTINGS
from console.operators import Operator
from console.pages import redirect, render
from console.security import refusal
from console.takeover import seconds_since
from console.transcripts import labels
from console.transcripts.conversation_page import head_of, subject_of
from console.transcripts.reading import logged_lately, mark_read, read_conversation
from console.transcripts.work import set_work
from console.uploads import again, field_values, takes_files, upload_in

routes = web.RouteTableDef()
BASE = "/attesa/{id}"
NOT_YOURS = "Questa conversazione non è tua, o non lo è più: nel frattempo l'ha presa qualcun altro o è stata chiusa."
UNSEEN = "Nel frattempo il cittadino ha scritto. Leggi i messaggi nuovi, poi chiudi."
EMPTY = f"Scrivi la risposta, al massimo {desk.MOST_CHARS} caratteri."
BAD_LINK = "L'indirizzo del collegamento comincia con https:// o http://."
DONE = {
    "presa": "Adesso la conversazione è tua. Il cittadino sa che gli scrivi tu.",
    "inviata": "Risposta inviata.",
    "passata": "Fatto: la conversazione è passata. Il cittadino lo sa.",
}


def person(operator: Operator) -> Person:
    """The operator as citizens know them: by their first name."""
    return Person(key=str(operator.id), name=operator.name.split()[0])


@routes.get(BASE, name="talk")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The messages, and what the operator can do now."""
    return await _page(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        transcript = await read_conversation(connection, await head_of(connection, request))
        handoff = await desk.open_handoff(connection, transcript.id)
        people = await _colleagues(connection, operator, transcript.about["centre"])
        ready = await canned.search(connection, request.query.get("cerca", ""))
        await mark_read(connection, operator, transcript.id, transcript.about["last_seq"])
        if not await logged_lately(connection, operator, subject_of(transcript.id)):
            await audit.record(
                connection, operator, "lettura", subject_of(transcript.id), messages=len(transcript.messages)
            )
    chosen = next((one.text for one in ready if str(one.id) == request.query.get("usa")), "")
    taken = handoff is not None and handoff.state == "taken"
    known = {
        "transcript": transcript,
        "about": transcript.about,
        "labels": labels,
        "base": f"/conversazioni/{transcript.id}",
        "here": f"/attesa/{transcript.id}",
        "handoff": handoff,
        "taken": taken,
        "mine": handoff is not None and taken and handoff.operator == str(operator.id),
        "people": people,
        "ready": ready,
        "search": request.query.get("cerca", ""),
        "draft": chosen,
        "reply_id": uuid4(),
        "seen": transcript.about["last_seq"],
        "outcomes": OUTCOMES,
        "reasons": REASONS,
        "since": seconds_since,
        "link": "",
        "link_title": "",
    } | field_values(request.app[SETTINGS], transcript.about["channel"])
    return render(request, "takeover_talk.html", status=status, **known | values)


async def _colleagues(connection: AsyncConnection, operator: Operator, centre: str | None) -> list[tuple[str, str]]:
    """Who the conversation could be passed to: those who can see it."""
    active = [one for one in await all_accounts(connection) if one["disabled_at"] is None and one["id"] != operator.id]
    return [
        (str(one["id"]), one["name"]) for one in active if not one["centres"] or not centre or centre in one["centres"]
    ]


@routes.get(f"{BASE}/stato", name="talk_state")
@needs("operatore")
async def state(request: web.Request) -> web.StreamResponse:
    """Whether the citizen is writing, and whose the conversation is."""
    async with request.app[ENGINE].connect() as connection:
        head = await head_of(connection, request)
        conversation_id: UUID = head["conversation_id"]
        typing = select(conversations.c.citizen_typing_until > func.clock_timestamp())
        writes = (await connection.execute(typing.where(conversations.c.id == conversation_id))).scalar_one_or_none()
        handoff = await desk.open_handoff(connection, conversation_id)
    mine = handoff is not None and handoff.state == "taken" and handoff.operator == str(operator_of(request).id)
    return web.json_response({"typing": bool(writes), "mine": mine, "seen": head["last_seq"]})


@routes.post(f"{BASE}/prendi", name="talk_take")
@needs("operatore")
async def take(request: web.Request) -> web.StreamResponse:
    """From now on the operator writes, and the assistant is silent."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        conversation_id = (await head_of(connection, request))["conversation_id"]
        try:
            await desk.take(connection, conversation_id, person(operator))
        except TakenError as error:
            raise refusal(web.HTTPConflict, f"La conversazione è già di {error.name}.") from None
        except GoneError:
            raise web.HTTPNotFound from None
        await set_work(connection, conversation_id, assigned_to=operator.id, assigned_at=func.now())
        await audit.record(connection, operator, "presa in carico", subject_of(conversation_id))
    return redirect(f"/attesa/{conversation_id}?fatto=presa#risposta")


@routes.post(f"{BASE}/rispondi", name="talk_reply")
@takes_files
@needs("operatore")
async def answer(request: web.Request) -> web.StreamResponse:
    """Say it, once: the same form sent twice is one message."""
    form, operator = await request.post(), operator_of(request)
    text = harmless(str(form.get("testo", "")).replace("\r\n", "\n")).strip()
    address, title = str(form.get("indirizzo", "")).strip(), str(form.get("titolo", "")).strip()
    kept = {"draft": text, "link": address, "link_title": title}
    if not 1 <= len(text) <= desk.MOST_CHARS:
        return await _page(request, status=422, error=again(form, EMPTY), error_field="testo", **kept)
    if address and not _is_address(address):
        return await _page(request, status=422, error=again(form, BAD_LINK), error_field="indirizzo", **kept)
    try:
        upload = await upload_in(form, request.app[SETTINGS])
    except UploadError as error:
        return await _page(request, status=422, error=str(error), error_field="allegato", **kept)
    links = [Link(title=harmless(title)[:80] or address, url=address)] if address else []
    async with request.app[ENGINE].begin() as connection:
        conversation_id = (await head_of(connection, request))["conversation_id"]
        reply_id, seen = _id_in(form), _seen_in(form)
        try:
            said = Reply(text=text, links=tuple(links), attachment=upload)
            await desk.reply(connection, conversation_id, person(operator), said, reply_id=reply_id, seen=seen)
        except (NotYoursError, GoneError):
            raise refusal(web.HTTPConflict, NOT_YOURS) from None
        await audit.record(connection, operator, "risposta", subject_of(conversation_id))
    return redirect(f"/attesa/{conversation_id}?fatto=inviata#risposta")


@routes.post(f"{BASE}/passa", name="talk_pass")
@needs("operatore")
async def pass_on(request: web.Request) -> web.StreamResponse:
    """To a colleague. Supervisors may pass on what somebody else has."""
    form, operator = await request.post(), operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        head = await head_of(connection, request)
        conversation_id = head["conversation_id"]
        everybody = {str(one["id"]): one for one in await all_accounts(connection) if one["disabled_at"] is None}
        chosen = everybody.get(str(form.get("a", "")))
        if chosen is None:
            raise refusal(web.HTTPUnprocessableEntity, "Scegli a chi passare la conversazione.")
        handoff = await desk.open_handoff(connection, conversation_id)
        acting = person(operator)
        if handoff is not None and handoff.operator and operator.has("supervisore"):
            acting = Person(key=handoff.operator, name=handoff.operator_name or "")
        to = Person(key=str(chosen["id"]), name=chosen["name"].split()[0])
        try:
            await desk.transfer(connection, conversation_id, acting, to)
        except (NotYoursError, GoneError):
            raise refusal(web.HTTPConflict, NOT_YOURS) from None
        await set_work(connection, conversation_id, assigned_to=chosen["id"], assigned_at=func.now())
        await audit.record(connection, operator, "passata", subject_of(conversation_id), a=chosen["username"])
    return redirect(f"/attesa/{conversation_id}?fatto=passata")


@routes.post(f"{BASE}/chiudi", name="talk_close")
@needs("operatore")
async def close(request: web.Request) -> web.StreamResponse:
    """Back to the assistant, with an outcome."""
    form, operator = await request.post(), operator_of(request)
    outcome = str(form.get("esito", ""))
    if outcome not in OUTCOMES:
        return await _page(request, status=422, error="Scegli com'è andata.", error_field="esito")
    try:
        async with request.app[ENGINE].begin() as connection:
            conversation_id = (await head_of(connection, request))["conversation_id"]
            await desk.close(connection, conversation_id, person(operator), outcome=outcome, seen=_seen_in(form))
            await audit.record(connection, operator, "chiusa", subject_of(conversation_id), esito=outcome)
    except UnseenError:
        return await _page(request, status=409, error=UNSEEN, error_field="messaggi")
    except (NotYoursError, GoneError):
        raise refusal(web.HTTPConflict, NOT_YOURS) from None
    return redirect("/attesa")


@routes.post(f"{BASE}/scrive", name="talk_typing")
@needs("operatore")
async def types(request: web.Request) -> web.StreamResponse:
    """The operator is writing: the citizen sees it for some seconds."""
    async with request.app[ENGINE].begin() as connection:
        conversation_id = (await head_of(connection, request))["conversation_id"]
        handoff = await desk.open_handoff(connection, conversation_id)
        if handoff is not None and handoff.operator == str(operator_of(request).id):
            await operator_types(connection, conversation_id)
    return web.Response(status=204)


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    whole = address.isprintable() and " " not in address and len(address) <= 1000
    return whole and parts.scheme in ("https", "http") and bool(parts.hostname)


def _id_in(form: "MultiDictProxy[Any]") -> UUID:
    try:
        return UUID(str(form.get("numero", "")))
    except ValueError:
        raise web.HTTPBadRequest from None


def _seen_in(form: "MultiDictProxy[Any]") -> int:
    seen = str(form.get("visto", ""))
    if not seen.isascii() or not seen.isdigit() or len(seen) > 9:
        raise web.HTTPBadRequest
    return int(seen)

"""Questions left: the list that renews itself, one question with its answer, assigning and closing."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.answers import people as words
from bot.conversations import canned
from bot.conversations import promises as desk
from bot.conversations.handoff import MOST_CHARS
from bot.conversations.handoff_model import TakenError
from bot.conversations.promises import DoneError, Promise, StoppedError
from bot.conversations.uploads import UploadError
from bot.storage.tables import messages
from console import audit
from console.access import needs, operator_of
from console.accounts import account_of, all_accounts
from console.harmless import harmless
from console.keys import ENGINE, SETTINGS
from console.operators import Operator
from console.pages import redirect, render
from console.promises.listing import listed, parted
from console.security import refusal
from console.takeover_talk import person
from console.transcripts import labels
from console.transcripts.conversation_page import PANELS, subject_of
from console.transcripts.reading import about_conversation, logged_lately, mark_read, read_conversation
from console.transcripts.work import set_work
from console.uploads import again, field_values, takes_files, upload_in

routes = web.RouteTableDef()
PANELS += ["promise_panel.html"]
BASE = "/domande/{id}"
BEFORE = 4
"""So many messages before the question are shown with it."""
EMPTY = f"Scrivi la risposta, al massimo {MOST_CHARS} caratteri."
GONE = "Nel frattempo qualcuno ha già risposto, o il cittadino ha ritirato la domanda."
STOPPED = "Il cittadino ha scritto STOP: non gli possiamo scrivere. Chiudi la domanda dicendo com'è andata."
DONE = {
    "risposta": "Fatto: la risposta è partita.",
    "chiusa": "Fatto: la domanda è chiusa.",
    "assegnata": "Fatto: l'assegnazione è cambiata.",
}


@routes.get("/domande", name="questions")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """What waits for an answer, what is late first; and what was answered lately."""
    return await _list(request, "promises.html", done=DONE.get(request.query.get("fatto", ""), ""))


@routes.get("/domande/righe", name="question_rows")
@needs("operatore")
async def rows(request: web.Request) -> web.StreamResponse:
    """The same without the page around it, for a page that renews itself."""
    return await _list(request, "promises_rows.html")


async def _list(request: web.Request, template: str, **values: Any) -> web.Response:
    operator, now = operator_of(request), clock.now()
    async with request.app[ENGINE].connect() as connection:
        late, waiting = parted(await listed(connection, operator, done=False, now=now))
        closed = await listed(connection, operator, done=True, now=now)
    known: dict[str, Any] = {
        "late": late,
        "waiting": waiting,
        "closed": closed,
        "lost": [one for one in closed if one["lost"]],
        "labels": labels,
        "outcomes": desk.OUTCOMES,
        "since": lambda at: (now - at).total_seconds(),
    }
    return render(request, template, **known | values)


@routes.get(BASE, name="question")
@needs("operatore")
async def open_one(request: web.Request) -> web.StreamResponse:
    """One question: what was said around it, and what can be done."""
    return await _page(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        promise, about = await _found(connection, request)
        transcript = await read_conversation(connection, about)
        asked = select(messages.c.seq).where(messages.c.id == promise.question_id)
        seq = (await connection.execute(asked)).scalar_one_or_none() or 1
        shown = [one for one in transcript.messages if one["seq"] >= seq - BEFORE]
        everybody = await all_accounts(connection)
        ready = await canned.search(connection, request.query.get("cerca", ""))
        stopped = await desk.has_stopped(connection, promise.conversation_id)
        await mark_read(connection, operator, transcript.id, about["last_seq"])
        if not await logged_lately(connection, operator, subject_of(transcript.id)):
            await audit.record(connection, operator, "lettura", subject_of(transcript.id), messages=len(shown))
    names = {str(one["id"]): one["name"] for one in everybody}
    chosen = next((one.text for one in ready if str(one.id) == request.query.get("usa")), "")
    known = {
        "promise": promise,
        "late": promise.is_late(clock.now()),
        "transcript": replace(transcript, messages=shown),
        "about": about,
        "base": f"/conversazioni/{transcript.id}",
        "here": f"/domande/{promise.id}",
        "labels": labels,
        "outcomes": desk.OUTCOMES,
        "closings": {name: desk.OUTCOMES[name] for name in desk.CLOSED_BY_HAND},
        "assigned": names.get(promise.assigned_to or "", ""),
        "done_by": names.get(promise.done_by or "", ""),
        "people": _people(operator, everybody, about["centre"]),
        "ready": ready,
        "search": request.query.get("cerca", ""),
        "draft": chosen,
        "lead": lead_of(promise),
        "stopped": stopped,
        **field_values(request.app[SETTINGS], about["channel"]),
    }
    return render(request, "promise.html", status=status, **known | values)


def _people(operator: Operator, everybody: list[Any], centre: str | None) -> list[tuple[str, str]]:
    """Who it can be assigned to: operators take their own, supervisors give it to anybody who sees the centre."""
    active = [one for one in everybody if one["disabled_at"] is None]
    if not operator.has("supervisore"):
        active = [one for one in active if one["id"] == operator.id]
    return [
        (str(one["id"]), one["name"]) for one in active if not one["centres"] or not centre or centre in one["centres"]
    ]


def lead_of(promise: Promise) -> str:
    """What the citizen reads above the answer: which question it is about."""
    return words.ANSWER_LEAD.format(asked=words.asked_words(promise.asked_at))


async def _found(connection: AsyncConnection, request: web.Request) -> tuple[Promise, Any]:
    """The question of the address and its conversation, if the operator may see it. Raises HTTP 404."""
    try:
        promise = await desk.promise_of(connection, UUID(request.match_info["id"]))
    except ValueError:
        promise = None
    about = promise and await about_conversation(connection, promise.conversation_id, operator_of(request))
    if promise is None or about is None:
        raise web.HTTPNotFound
    return promise, about


@routes.post(f"{BASE}/rispondi", name="question_answer")
@takes_files
@needs("operatore")
async def answer(request: web.Request) -> web.StreamResponse:
    """Say the answer where the question was asked."""
    form, operator = await request.post(), operator_of(request)
    text = harmless(str(form.get("testo", "")).replace("\r\n", "\n")).strip()
    if not 1 <= len(text) <= MOST_CHARS:
        return await _page(request, status=422, error=again(form, EMPTY), error_field="testo", draft=text)
    try:
        upload = await upload_in(form, request.app[SETTINGS])
    except UploadError as error:
        return await _page(request, status=422, error=str(error), error_field="allegato", draft=text)
    try:
        async with request.app[ENGINE].begin() as connection:
            promise, _ = await _found(connection, request)
            lead, now = lead_of(promise), clock.now()
            await desk.answer(connection, promise.id, person(operator), text, lead=lead, now=now, attachment=upload)
            subject = subject_of(promise.conversation_id)
            await audit.record(connection, operator, "domanda: risposta", subject, domanda=str(promise.id))
    except DoneError:
        return await _page(request, status=409, error=GONE, draft=text)
    except StoppedError:
        return await _page(request, status=409, error=STOPPED, error_field="esito", draft=text)
    except TakenError as error:
        other = f"Adesso la conversazione è di {error.name}: aspetta che la chiuda, o fattela passare."
        return await _page(request, status=409, error=other, draft=text)
    return redirect("/domande?fatto=risposta")


@routes.post(f"{BASE}/assegna", name="question_assign")
@needs("operatore")
async def assign(request: web.Request) -> web.StreamResponse:
    """Make it somebody's, or nobody's: operators take and leave their own."""
    operator, given = operator_of(request), str((await request.post()).get("a", ""))
    async with request.app[ENGINE].begin() as connection:
        promise, about = await _found(connection, request)
        allowed = dict(_people(operator, await all_accounts(connection), about["centre"]))
        if given and given not in allowed:
            raise refusal(web.HTTPUnprocessableEntity, "Scegli a chi assegnare la domanda.")
        if not operator.has("supervisore") and promise.assigned_to not in (None, str(operator.id)):
            raise web.HTTPForbidden
        account = await account_of(connection, UUID(given)) if given else None
        try:
            await desk.assign(connection, promise.id, given or None)
        except DoneError:
            raise refusal(web.HTTPConflict, GONE) from None
        # Whoever works on the question works on its conversation.
        to = account["id"] if account else None
        at = func.now() if account else None
        await set_work(connection, promise.conversation_id, assigned_to=to, assigned_at=at)
        subject = subject_of(promise.conversation_id)
        await audit.record(connection, operator, "domanda: assegnata", subject, domanda=str(promise.id), a=given)
    return redirect(f"/domande/{promise.id}?fatto=assegnata")


@routes.post(f"{BASE}/chiudi", name="question_close")
@needs("operatore")
async def close(request: web.Request) -> web.StreamResponse:
    """Without writing: the citizen was answered otherwise."""
    operator, outcome = operator_of(request), str((await request.post()).get("esito", ""))
    chosen = next((one for one in desk.CLOSED_BY_HAND if one == outcome), None)
    if chosen is None:
        return await _page(request, status=422, error="Scegli com'è andata.", error_field="esito")
    try:
        async with request.app[ENGINE].begin() as connection:
            promise, _ = await _found(connection, request)
            await desk.close_by_hand(connection, promise.id, person(operator), chosen, now=clock.now())
            subject = subject_of(promise.conversation_id)
            await audit.record(connection, operator, "domanda: chiusa", subject, domanda=str(promise.id), esito=chosen)
    except DoneError:
        return await _page(request, status=409, error=GONE)
    return redirect("/domande?fatto=chiusa")

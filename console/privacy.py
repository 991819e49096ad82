"""People's data at their request: found, copied, erased with a receipt. For administrators, with a reason that is logged.

What is looked for travels in forms only, never in an address, and is not written to the audit log: the entry says what kind
of thing it was, why, and what was found.
"""

from typing import Any
from uuid import UUID

from aiohttp import web
from multidict import MultiDictProxy

from bot import clock
from bot.privacy.asking import TITLES, AskedWronglyError, read_asked
from bot.privacy.erasures import ask_erasure, do_erasure
from bot.privacy.exporting import as_html, as_json
from bot.privacy.exporting import export as export_all
from bot.privacy.finding import Found, find
from bot.privacy.holds import HeldError, lift_hold, place_hold
from bot.privacy.receipts import in_words, kept_in_words, read_receipt
from bot.privacy.retention import preview
from bot.settings import get_settings
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import NAVIGATION, redirect, render
from console.security import refusal
from console.transcripts import labels
from console.transcripts.conversation_page import reason_of, subject_of

routes = web.RouteTableDef()
NAVIGATION += [("/privacy", "Privacy", "amministratore")]
DONE = {"vincolo": "Fatto: la conversazione si conserva.", "libera": "Fatto: il vincolo è tolto."}
NOTHING_CHOSEN = "Scegli almeno una conversazione o un appuntamento."
SUBJECT = "persona"


@routes.get("/privacy", name="privacy")
@needs("amministratore")
async def show(request: web.Request) -> web.StreamResponse:
    """What can be done, and what the next night takes away."""
    return await _page(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    async with request.app[ENGINE].connect() as connection:
        expected = await preview(connection)
    settings = get_settings()
    known = {"expected": expected, "hour": settings.retention_hour, "audit_days": settings.retention_audit_days}
    return render(request, "privacy.html", status=status, **known | values)


@routes.post("/privacy/cerca", name="privacy_find")
@needs("amministratore")
async def look_for(request: web.Request) -> web.StreamResponse:
    """Everything about whoever it is, to choose from."""
    form = await request.post()
    reason = reason_of(form)
    try:
        asked = read_asked(str(form.get("chi", "")))
    except AskedWronglyError as error:
        return await _page(request, status=422, error=f"Non so che cosa cercare: {error}.", error_field="chi")
    async with request.app[ENGINE].begin() as connection:
        found = await find(connection, asked)
        what = {"per": asked.by, "conversazioni": len(found.conversations), "appuntamenti": len(found.appointments)}
        await audit.record(connection, operator_of(request), "ricerca di una persona", SUBJECT, note=reason, **what)
    return _found(request, found, reason)


def _found(request: web.Request, found: Found, reason: str) -> web.Response:
    by = TITLES[found.asked.by]
    return render(request, "privacy_found.html", found=found, by=by, labels=labels, reason=reason)


@routes.post("/privacy/esporta", name="privacy_export")
@needs("amministratore")
async def copy(request: web.Request) -> web.StreamResponse:
    """A copy of what was chosen, as a file."""
    form, operator = await request.post(), operator_of(request)
    reason, (conversations, appointments) = reason_of(form), _chosen(form)
    as_page = form.get("formato") == "html"
    async with request.app[ENGINE].begin() as connection:
        exported = await export_all(connection, conversation_ids=conversations, appointment_ids=appointments)
        for one in conversations:
            await audit.record(connection, operator, "copia dei dati", subject_of(one), note=reason)
        for one in appointments:
            await audit.record(connection, operator, "copia dei dati", f"appointment:{one}", note=reason)
    name = f"dati-{clock.now():%Y%m%d-%H%M}.{'html' if as_page else 'json'}"
    return web.Response(
        text=as_html(exported) if as_page else as_json(exported),
        content_type="text/html" if as_page else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.post("/privacy/conferma", name="privacy_confirm")
@needs("amministratore")
async def ask_once_more(request: web.Request) -> web.StreamResponse:
    """What is about to be erased, before it is."""
    form = await request.post()
    conversations, appointments = _chosen(form)
    return render(
        request,
        "privacy_confirm.html",
        conversations=conversations,
        appointments=appointments,
        reason=reason_of(form),
    )


@routes.post("/privacy/cancella", name="privacy_erase")
@needs("amministratore")
async def erase(request: web.Request) -> web.StreamResponse:
    """Erase for ever; the receipt follows."""
    form, operator = await request.post(), operator_of(request)
    reason, (conversations, appointments) = reason_of(form), _chosen(form)
    if form.get("conferma") != "si":
        raise refusal(web.HTTPUnprocessableEntity, "Conferma che vuoi cancellare per sempre.")
    try:
        async with request.app[ENGINE].begin() as connection:
            number = await ask_erasure(
                connection,
                conversations=conversations,
                appointments=appointments,
                asked_by="operator",
                operator=str(operator.id),
            )
            receipt = await do_erasure(connection, number, agenda_now=clock.now())
            await audit.record(
                connection, operator, "cancellazione", f"ricevuta:{number}", note=reason, **dict(receipt.erased)
            )
    except HeldError as error:
        held = ", ".join(str(one) for one in error.conversations)
        raise refusal(
            web.HTTPConflict, f"Non ho cancellato niente: per legge si conserva la conversazione {held}."
        ) from None
    return redirect(f"/privacy/ricevute/{number}")


@routes.get("/privacy/ricevute", name="privacy_receipt_search")
@needs("amministratore")
async def go_to_receipt(request: web.Request) -> web.StreamResponse:
    """From the number somebody gives to its receipt."""
    number = request.query.get("numero", "").strip().upper()
    if not number.isascii() or not number.replace("-", "").isalnum():
        raise web.HTTPNotFound
    return redirect(f"/privacy/ricevute/{number}")


@routes.get("/privacy/ricevute/{number}", name="privacy_receipt")
@needs("amministratore")
async def show_receipt(request: web.Request) -> web.StreamResponse:
    """A receipt, and whether it is genuine."""
    async with request.app[ENGINE].connect() as connection:
        receipt = await read_receipt(connection, request.match_info["number"])
    if receipt is None:
        raise refusal(web.HTTPNotFound, "Nessuna ricevuta con questo numero, o la cancellazione è ancora da fare.")
    return render(
        request,
        "privacy_receipt.html",
        receipt=receipt,
        lines=in_words(receipt.erased),
        kept=kept_in_words(receipt.erased),
    )


@routes.post("/privacy/vincolo", name="privacy_hold")
@needs("amministratore")
async def hold(request: web.Request) -> web.StreamResponse:
    """Keep a conversation whatever happens, or let it go again."""
    form, operator = await request.post(), operator_of(request)
    reason = reason_of(form)
    try:
        conversation_id = UUID(str(form.get("conversazione", "")).strip())
    except ValueError:
        return await _page(
            request, status=422, error="Il numero della conversazione non è giusto.", error_field="conversazione"
        )
    lift = form.get("azione") == "togli"
    async with request.app[ENGINE].begin() as connection:
        if lift:
            done = await lift_hold(connection, conversation_id)
        else:
            done = await place_hold(connection, conversation_id, reason=reason, by=operator.username)
        if done:
            action = "vincolo tolto" if lift else "vincolo messo"
            await audit.record(connection, operator, action, subject_of(conversation_id), note=reason)
    if not done:
        error = "Questa conversazione non ha vincoli." if lift else "Non trovo questa conversazione."
        return await _page(request, status=422, error=error, error_field="conversazione")
    return redirect(f"/privacy?fatto={'libera' if lift else 'vincolo'}")


def _chosen(form: "MultiDictProxy[Any]") -> tuple[list[UUID], list[UUID]]:
    """The conversations and appointments ticked. Raises HTTP 422 for none."""
    try:
        conversations = [UUID(str(one)) for one in form.getall("conversazione", [])]
        appointments = [UUID(str(one)) for one in form.getall("appuntamento", [])]
    except ValueError:
        raise web.HTTPBadRequest from None
    if not conversations and not appointments:
        raise refusal(web.HTTPUnprocessableEntity, NOTHING_CHOSEN)
    return conversations, appointments

"""The page of an appointment: masked, in clear for a reason, how it ended, the calendar file."""

from typing import Any, Literal, get_args

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda.codes import normalised
from bot.agenda.ics import citizen_calendar
from bot.agenda.model import NotFoundError, TooEarlyError
from bot.agenda.outcomes import record_outcome, take_back_outcome
from bot.agenda.records import chain_of
from bot.agenda.rooms import room_url
from bot.agenda.tables import appointments
from console import audit
from console.access import needs, operator_of
from console.calendar.visit import Visit, subject_of, transactions_of, visit_to
from console.calendar.words import WHY, hour
from console.keys import ENGINE
from console.pages import redirect, render, safe_path
from console.security import refusal
from console.transcripts.conversation_page import reason_of

routes = web.RouteTableDef()
Outcome = Literal["erogato", "non_presentato"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
DONE = {
    "prenotato": "Fatto: l'appuntamento è prenotato. Dai il codice alla persona.",
    "spostato": "Fatto: l'appuntamento è spostato. Il codice resta lo stesso.",
    "disdetto": "Fatto: l'appuntamento è disdetto.",
    "erogato": "Fatto: segnato come fatto.",
    "non_presentato": "Fatto: segnato come non presentato.",
    "annulla": "Fatto: è di nuovo da fare.",
}
PATH = "/calendario/appuntamenti/{id}"


@routes.get(PATH, name="calendar_appointment")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """Everything, masked. That it was read is logged."""
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
        await audit.record(connection, operator_of(request), "lettura", subject_of(visit.appointment.id))
    return page(request, visit, done=DONE.get(request.query.get("fatto", ""), ""))


@routes.get("/calendario/cerca", name="calendar_find")
@needs("operatore")
async def find(request: web.Request) -> web.StreamResponse:
    """The appointment with a code: the one to come, else the latest that had it."""
    code = normalised(request.query.get("codice", "")[:20])
    to_come = appointments.c.state == "da_erogare"
    query = select(appointments.c.id, appointments.c.site_id).where(appointments.c.code == code)
    async with request.app[ENGINE].connect() as connection:
        rows = (await connection.execute(query.order_by(to_come.desc(), appointments.c.starts.desc()))).all()
    mine = next((row.id for row in rows if operator_of(request).sees_centre(row.site_id)), None)
    if mine is None:
        raise refusal(web.HTTPNotFound, "Nei tuoi centri non c'è nessun appuntamento con questo codice: controllalo.")
    return redirect(f"/calendario/appuntamenti/{mine}")


def page(request: web.Request, visit: Visit, *, clear: bool = False, **more: Any) -> web.Response:
    """The page; `clear`: with the person's data as they were given."""
    appointment = visit.appointment
    room = room_url(appointment.id) if appointment.slot.mode == "video" and appointment.state == "da_erogare" else ""
    values: dict[str, Any] = {"visit": visit, "a": appointment, "clear": clear, "room": room, "why": WHY}
    return render(request, "calendar_appointment.html", **values | more)


@routes.post(PATH + "/dati", name="calendar_clear")
@needs("operatore")
async def show_clear(request: web.Request) -> web.StreamResponse:
    """The same with the person's data in clear, for a reason that is logged."""
    reason = reason_of(await request.post())
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
        subject = subject_of(visit.appointment.id)
        await audit.record(connection, operator_of(request), "dati in chiaro", subject, note=reason)
    return page(request, visit, clear=True)


@routes.post(PATH + "/esito", name="calendar_outcome")
@needs("operatore")
async def mark(request: web.Request) -> web.StreamResponse:
    """Held or missed, or neither after all."""
    form = await request.post()
    state = str(form.get("stato", ""))

    async def work(connection: AsyncConnection) -> Visit:
        visit = await visit_to(connection, request)
        before, appointment_id = visit.appointment.state, visit.appointment.id
        outcome = next((one for one in OUTCOMES if one == state), None)
        if outcome is not None:
            after = await record_outcome(connection, appointment_id, outcome, now=clock.now())
        elif state == "annulla":
            after = await take_back_outcome(connection, appointment_id, now=clock.now())
        else:
            raise web.HTTPBadRequest
        if after.state != before:
            detail = {"prima": before, "dopo": after.state}
            await audit.record(connection, operator_of(request), "esito", subject_of(appointment_id), **detail)
        return visit

    try:
        visit = await transactions_of(request).run(work)
    except TooEarlyError as error:
        raise refusal(
            web.HTTPConflict, f"Si può segnare da quando comincia, alle {hour(error.starts)}: prima no."
        ) from None
    except NotFoundError:
        raise refusal(
            web.HTTPConflict, "Non si può più: è passato troppo tempo, o l'appuntamento è cambiato."
        ) from None
    back = safe_path(str(form.get("torna", ""))) if form.get("torna") else visit.path
    return redirect(f"{back}{'&' if '?' in back else '?'}fatto={state}")


@routes.get(PATH + "/calendario.ics", name="calendar_file")
@needs("operatore")
async def calendar_file(request: web.Request) -> web.StreamResponse:
    """The calendar file, as the citizen has it: without name and contact."""
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
        chain = await chain_of(connection, visit.appointment)
        await audit.record(connection, operator_of(request), "calendario scaricato", subject_of(visit.appointment.id))
    body = citizen_calendar(visit.appointment, visit.service, visit.site, chain=chain, now=visit.now)
    named = {"Content-Disposition": 'attachment; filename="appuntamento.ics"'}
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=named)

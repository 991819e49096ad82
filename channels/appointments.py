"""The page of an appointment, at an address only its citizen has: see, keep, enter, move, cancel, switch to phone.

Plain HTML that works without scripts. What changes something is sent by POST and answered with a redirect.
"""

import os
from uuid import UUID

from aiohttp import web

from bot.agenda.ics import citizen_calendar
from bot.agenda.model import Appointment, AppointmentBook
from bot.agenda.rooms import room_url
from channels.appointment_changes import ask_cancel, ask_phone, cancel, choose_place, move, switch_to_phone
from channels.appointment_pages.outcomes import as_page, closed_page, not_found
from channels.appointment_pages.render import HERE, calendar_file
from channels.appointment_pages.visit import Visit, visited
from channels.pages import serve

DONE = {
    "spostato": "Fatto: l'appuntamento è spostato. Questo è quello nuovo. Il codice resta lo stesso.",
    "telefono": "Fatto: ti chiamiamo noi al telefono.",
}
MOST_MOVES = 50
PROBE = os.urandom(256 * 1024)
"""What the check of the connection downloads, in bytes that cannot be compressed."""


@visited
async def show(request: web.Request, visit: Visit) -> web.Response:
    """The appointment with what can be done now, or what became of it."""
    if visit.facts.phase != "coming":
        return closed_page(visit.appointment, visit.facts, visit.base)
    return visit.page("appointment.html", done=DONE.get(request.query.get("fatto", ""), ""))


@visited
async def calendar(request: web.Request, visit: Visit) -> web.Response:
    """The appointment as a calendar file; of one that was moved, the one that counts now."""
    appointment, moves = visit.appointment, 0
    while appointment.moved_to is not None and moves < MOST_MOVES:
        appointment, moves = await visit.book.get(appointment.moved_to), moves + 1
    site = (await visit.book.sites()).get(appointment.slot.site_id, visit.site)
    chain = await chain_of(visit.book, appointment)
    body = citizen_calendar(appointment, visit.service, site, chain=chain, now=visit.now)
    return calendar_file(body, attachment=True)


async def chain_of(book: AppointmentBook, appointment: Appointment) -> list[UUID]:
    """The ids of the moves that led here, the first booked first."""
    chain = [appointment.id]
    while appointment.moved_from is not None and len(chain) < MOST_MOVES:
        appointment = await book.get(appointment.moved_from)
        chain.insert(0, appointment.id)
    return chain


@visited
async def enter(request: web.Request, visit: Visit) -> web.Response:
    """To the video room, from ten minutes before the start to the end."""
    if not visit.facts.video:
        return visit.back()
    if visit.facts.opens_in:
        return visit.page("early.html")
    return web.Response(status=303, headers={"Location": room_url(visit.appointment.id), "Cache-Control": "no-store"})


@visited
async def check(request: web.Request, visit: Visit) -> web.Response:
    """The check of camera, microphone and connection."""
    return visit.page("check.html", devices=True) if visit.facts.video else visit.back()


@visited
async def probe(request: web.Request, visit: Visit) -> web.Response:
    """Some bytes, to see how fast the connection is."""
    if not visit.facts.video:
        return not_found()
    return web.Response(body=PROBE, headers={"Cache-Control": "no-store"})


@as_page
async def nowhere(request: web.Request) -> web.Response:
    """Any other address below: most often one that was cut when it was copied."""
    return not_found()


PAGE = "/appuntamenti/{token}"

routes = [
    web.get("/appuntamenti.css", serve(HERE / "appointments.css"), name="appointments_css"),
    web.get("/appuntamenti.js", serve(HERE / "appointments.js"), name="appointments_js"),
    web.get("/prova.js", serve(HERE / "check.js"), name="check_js"),
    web.get(PAGE, show, name="appointment"),
    web.get(f"{PAGE}/calendario.ics", calendar, name="appointment_calendar"),
    web.get(f"{PAGE}/entra", enter, name="appointment_enter"),
    web.get(f"{PAGE}/prova", check, name="appointment_check"),
    web.get(f"{PAGE}/prova.bin", probe, name="appointment_probe"),
    web.get(f"{PAGE}/sposta", choose_place, name="appointment_move"),
    web.post(f"{PAGE}/sposta", move),
    web.get(f"{PAGE}/disdici", ask_cancel, name="appointment_cancel"),
    web.post(f"{PAGE}/disdici", cancel),
    web.get(f"{PAGE}/telefono", ask_phone, name="appointment_phone"),
    web.post(f"{PAGE}/telefono", switch_to_phone),
    web.get("/appuntamenti/{tail:.*}", nowhere, name="appointment_nowhere"),
    web.get("/appuntamenti", nowhere),
]

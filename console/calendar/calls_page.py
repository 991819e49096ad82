"""Those who have to be told by voice, since there is no conversation to write to."""

from aiohttp import web

from bot import clock
from bot.agenda.catalogue import read_services
from bot.agenda.model import NotFoundError
from bot.agenda.notices import called, to_be_called
from console import audit
from console.access import needs, operator_of
from console.calendar.chosen import choose
from console.calendar.visit import subject_of
from console.keys import ENGINE
from console.pages import redirect, render

routes = web.RouteTableDef()
PATH = "/calendario/da-avvisare"
WHAT = {
    "cancelled": "disdetto da noi",
    "cancelled_on_request": "disdetto come chiesto",
    "moved": "spostato da noi",
    "booked": "prenotato da noi",
}


@routes.get(PATH, name="calendar_calls")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """Whom to call, by the initials; the number is on the appointment's page."""
    async with request.app[ENGINE].begin() as connection:
        chosen = await choose(connection, request)
        found = await to_be_called(connection, chosen.site.id, now=chosen.now) if chosen.site else []
        services = await read_services(connection, blocked=True)
        if chosen.site is not None:
            subject = f"calendario:{chosen.site.id}"
            await audit.record(connection, operator_of(request), "lettura", subject, persone=len(found))
    done = "Fatto: la persona è avvisata." if request.query.get("fatto") == "avvisata" else ""
    return render(request, "calendar_calls.html", chosen=chosen, notices=found, services=services, what=WHAT, done=done)


@routes.post(PATH, name="calendar_called")
@needs("operatore")
async def mark_called(request: web.Request) -> web.StreamResponse:
    """It was said."""
    form = await request.post()
    number = str(form.get("avviso", ""))
    if not number.isdecimal() or len(number) > 15:
        raise web.HTTPBadRequest
    async with request.app[ENGINE].begin() as connection:
        chosen = await choose(connection, request, {"centro": form.get("centro", "")})
        if chosen.site is None:
            raise web.HTTPNotFound
        try:
            told = await called(connection, int(number), chosen.site.id, now=clock.now())
        except NotFoundError:
            raise web.HTTPNotFound from None
        await audit.record(connection, operator_of(request), "avvisato a voce", subject_of(told.id))
    return redirect(chosen.address(PATH, vista=None, giorno=None, sportello=None, fatto="avvisata"))

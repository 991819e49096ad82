"""Desks and services, for administrators: switched on and off, what each desk offers, whether a service can be booked."""

from typing import Any

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.catalogue import read_categories, read_services
from bot.agenda.tables import services
from console import audit
from console.access import needs, operator_of
from console.calendar.chosen import Chosen, choose
from console.calendar.deciding import carry_out
from console.calendar.opening_forms import FormError, read_plan
from console.keys import ENGINE
from console.pages import redirect, render

routes = web.RouteTableDef()
PATH = "/calendario/sportelli"
DONE = {"sportello": "Fatto: lo sportello è cambiato.", "servizio": "Fatto: il servizio è cambiato."}


@routes.get(PATH, name="calendar_desks")
@needs("amministratore")
async def show(request: web.Request) -> web.StreamResponse:
    """Desks of a centre; services of all."""
    async with request.app[ENGINE].connect() as connection:
        chosen = await choose(connection, request)
        return await _page(connection, request, chosen, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(connection: AsyncConnection, request: web.Request, chosen: Chosen, **more: Any) -> web.Response:
    if chosen.site is None:
        raise web.HTTPNotFound
    known = await read_services(connection, blocked=True)
    blocked = set((await connection.execute(select(services.c.id).where(services.c.blocked))).scalars())
    values: dict[str, Any] = {
        "chosen": chosen,
        "services": known,
        "blocked": blocked,
        "categories": await read_categories(connection),
    }
    return render(request, "calendar_desks.html", **values | more)


@routes.post(PATH, name="calendar_desk_change")
@needs("amministratore")
async def change_desk(request: web.Request) -> web.StreamResponse:
    """On or off, its name, its ways and services; once more with what is to become of those who are booked."""
    form = await request.post()
    async with request.app[ENGINE].connect() as connection:
        chosen = await choose(connection, request, {"centro": form.get("centro", "")})
        known = await read_services(connection, blocked=True)
    if form.get("azione") != "sportello" or not set(form.getall("servizio", [])) <= set(known):
        raise web.HTTPBadRequest
    try:
        asked = await carry_out(request, read_plan(form, chosen, operator_of(request)), chosen, form, PATH)
    except FormError as error:
        async with request.app[ENGINE].connect() as connection:
            return await _page(connection, request, chosen, status=422, error=str(error), error_field=error.field)
    return asked or redirect(chosen.address(PATH, vista=None, giorno=None, sportello=None, fatto="sportello"))


@routes.post("/calendario/servizi", name="calendar_service_change")
@needs("amministratore")
async def block(request: web.Request) -> web.StreamResponse:
    """Whether a service can be booked; appointments that are there stay."""
    form = await request.post()
    blocked = form.get("stato") == "bloccato"
    async with request.app[ENGINE].begin() as connection:
        changed = update(services).where(services.c.id == str(form.get("servizio", ""))).values(blocked=blocked)
        found = (await connection.execute(changed.returning(services.c.id))).scalar_one_or_none()
        if found is None:
            raise web.HTTPNotFound
        await audit.record(connection, operator_of(request), "servizio cambiato", f"servizio:{found}", bloccato=blocked)
        chosen = await choose(connection, request, {"centro": form.get("centro", "")})
    return redirect(chosen.address(PATH, vista=None, giorno=None, sportello=None, fatto="servizio"))

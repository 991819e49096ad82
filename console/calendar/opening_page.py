"""When desks receive: weekly hours, extra openings, closures, holidays. Supervisors change them; operators read them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import WEEKDAYS
from bot.agenda.holidays import holiday_name
from bot.agenda.model import Site
from bot.agenda.tables import exceptions, hours
from console.access import needs, operator_of
from console.calendar.chosen import Chosen, choose
from console.calendar.deciding import carry_out
from console.calendar.opening_forms import FormError, read_plan
from console.keys import ENGINE
from console.operators import Operator
from console.pages import redirect, render

routes = web.RouteTableDef()
DONE = {"orari": "Fatto: il calendario è cambiato."}
PATH = "/calendario/orari"
HOLIDAYS_AHEAD = 365


@routes.get(PATH, name="calendar_hours")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The hours of a centre."""
    async with request.app[ENGINE].connect() as connection:
        chosen = await choose(connection, request)
        done = DONE.get(request.query.get("fatto", ""), "")
        return await page(connection, request, chosen, done=done)


async def page(connection: AsyncConnection, request: web.Request, chosen: Chosen, **more: Any) -> web.Response:
    """The page; a form that was wrong comes back as `form`."""
    if chosen.site is None:
        raise web.HTTPNotFound
    lines = (await connection.execute(_lines(chosen))).mappings().all()
    days_apart = (await connection.execute(_exceptions(chosen))).mappings().all()
    values: dict[str, Any] = {
        "chosen": chosen,
        "lines": {desk: [one for one in lines if one["desk_id"] == desk] for desk in chosen.desks},
        "exceptions": days_apart,
        "holidays": holidays_of(chosen.site, chosen.now.date()),
        "weekdays": WEEKDAYS,
        "form": {},
    }
    return render(request, "calendar_hours.html", **values | more)


def _lines(chosen: Chosen) -> Any:
    current = or_(hours.c.valid_to.is_(None), hours.c.valid_to >= chosen.now.date())
    return (
        select(hours)
        .where(hours.c.desk_id.in_(chosen.desks), current)
        .order_by(hours.c.weekday, hours.c.opens, hours.c.valid_from)
    )


def _exceptions(chosen: Chosen) -> Any:
    assert chosen.site is not None
    everywhere = and_(exceptions.c.site_id.is_(None), exceptions.c.desk_id.is_(None))
    here = or_(exceptions.c.site_id == chosen.site.id, exceptions.c.desk_id.in_(chosen.desks), everywhere)
    return (
        select(exceptions)
        .where(here, exceptions.c.last_day >= chosen.now.date())
        .order_by(exceptions.c.first_day, exceptions.c.id)
    )


def holidays_of(site: Site, today: date) -> list[tuple[date, str]]:
    """The holidays of the next year where the site is, the patron's day included."""
    days = (today + timedelta(days=number) for number in range(HOLIDAYS_AHEAD))
    named = ((day, holiday_name(day, site.municipality)) for day in days)
    return [(day, name) for day, name in named if name]


@routes.post(PATH, name="calendar_hours_change")
@needs("supervisore")
async def change_hours(request: web.Request) -> web.StreamResponse:
    """Open, close, end: as the form says; once more with what is to become of those who are booked."""
    form = await request.post()
    async with request.app[ENGINE].connect() as connection:
        chosen = await choose(connection, request, {"centro": form.get("centro", "")})
        await _must_be_theirs(connection, chosen, operator_of(request), form)
        try:
            plan = read_plan(form, chosen, operator_of(request))
        except FormError as error:
            return await _again(connection, request, chosen, form, error)
    try:
        asked = await carry_out(request, plan, chosen, form, PATH)
    except FormError as error:
        async with request.app[ENGINE].connect() as connection:
            return await _again(connection, request, chosen, form, error)
    return asked or redirect(chosen.address(PATH, vista=None, giorno=None, sportello=None, fatto="orari"))


async def _again(
    connection: AsyncConnection, request: web.Request, chosen: Chosen, form: Mapping[str, Any], error: FormError
) -> web.Response:
    more = {"status": 422, "error": str(error), "error_field": error.field, "form": dict(form)}
    return await page(connection, request, chosen, **more)


async def _must_be_theirs(
    connection: AsyncConnection, chosen: Chosen, operator: Operator, form: Mapping[str, Any]
) -> None:
    """What is ended or taken away belongs to the centre chosen; what is everywhere, to administrators. Raises HTTP 404."""
    action = form.get("azione")
    if action == "togli":
        found = {one["id"]: one for one in (await connection.execute(_exceptions(chosen))).mappings()}
        one = found.get(_id(form.get("eccezione")))
        everywhere = one is not None and one["site_id"] is None and one["desk_id"] is None
        if one is None or (everywhere and not operator.has("amministratore")):
            raise web.HTTPNotFound
    if action == "termina":
        ids = {one["id"] for one in (await connection.execute(_lines(chosen))).mappings()}
        if _id(form.get("orario")) not in ids:
            raise web.HTTPNotFound


def _id(given: object) -> int:
    written = str(given or "")
    return int(written) if written.isdecimal() and len(written) < 16 else -1

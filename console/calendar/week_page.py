"""The calendar itself: a week or a day, of a whole centre or of one desk."""

from typing import Any

from aiohttp import web

from bot.agenda.catalogue import read_services
from bot.agenda.notices import to_be_called
from bot.agenda.outcomes import can_be_taken_back
from bot.agenda.timetable import read_timetable
from console import audit
from console.access import needs, operator_of
from console.calendar.chosen import Chosen, choose
from console.calendar.grid import counted, days_worth_showing, hours_of
from console.calendar.words import person_of
from console.keys import ENGINE
from console.pages import NAVIGATION, render
from console.transcripts.reading import logged_lately

routes = web.RouteTableDef()
NAVIGATION += [("/calendario", "Calendario", "operatore")]
DONE = {
    "erogato": "Fatto: segnato come fatto.",
    "non_presentato": "Fatto: segnato come non presentato.",
    "annulla": "Fatto: è di nuovo da fare.",
    "orari": "Fatto: il calendario è cambiato.",
    "lasciato": "Fatto: il posto è di nuovo libero.",
}


@routes.get("/calendario", name="calendar")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The week or the day that is asked for. Codes and initials of people are in it: reading it is logged."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        chosen = await choose(connection, request)
        values: dict[str, Any] = {}
        if chosen.site is not None:
            desk_id = chosen.desk.id if chosen.desk else None
            columns = await read_timetable(connection, chosen.site.id, chosen.days, now=chosen.now, desk_id=desk_id)
            values = _shown(chosen, columns) | {"titles": await service_titles(connection)}
            values["calls"] = len(await to_be_called(connection, chosen.site.id, now=chosen.now))
            subject = f"calendario:{chosen.site.id}"
            if not await logged_lately(connection, operator, subject):
                await audit.record(connection, operator, "lettura", subject, giorno=chosen.day.isoformat())
    done = DONE.get(request.query.get("fatto", ""), "")
    return render(request, "calendar.html", chosen=chosen, done=done, **values)


def _shown(chosen: Chosen, columns: list[Any]) -> dict[str, Any]:
    days = days_worth_showing(chosen.days, columns) if chosen.view == "settimana" else chosen.days
    columns = [one for one in columns if one.day in days]
    known: dict[str, Any] = {"days": days, "columns": columns, "shape": "hours"}
    if chosen.view == "settimana" and chosen.desk is None:
        return known | {"shape": "counts", "rows": counted(columns, now=chosen.now)}
    known["rows"] = hours_of(columns, now=chosen.now)
    if chosen.view == "giorno" and chosen.desk is not None:
        appointments = columns[0].appointments
        people = {one.id: person_of(one.sealed) for one in appointments}
        undo = {one.id for one in appointments if can_be_taken_back(one.state or "", one.changed_at, now=chosen.now)}
        return known | {"shape": "list", "column": columns[0], "people": people, "undo": undo}
    return known


async def service_titles(connection: Any) -> dict[str, str]:
    """Services by id, those that nobody can book for now included."""
    return {key: one.title for key, one in (await read_services(connection, blocked=True)).items()}

"""Changing how a centre is reached and when it is open, and the names of places: a form, the diff, yes."""

from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.knowledge.model import Centre
from bot.teaching.centres import CONTACTS, edit_centre
from bot.teaching.lessons import Proposal
from bot.teaching.places import KINDS, add_name
from console.access import needs, operator_of
from console.pages import render
from console.teaching import confirming
from console.teaching.knowledge_page import may_edit_centre
from console.teaching.project import project_of
from console.teaching.topic_page import line_of, source_of

routes = web.RouteTableDef()
FIELDS = (*CONTACTS, "hours", "as_of", "owner", "review_by", "fonte", "fonte-indirizzo", "fonte-data", "confermo")


async def _centre(request: web.Request) -> Centre:
    """The centre of the address. Raises HTTP 404, also for those of others."""
    found = (await project_of(request)).knowledge.centres.get(request.match_info["centre"])
    if found is None or not operator_of(request).sees_centre(found.id):
        raise web.HTTPNotFound
    return found


@routes.get("/conoscenze/centri/{centre}", name="centre")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """A centre as it is; supervisors can change it."""
    centre = await _centre(request)
    told = dict.fromkeys(FIELDS, "") | {name: getattr(centre, name) or "" for name in (*CONTACTS, "as_of", "owner")}
    told["hours"] = next((row.note for row in centre.opening_hours or () if row.note), "")
    told["review_by"] = centre.review_by.isoformat() if centre.review_by else ""
    return await _page(request, centre, told)


async def _page(
    request: web.Request, centre: Centre, fields: dict[str, str], *, status: int = 200, **values: Any
) -> web.Response:
    known = {"centre": centre, "fields": fields, "may_edit": may_edit_centre(operator_of(request), centre)}
    return render(request, "centre_edit.html", status=status, **known | confirming.NOTHING_SHOWN | values)


@routes.post("/conoscenze/centri/{centre}", name="centre_edit")
@needs("supervisore")
async def edit(request: web.Request) -> web.StreamResponse:
    """Show what would be written; write it once that was seen."""
    centre = await _centre(request)
    form: Any = await request.post()
    fields = {name: str(form.get(name, "")) for name in FIELDS}
    wanted = {name: line_of(form, name) for name in FIELDS}

    def propose(root: Path) -> Proposal:
        return edit_centre(root, centre.id, wanted, source=source_of(form), confirmed=bool(form.get("confermo")))

    return await confirming.by_form(request, propose, partial(_page, request, centre, fields))


# --- names of places --------------------------------------------------------------------------------------------------


@routes.get("/conoscenze/luoghi", name="places")
@needs("operatore")
async def show_places(request: web.Request) -> web.StreamResponse:
    """The form for a name that people use and the assistant does not know."""
    fields = {"nome": request.query.get("nome", "")[:50], "comune": request.query.get("comune", "")[:60], "genere": ""}
    return await _places(request, fields)


async def _places(request: web.Request, fields: dict[str, str], *, status: int = 200, **values: Any) -> web.Response:
    project = await project_of(request)
    known = {"fields": fields, "kinds": KINDS, "municipalities": sorted(project.knowledge.by_municipality)}
    return render(request, "places.html", status=status, **known | confirming.NOTHING_SHOWN | values)


@routes.post("/conoscenze/luoghi", name="place_add")
@needs("supervisore")
async def add_place(request: web.Request) -> web.StreamResponse:
    """Show what would be written; write it once that was seen."""
    form: Any = await request.post()
    fields = {name: line_of(form, name) for name in ("nome", "comune", "genere")}

    def propose(root: Path) -> Proposal:
        return add_name(root, name=fields["nome"], municipality=fields["comune"], kind=fields["genere"])

    return await confirming.by_form(request, propose, partial(_places, request, fields))

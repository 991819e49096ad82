"""What the assistant knows: topics, centres, and what is missing, old or unverified, with who looks after it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from bot.clock import today
from bot.knowledge.check import Finding, findings
from bot.knowledge.dates import is_stale
from bot.knowledge.model import Centre, Service
from bot.knowledge.spelling import fold
from console.access import needs, operator_of
from console.keys import SETTINGS
from console.operators import Operator
from console.pages import NAVIGATION, render
from console.teaching.project import project_of

routes = web.RouteTableDef()
NAVIGATION += [("/conoscenze", "Conoscenze", "operatore")]
KINDS = {"vecchio": "da ricontrollare", "manca": "manca", "da verificare": "da verificare"}


def may_edit_centre(operator: Operator, centre: Centre) -> bool:
    """Supervisors change the centres they look after."""
    return operator.has("supervisore") and operator.sees_centre(centre.id)


@routes.get("/conoscenze", name="knowledge")
@needs("operatore")
async def topics(request: web.Request) -> web.StreamResponse:
    """The topics with their age and owner."""
    project = await project_of(request)
    known = ((one, one.title, f"{one.id} {one.answer}") for one in project.knowledge.services.values())
    return _list(request, "knowledge_topics.html", known)


@routes.get("/conoscenze/centri", name="knowledge_centres")
@needs("operatore")
async def centres(request: web.Request) -> web.StreamResponse:
    """The centres and other sites."""
    project = await project_of(request)
    known = (
        (one, one.name, f"{one.municipality} {one.address}")
        for one in project.knowledge.centres.values()
        if operator_of(request).sees_centre(one.id)
    )
    return _list(request, "knowledge_centres.html", known)


def _list(request: web.Request, template: str, known: Iterable[tuple[Centre | Service, str, str]]) -> web.Response:
    """Those in whose name, or words, everything that is looked for stands, by name."""
    search = request.query.get("cerca", "").strip()[:200]
    words = fold(search).split()
    found = sorted(
        ((fold(name), one) for one, name, rest in known if all(word in fold(f"{name} {rest}") for word in words)),
        key=lambda pair: pair[0],
    )
    days = request.app[SETTINGS].knowledge_max_age_days

    def stale(one: Centre | Service) -> bool:
        return is_stale(one.as_of, today=today(), max_age_days=days, review_by=one.review_by)

    entries = [one for _, one in found]
    return render(request, template, entries=entries, search=search, stale=stale, may_edit_centre=may_edit_centre)


@routes.get("/conoscenze/scadute", name="knowledge_stale")
@needs("operatore")
async def stale_facts(request: web.Request) -> web.StreamResponse:
    """Topics and centres with something to look after, those past their day first."""
    project, operator = await project_of(request), operator_of(request)
    days = request.app[SETTINGS].knowledge_max_age_days
    asked = {name: request.query.get(name, "").strip()[:100] for name in ("problema", "chi", "cerca", "genere")}
    grouped: dict[str, list[Finding]] = defaultdict(list)
    owners: set[str] = set()
    for one in findings(project.knowledge, today=today(), max_age_days=days):
        if one.about is None or (isinstance(one.about, Centre) and not operator.sees_centre(one.about.id)):
            continue
        owners |= {one.about.owner} - {None} if one.about.owner else set()
        if _wanted(one, asked):
            grouped[one.where].append(one)
    rows = [_row(one) for one in grouped.values()]
    rows.sort(key=lambda row: (not row["old"], row["since"], fold(row["name"])))
    return render(
        request,
        "knowledge_stale.html",
        rows=rows,
        kinds=KINDS,
        owners=sorted(owners, key=fold),
        asked=asked,
        days=days,
        may_edit_centre=may_edit_centre,
    )


def _wanted(one: Finding, asked: dict[str, str]) -> bool:
    about = one.about
    assert about is not None
    name = about.title if isinstance(about, Service) else f"{about.name} {about.municipality}"
    if asked["problema"] in KINDS and one.kind != asked["problema"]:
        return False
    if asked["chi"] and (about.owner or "") != ("" if asked["chi"] == "nessuno" else asked["chi"]):
        return False
    if asked["genere"] and (asked["genere"] == "argomenti") != isinstance(about, Service):
        return False
    return all(word in fold(name) for word in fold(asked["cerca"]).split())


def _row(found: list[Finding]) -> dict[str, Any]:
    about = found[0].about
    assert about is not None
    topic = isinstance(about, Service)
    return {
        "about": about,
        "is_topic": topic,
        "name": about.title if isinstance(about, Service) else about.name,
        "url": f"/conoscenze/{'argomenti' if topic else 'centri'}/{about.id}",
        "problems": [(one.kind, one.what) for one in found],
        "old": any(one.kind == "vecchio" for one in found),
        "since": about.review_by.isoformat() if about.review_by else (about.as_of or ""),
    }

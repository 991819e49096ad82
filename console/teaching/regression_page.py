"""The regression set: the sentences every new model must understand, and taking one out."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.knowledge.spelling import fold
from bot.teaching.entities import is_right
from bot.teaching.lessons import Proposal
from bot.teaching.regression import Case, RegressionError, read_cases, without_case
from console.access import needs
from console.pages import render
from console.teaching import confirming, diffs
from console.teaching.project import project_of, root_of, wrong_files

routes = web.RouteTableDef()
PAGE = 100
ENTITIES = {
    "municipality": "comune",
    "centre": "centro",
    "service": "servizio",
    "date": "giorno",
    "time": "ora",
    "part_of_day": "parte del giorno",
    "aspect": "dettaglio",
}


@routes.get("/prove", name="regression")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """All cases, the latest first; those with some words when asked for."""
    return await _page(request)


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    project = await project_of(request)
    search = request.query.get("cerca", "").strip()[:200]
    words = fold(search).split()
    cases = [
        case
        for case in reversed(_cases(request))
        if all(word in fold(f"{case.text} {project.title(case.intent)} {case.intent}") for word in words)
    ]
    number = request.query.get("pagina", "0")
    page = int(number) if number.isdecimal() and len(number) < 5 else 0
    known: dict[str, Any] = {
        "cases": cases[page * PAGE : (page + 1) * PAGE],
        "total": len(cases),
        "page": page,
        "more": len(cases) > (page + 1) * PAGE,
        "search": search,
        "project": project,
        "entities": ENTITIES,
        "wrong": await asyncio.to_thread(_wrong, cases[page * PAGE : (page + 1) * PAGE]),
        "proposal": None,
        "files": [],
        "case_id": "",
        "form_state": "",
        "warning": "",
    }
    return render(request, "regression.html", status=status, **known | values)


def _cases(request: web.Request) -> list[Case]:
    try:
        return read_cases(root_of(request))
    except RegressionError as error:
        raise wrong_files(error) from None


def _wrong(cases: list[Case]) -> set[str]:
    """Those of which what they want recognised is not, as things are now."""
    return {case.id for case in cases if case.entities and not is_right(case)}


@routes.post("/prove/{case}/togli", name="regression_remove")
@needs("supervisore")
async def remove(request: web.Request) -> web.StreamResponse:
    """Show what taking it out changes, then do it; both are logged as a lesson."""
    case_id = request.match_info["case"]
    case = next((one for one in _cases(request) if one.id == case_id), None)
    if case is None:
        raise web.HTTPNotFound

    def propose(root: Path) -> Proposal:
        change = without_case(root, case_id)
        changes = (change,) if change else ()
        return Proposal(
            kind="regression", title=f"Tolta dalle prove: «{case.text}»", changes=changes, intent=case.intent
        )

    async def again(proposal: Proposal, status: int, warning: str) -> web.StreamResponse:
        form: Any = await request.post()
        return await _page(
            request,
            status=status if form.get("mostrato") else 200,
            proposal=proposal,
            files=diffs.files_of(proposal.diff),
            case_id=case_id,
            form_state=confirming.form_state([]),
            warning=warning if form.get("mostrato") else "",
        )

    return await confirming.write(request, propose, again)

"""Changing an answer, and making a topic: a form, the diff, yes."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web

from bot.answers.topics import ASPECT_TITLES
from bot.clock import today
from bot.knowledge.model import Service
from bot.knowledge.readability import gulpease
from bot.teaching.knowledge_edit import READABLE, KnowledgeEditError, NewSource
from bot.teaching.lessons import Proposal
from bot.teaching.topics import (
    ASPECT_LISTS,
    ASPECT_TEXTS,
    AUDIENCES,
    FEWEST_EXAMPLES,
    LONGEST_ANSWER,
    NewTopic,
    edit_topic,
    new_topic,
)
from bot.teaching.wording import one_line
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import render
from console.teaching import confirming, listing
from console.teaching.project import project_of

routes = web.RouteTableDef()
LONGEST = 2000
RELATED = 3


def line_of(form: Any, name: str) -> str:
    """A field as one line."""
    return one_line(str(form.get(name, ""))[:LONGEST])


def lines_of(form: Any, name: str) -> tuple[str, ...]:
    """A field as lines, empty ones left out."""
    lines = str(form.get(name, ""))[: 20 * LONGEST].replace("\r\n", "\n").split("\n")
    return tuple(line for line in map(one_line, lines) if line)


def source_of(form: Any) -> NewSource:
    """The source a form adds."""
    return NewSource(
        title=line_of(form, "fonte"), url=line_of(form, "fonte-indirizzo"), date=line_of(form, "fonte-data")
    )


@routes.get("/conoscenze/argomenti/{topic}", name="topic")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """A topic as it is; supervisors can change it."""
    service = await _service(request)
    return await _edit_page(request, service, _fields(service))


async def _service(request: web.Request) -> Service:
    found = (await project_of(request)).knowledge.services.get(request.match_info["topic"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _fields(service: Service) -> dict[str, str]:
    """The form as the files fill it."""
    told = {name: getattr(service, name) or "" for name in ("title", "answer", "caveat", "as_of", "owner")}
    told |= {name: getattr(service.aspects, name) or "" for name in ASPECT_TEXTS}
    told |= {name: "\n".join(getattr(service.aspects, name)) for name in ASPECT_LISTS}
    told |= dict.fromkeys(("fonte", "fonte-indirizzo", "fonte-data", "confermo"), "")
    return told | {"review_by": service.review_by.isoformat() if service.review_by else ""}


async def _edit_page(
    request: web.Request, service: Service, fields: dict[str, str], *, status: int = 200, **values: Any
) -> web.Response:
    known: dict[str, Any] = {
        "service": service,
        "fields": fields,
        "aspects": ASPECT_TITLES,
        "lists": ASPECT_LISTS,
        "index": round(gulpease(fields["answer"])),
        "readable": READABLE,
        "longest": LONGEST_ANSWER,
        "project": await project_of(request),
    }
    return render(request, "topic_edit.html", status=status, **known | confirming.NOTHING_SHOWN | values)


@routes.post("/conoscenze/argomenti/{topic}", name="topic_edit")
@needs("supervisore")
async def edit(request: web.Request) -> web.StreamResponse:
    """Show what would be written; write it once that was seen."""
    service = await _service(request)
    form: Any = await request.post()
    fields = {name: str(form.get(name, "")) for name in _fields(service)}
    wanted: dict[str, str | tuple[str, ...]] = {name: line_of(form, name) for name in fields}
    wanted |= {name: lines_of(form, name) for name in ASPECT_LISTS}
    asked = {"source": source_of(form), "confirmed": bool(form.get("confermo"))}

    def propose(root: Path) -> Proposal:
        return edit_topic(root, service.id, wanted, **asked)  # type: ignore[arg-type]

    return await confirming.by_form(request, propose, partial(_edit_page, request, service, fields))


# --- a new one --------------------------------------------------------------------------------------------------------

EMPTY = (
    "title category audience bookable answer who how documents as_of review_by owner fonte fonte-indirizzo fonte-data "
    "examples related-0 related-1 related-2"
).split()


@routes.get("/conoscenze/nuovo", name="topic_new")
@needs("supervisore")
async def show_new(request: web.Request) -> web.StreamResponse:
    """The form; with a row of the queue named, its sentences are in it."""
    fields = dict.fromkeys(EMPTY, "") | {"as_of": today().isoformat(), "audience": "cittadini"}
    with suppress(ValueError):
        # From a row of the queue: its wordings that hold nothing personal.
        async with request.app[ENGINE].connect() as connection:
            found = await listing.one(connection, operator_of(request), UUID(request.query.get("riga", "")))
        words = [one_line(said) for said, _ in found[0].wordings] if found else []
        fields["examples"] = "\n".join(said for said in words if "[" not in said)
    return await _new_page(request, fields)


async def _new_page(request: web.Request, fields: dict[str, str], *, status: int = 200, **values: Any) -> web.Response:
    project = await project_of(request)
    known: dict[str, Any] = {
        "fields": fields,
        "categories": sorted({one.category for one in project.knowledge.services.values()}),
        "audiences": AUDIENCES,
        "topics": sorted(
            ((one.id, one.title) for one in project.knowledge.services.values()), key=lambda pair: pair[1].casefold()
        ),
        "related": range(RELATED),
        "fewest": FEWEST_EXAMPLES,
        "longest": LONGEST_ANSWER,
        "index": round(gulpease(fields["answer"])) if fields["answer"] else None,
        "readable": READABLE,
        "project": project,
    }
    return render(request, "topic_new.html", status=status, **known | confirming.NOTHING_SHOWN | values)


@routes.post("/conoscenze/nuovo", name="topic_make")
@needs("supervisore")
async def make(request: web.Request) -> web.StreamResponse:
    """Show the files that would be made; make them once they were seen."""
    form: Any = await request.post()
    fields = {name: str(form.get(name, "")) for name in EMPTY}
    topic = NewTopic(
        **{name: line_of(form, name) for name in "title category audience answer who as_of review_by owner".split()},
        bookable=bool(form.get("bookable")),
        how=lines_of(form, "how"),
        documents=lines_of(form, "documents"),
        related=tuple(dict.fromkeys(one for number in range(RELATED) if (one := line_of(form, f"related-{number}")))),
        source=source_of(form),
        examples=lines_of(form, "examples"),
    )
    for name, told in (("title", "il titolo"), ("answer", "la risposta"), ("who", "chi può"), ("as_of", "la data")):
        if not getattr(topic, name):
            error = KnowledgeEditError(f"Scrivi {told}.", name)
            return await _new_page(request, fields, status=422, error=str(error), error_field=error.field)
    return await confirming.by_form(request, lambda root: new_topic(root, topic), partial(_new_page, request, fields))

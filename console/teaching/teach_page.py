"""From a row of the queue to examples: the right topic, the sentences, what will be written, done."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import now, today
from bot.teaching import queue
from bot.teaching.examples import MOST_AT_ONCE, Wanted, added, look_at, read_examples
from bot.teaching.lessons import Proposal
from bot.teaching.regression import Case, with_cases
from bot.teaching.wording import MAX_CHARS, one_line
from console.access import needs
from console.pages import render
from console.security import refusal
from console.teaching import confirming, diffs, listing
from console.teaching.project import Project
from console.teaching.queue_page import DONE, MEANWHILE, chosen_intent, read
from console.transcripts import labels

routes = web.RouteTableDef()
PRE_TICKED = 5


@dataclass(frozen=True)
class Sentence:
    """One line of the form: its words, and whether they are to be added."""

    text: str
    used: bool
    times: int = 0


def proposal_of(project: Project, intent: str, sentences: tuple[str, ...]) -> confirming.Propose:
    """What adding these sentences, already looked at, would write."""
    title = project.title(intent)

    def propose(root: Path) -> Proposal:
        examples = read_examples(root)
        fresh = look_at(examples, intent, sentences).fresh
        cases = [Case(text=one, intent=intent, taught=today()) for one in fresh]
        changes = (added(root, examples, intent, fresh), with_cases(root, cases)) if fresh else ()
        words = "1 frase" if len(fresh) == 1 else f"{len(fresh)} frasi"
        return Proposal(kind="examples", title=f"{words} per «{title}»", changes=changes, intent=intent)

    return propose


@routes.get("/da-rivedere/{id}", name="review_row")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """One row: its messages; with a topic chosen, what would be written."""
    row, status, project = await read(request)
    written = request.query.get("argomento", "").strip()[:200]
    intent = chosen_intent(project, written) if written else None
    form = None
    if intent and status == "open":
        sentences = _first(project, intent, row)
        form = await _form(request, project, intent, sentences)
    found = project.search(written)[:8] if written and not intent else []
    done = DONE.get(request.query.get("fatto", ""), "")
    return _page(request, row, status, project, written=written, intent=intent, found=found, done=done, **(form or {}))


def _first(project: Project, intent: str, row: listing.Row) -> list[Sentence]:
    """The wordings of the row, those ticked that teach something and hold nothing personal."""
    sentences: list[Sentence] = []
    ticked = 0
    for words, times in row.wordings[: listing.WORDINGS]:
        wanted = look_at(project.training.examples, intent, [words])
        used = bool(wanted.fresh) and ticked < PRE_TICKED
        ticked += used
        sentences.append(Sentence(one_line(words), used, times))
    return sentences


async def _form(
    request: web.Request, project: Project, intent: str, sentences: list[Sentence], more: str = ""
) -> dict[str, Any]:
    used = tuple(one.text for one in sentences if one.used) + tuple(_lines(more))
    wanted = look_at(project.training.examples, intent, used)
    proposal = await confirming.proposed(request, proposal_of(project, intent, used))
    # What the browser will send if nothing is changed, to be told apart from files changed by others.
    told = [("argomento", intent)]
    for number, one in enumerate(sentences):
        told += [("usa", str(number))] if one.used else []
        told.append((f"frase-{number}", one.text))
    told.append(("altre", more))
    return {
        "sentences": sentences,
        "more": more,
        "wanted": wanted,
        "proposal": proposal,
        "files": diffs.files_of(proposal.diff),
        "form_state": confirming.form_state(told),
    }


def _lines(more: str) -> list[str]:
    return [line for line in more.replace("\r\n", "\n").split("\n") if line.strip()]


@routes.post("/da-rivedere/{id}/insegna", name="review_teach")
@needs("supervisore")
async def teach(request: web.Request) -> web.StreamResponse:
    """Write the examples shown; show again what changed since."""
    row, status, project = await read(request)
    form: Any = await request.post()
    intent = chosen_intent(project, str(form.get("argomento", ""))[:200])
    if intent is None:
        raise refusal(web.HTTPUnprocessableEntity, "Scegli un argomento dall'elenco: questo non c'è.")
    sentences, more = _sentences(form), str(form.get("altre", ""))[: MOST_AT_ONCE * MAX_CHARS]
    used = tuple(one.text for one in sentences if one.used) + tuple(_lines(more))
    wanted = look_at(project.training.examples, intent, used)

    async def again(proposal: Proposal, answer: int, warning: str) -> web.StreamResponse:
        fresh = await _form(request, project, intent, sentences, more)
        return _page(
            request, row, status, project, answer=answer, written="", intent=intent, found=[], warning=warning, **fresh
        )

    error = _error(project, wanted, status)
    if error:
        fresh = await _form(request, project, intent, sentences, more)
        return _page(
            request, row, status, project, answer=422, intent=intent, error=error, error_field="frasi", **fresh
        )

    async def handled(connection: AsyncConnection, lesson_id: UUID) -> None:
        if not await queue.decide(
            connection, row.id, "taught", by=confirming.author_of(request).name, at=now(), lesson_id=lesson_id
        ):
            raise refusal(web.HTTPConflict, MEANWHILE)

    return await confirming.write(request, proposal_of(project, intent, used), again, also=handled)


def _sentences(form: Any) -> list[Sentence]:
    used = {str(one) for one in form.getall("usa", [])}
    return [
        Sentence(str(form[f"frase-{number}"])[: 4 * MAX_CHARS], str(number) in used)
        for number in range(listing.WORDINGS)
        if f"frase-{number}" in form
    ]


def _error(project: Project, wanted: Wanted, status: str) -> str:
    if status != "open":
        return MEANWHILE
    if wanted.refused:
        return " ".join(wanted.refused[:3])
    if wanted.conflicts:
        line, other = wanted.conflicts[0]
        told = f"«{line}» è già un esempio di «{project.title(other)}»"
        return f"{told}: la stessa frase non può insegnare due cose. Togli la spunta o cambiala."
    if not wanted.fresh:
        return "Nessuna frase nuova: quelle scelte sono già fra gli esempi. Se non le capisce, addestra il modello."
    return ""


def _page(
    request: web.Request,
    row: listing.Row,
    status: str,
    project: Project,
    *,
    answer: int = 200,
    **values: Any,
) -> web.Response:
    known: dict[str, Any] = {
        "row": row,
        "status_now": status,
        "project": project,
        "labels": labels,
        "reasons": queue.REASONS,
        "written": "",
        "intent": None,
        "found": [],
        "sentences": [],
        "more": "",
        "wanted": None,
        "proposal": None,
        "files": [],
        "form_state": "",
        "warning": "",
        "max_chars": MAX_CHARS,
    }
    return render(request, "review_row.html", status=answer, **known | values)

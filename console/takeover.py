"""Those who wait for a person, and the conversations that people have: one page that renews itself and can ring."""

from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.conversations.handoff_model import REASONS
from bot.conversations.office import Office
from bot.conversations.waiting_line import InLine, held_by, waiting_line
from console.access import needs, operator_of
from console.harmless import harmless
from console.keys import ENGINE
from console.operators import Operator
from console.pages import NAVIGATION, render
from console.tables import summaries
from console.transcripts import labels
from console.transcripts.conversation_page import PANELS
from console.transcripts.reading import masked

routes = web.RouteTableDef()
NAVIGATION += [("/attesa", "Richieste", "operatore")]
PANELS += ["takeover_panel.html"]
MOST_CHARS = 160


@routes.get("/attesa", name="waiting")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """Who waits, what one has, what colleagues have."""
    return await _page(request, "takeover.html")


@routes.get("/attesa/righe", name="waiting_rows")
@needs("operatore")
async def rows(request: web.Request) -> web.StreamResponse:
    """The same without the page around it, for a page that renews itself."""
    return await _page(request, "takeover_rows.html")


async def _page(request: web.Request, template: str) -> web.Response:
    operator = operator_of(request)
    async with request.app[ENGINE].connect() as connection:
        waiting = await visible(connection, operator, await waiting_line(connection))
        held = await visible(connection, operator, await held_by(connection))
    mine = [one for one in held if one.handoff.operator == str(operator.id)]
    return render(
        request,
        template,
        waiting=waiting,
        mine=mine,
        others=[one for one in held if one not in mine],
        labels=labels,
        reasons=REASONS,
        short=short,
        since=seconds_since,
        is_open=Office().is_open(clock.now()),
        hours=Office().in_words(),
    )


async def visible(connection: AsyncConnection, operator: Operator, found: list[InLine]) -> list[InLine]:
    """Those of the operator's centres, and those of no centre."""
    ids = [one.handoff.conversation_id for one in found]
    query = select(summaries.c.conversation_id, summaries.c.centre).where(summaries.c.conversation_id.in_(ids))
    centres = {row.conversation_id: row.centre for row in await connection.execute(query)}
    return [one for one in found if operator.sees_centre(centres.get(one.handoff.conversation_id))]


def short(words: str) -> str:
    """The beginning of a citizen's message, without personal data."""
    said = harmless(masked(words))
    return said if len(said) <= MOST_CHARS else said[: MOST_CHARS - 1] + "…"


def seconds_since(at: datetime) -> float:
    """How long ago."""
    return (datetime.now(UTC) - at).total_seconds()

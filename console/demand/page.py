"""What people asked for and did not get, by week and centre, and the latest one by one. For those who plan."""

from typing import Any

from aiohttp import web

from bot.agenda.words import MODES
from bot.booking.wish import reading_from_json
from bot.clock import today
from bot.demand.model import KINDS, REASONS
from bot.figures import demand
from bot.figures.model import Figure
from bot.figures.overview import counted
from bot.nlu.when.spoken import say as say_when
from console import audit
from console.access import needs, operator_of
from console.figures.charts import chart_of
from console.figures.page import Shown, View, centres_of, figure_file, view_of
from console.figures.words import said
from console.harmless import harmless
from console.keys import ENGINE
from console.pages import NAVIGATION, render
from console.transcripts import labels
from console.transcripts.reading import masked

routes = web.RouteTableDef()
ADDRESS = "/che-cosa-manca"
NAVIGATION += [(ADDRESS, "Che cosa manca", "supervisore")]
MOST = 50
MOST_CHARS = 160


@routes.get(ADDRESS, name="demand")
@needs("supervisore")
async def show(request: web.Request) -> web.StreamResponse:
    """The figures, and the latest."""
    view, operator = view_of(request), operator_of(request)
    kind = request.query.get("tipo", "")
    kind = kind if kind in KINDS else ""
    found = await counted(request.app[ENGINE], demand.FIGURES, view.period, view.scope)
    async with request.app[ENGINE].begin() as connection:
        rows = await demand.latest(connection, view.period, view.scope, kind=kind, most=MOST)
        if any(row["said"] for row in rows):
            # Words of citizens are read here too, masked.
            await audit.record(connection, operator, "richieste non soddisfatte", centro=view.centre, righe=len(rows))
    return render(
        request,
        "demand.html",
        view=view,
        shown=[_shown(found[key], view) for key in demand.FIGURES],
        rows=[_told(row) for row in rows],
        kind=kind,
        kinds=KINDS,
        said=said,
        centres=centres_of(operator),
        everybody="i miei centri" if operator.centres else "tutti",
        most=MOST,
    )


def _shown(figure: Figure, view: View) -> Shown:
    return Shown(figure, chart_of(figure), "domanda", view.address(f"{ADDRESS}/{figure.key}.csv"))


@routes.get(ADDRESS + "/{figure}.csv", name="demand_file")
@needs("supervisore")
async def download(request: web.Request) -> web.StreamResponse:
    """One figure as a file."""
    return await figure_file(request, demand.FIGURES)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """One lack in words; what the citizen wrote only by its beginning, masked."""
    words = harmless(masked(row["said"] or ""))
    about = [row["service"], MODES.get(row["mode"], ""), _when(row["wish"])] if row["kind"] == "no_place" else []
    if row["topic"]:
        about.append(labels.intent(row["topic"]))
    return {
        "at": row["at"],
        "kind": KINDS.get(row["kind"], row["kind"]),
        "why": REASONS.get(row["reason"], row["reason"]),
        "centre": labels.centre(row["about"]) or "–",
        "about": ", ".join(str(one) for one in about if one),
        "said": words if len(words) <= MOST_CHARS else words[: MOST_CHARS - 1] + "…",
        "conversation_id": row["conversation_id"],
    }


def _when(wish: dict[str, Any]) -> str:
    return say_when(reading_from_json(wish), today=today()) if set(wish) - {"ring"} else ""

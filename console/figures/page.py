"""Figures of a period: the page, how they are counted, a file of each. For supervisors: they compare work of people."""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot import clock
from bot.figures.definitions import BY_KEY, DEFINITIONS, EXPLAINED
from bot.figures.model import Counting, Figure
from bot.figures.overview import FIGURES, GROUPS, counted, totals
from bot.figures.period import NO_CENTRE, PRESETS, Period, Scope, preset, read_period, scope_of
from console import audit
from console.access import needs, operator_of
from console.figures.charts import Chart, chart_of
from console.figures.words import compared, heading, judged, said, written
from console.harmless import cell
from console.keys import ENGINE
from console.operators import Operator
from console.pages import NAVIGATION, render
from console.security import HEADERS
from console.transcripts import labels

routes = web.RouteTableDef()
NAVIGATION += [("/numeri", "Numeri", "supervisore")]


@dataclass(frozen=True)
class View:
    """What is asked for: a period, whose, and as the address has it."""

    period: Period
    scope: Scope
    chosen: str
    centre: str

    def address(self, path: str, **more: str) -> str:
        """Another address about the same."""
        days = {"dal": self.period.first.isoformat(), "al": self.period.last.isoformat()}
        given = days | ({"centro": self.centre} if self.centre else {}) | more
        return f"{path}?{urlencode(given)}"


@dataclass(frozen=True)
class Shown:
    """A figure with its drawing and the definition that explains it."""

    figure: Figure
    chart: Chart | None
    explained: str
    file: str


def view_of(request: web.Request) -> View:
    """The view of an address; what cannot be read, or is of another centre, is left out."""
    query, today = request.query, clock.today()
    chosen = query.get("periodo", "")
    given = query.get("dal", ""), query.get("al", "")
    period = read_period(*given, chosen, today)
    known = {period_key for period_key in PRESETS if preset(period_key, today) == period}
    centre = query.get("centro", "")
    if centre not in (NO_CENTRE, "", *dict(labels.centres())):
        centre = ""
    operator = operator_of(request)
    scope = scope_of(centre, operator.centres)
    if operator.centres and centre not in ("", NO_CENTRE, *operator.centres):
        centre = ""
    return View(period, scope, next(iter(sorted(known)), ""), centre)


def centres_of(operator: Operator) -> list[tuple[str, str]]:
    """The centres an operator may choose among, and those of none."""
    mine = [(name, title) for name, title in labels.centres() if operator.sees_centre(name)]
    return [*mine, (NO_CENTRE, "senza centro")]


@routes.get("/numeri", name="figures")
@needs("supervisore")
async def show(request: web.Request) -> web.StreamResponse:
    """Every figure of the period."""
    view, operator = view_of(request), operator_of(request)
    engine = request.app[ENGINE]
    numbers, found = await asyncio.gather(
        totals(engine, view.period, view.scope), counted(engine, FIGURES, view.period, view.scope)
    )
    return render(
        request,
        "figures.html",
        view=view,
        totals=[(one, said(one.now, one), compared(one), judged(one)) for one in numbers],
        groups=[(title, [_shown(found[key], view) for key in keys]) for title, keys in GROUPS.items()],
        said=said,
        presets=PRESETS,
        centres=centres_of(operator),
        everybody="i miei centri" if operator.centres else "tutti",
        failures=f"/?{urlencode({'non_capito': '1', 'dal': view.period.first, 'al': view.period.last})}",
    )


def _shown(figure: Figure, view: View) -> Shown:
    explained = BY_KEY[EXPLAINED[figure.key]]
    return Shown(figure, chart_of(figure), explained.key, view.address(f"/numeri/{figure.key}.csv"))


@routes.get("/numeri/come-si-conta", name="figures_explained")
@needs("supervisore")
async def explain(request: web.Request) -> web.StreamResponse:
    """What each word of the figures means."""
    return render(request, "figures_explained.html", definitions=DEFINITIONS)


@routes.get("/numeri/{figure}.csv", name="figures_file")
@needs("supervisore")
async def download(request: web.Request) -> web.StreamResponse:
    """One figure as a file; that it was taken away is logged."""
    return await figure_file(request, FIGURES)


async def figure_file(request: web.Request, figures: Mapping[str, Counting]) -> web.Response:
    """The figure the address names, of the view it asks for. Raises HTTP 404."""
    view, key = view_of(request), request.match_info["figure"]
    if key not in figures:
        raise web.HTTPNotFound
    async with request.app[ENGINE].begin() as connection:
        figure = await figures[key](connection, view.period, view.scope)
        days = {"dal": view.period.first.isoformat(), "al": view.period.last.isoformat()}
        await audit.record(connection, operator_of(request), "numeri esportati", key, centro=view.centre, **days)
    name = f"{key}-{view.period.first}-{view.period.last}.csv"
    return file_of(name, [[heading(one) for one in figure.columns], *_rows(figure)])


def _rows(figure: Figure) -> list[list[object]]:
    return [[written(value, column) for value, column in zip(row, figure.columns, strict=True)] for row in figure.rows]


def file_of(name: str, rows: Sequence[Sequence[object]]) -> web.Response:
    """A CSV file as Italian spreadsheets expect: semicolons, a mark of UTF-8; nothing in it is a formula."""
    lines = io.StringIO()
    csv.writer(lines, delimiter=";", lineterminator="\r\n").writerows([cell(one) for one in row] for row in rows)
    body = b"\xef\xbb\xbf" + lines.getvalue().encode()
    return web.Response(
        body=body,
        headers=HEADERS
        | {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'},
    )

"""The page with the list of conversations: filters, words to look for, rows that renew themselves."""

from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.pages import render
from console.tables import accounts, tags
from console.transcripts import labels
from console.transcripts.filters import VIEWS, Filters, read_filters
from console.transcripts.listing import PAGE, NothingToSearchError, Page, page_of

routes = web.RouteTableDef()

TOO_COMMON = "Queste parole sono troppo comuni per cercarle: aggiungine un'altra."
TOO_LONG = "La ricerca ci mette troppo: aggiungi una parola o un filtro, come le date."


@routes.get("/", name="conversations")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The whole page."""
    filters = read_filters(request.query)
    page, error = await _page(request, filters)
    async with request.app[ENGINE].begin() as connection:
        choices = await choices_of(connection)
        if filters.parole:
            # What was searched for may be somebody's name.
            note, found = filters.parole, len(page.rows)
            await audit.record(
                connection, operator_of(request), "ricerca", note=note, found=found, filters=filters.described()
            )
    return render(request, "list.html", **_values(request, filters, page), **choices, error=error, views=VIEWS)


@routes.get("/righe", name="conversation_rows")
@needs("operatore")
async def rows(request: web.Request) -> web.StreamResponse:
    """The rows alone, for a page that renews itself."""
    filters = read_filters(request.query)
    page, _ = await _page(request, filters)
    return render(request, "list_rows.html", **_values(request, filters, page))


async def _page(request: web.Request, filters: Filters) -> tuple[Page, str]:
    try:
        async with request.app[ENGINE].begin() as connection:
            after = request.query.get("dopo", "")
            return await page_of(connection, filters, operator_of(request), after=after), ""
    except NothingToSearchError:
        return Page([], ""), TOO_COMMON
    except DBAPIError as error:
        if type(error.orig).__name__ != "QueryCanceled":
            raise
        return Page([], ""), TOO_LONG


def _values(request: web.Request, filters: Filters, page: Page) -> dict[str, Any]:
    return {
        "filters": filters,
        "page": page,
        "per_page": PAGE,
        "older": filters.address(dopo=page.after) if page.after else "",
        "later": bool(request.query.get("dopo")),
        "labels": labels,
    }


async def choices_of(connection: AsyncConnection) -> dict[str, Any]:
    """What the filters can be set to."""
    named = select(accounts.c.id, accounts.c.name).where(accounts.c.disabled_at.is_(None)).order_by(accounts.c.name)
    used = select(tags.c.tag).distinct().order_by(tags.c.tag).limit(500)
    return {
        "operators": [(str(one.id), one.name) for one in await connection.execute(named)],
        "all_tags": [(tag, tag) for tag in (await connection.execute(used)).scalars()],
    }

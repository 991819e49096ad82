"""How many questions wait, beside their entry in the menu of every page."""

from aiohttp import web

from bot import clock
from channels.problems import Handler
from console.keys import BADGES, ENGINE, OPERATOR
from console.pages import NAVIGATION, Badge
from console.promises.listing import how_many

routes = web.RouteTableDef()
ADDRESS = "/domande"
NAVIGATION += [(ADDRESS, "Domande", "operatore")]


def set_up(app: web.Application) -> None:
    """Count for every page somebody opens; not for what pages fetch by themselves."""
    app.middlewares.append(count)


@web.middleware
async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Leave the number where pages are made."""
    if OPERATOR in request and "X-Background" not in request.headers:
        async with request.app[ENGINE].connect() as connection:
            waiting = await how_many(connection, request[OPERATOR], now=clock.now())
        if waiting.open:
            said = f"da rispondere, {waiting.late} in ritardo" if waiting.late else "da rispondere"
            request[BADGES] = {ADDRESS: Badge(waiting.open, said, urgent=bool(waiting.late))}
    return await handler(request)

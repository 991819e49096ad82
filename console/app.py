"""The console's application: resources, routes, middlewares. Parts add their routes to `PARTS`."""

from collections.abc import AsyncIterator

from aiohttp import web
from sqlalchemy import text

from bot.knowledge.fresh import following_files
from bot.settings import Settings
from bot.storage.engine import create_engine
from console import (
    administration,
    calendar,
    invitations,
    live,
    login,
    oidc,
    privacy,
    profile,
    static,
    takeover,
    takeover_calls,
    takeover_talk,
)
from console.access import public
from console.demand import page as demand
from console.figures import page as figures
from console.keys import ENGINE, KNOWLEDGE, SETTINGS
from console.promises import menu as promises_menu
from console.promises import page as promises
from console.security import MIDDLEWARES
from console.teaching import (
    centre_page,
    comparison_page,
    entities_page,
    flag,
    knowledge_page,
    lessons_page,
    model_page,
    queue_page,
    regression_page,
    teach_page,
    topic_page,
)
from console.transcripts import attachment_page, conversation_page, export_page, list_page, strike_page, work

MAX_BODY_BYTES = 1024 * 1024
PARTS = (
    static,
    login,
    invitations,
    oidc,
    profile,
    live,
    list_page,
    conversation_page,
    attachment_page,
    work,
    strike_page,
    export_page,
    takeover,
    takeover_talk,
    takeover_calls,
    promises_menu,
    promises,
    figures,
    demand,
    queue_page,
    teach_page,
    entities_page,
    lessons_page,
    regression_page,
    flag,
    knowledge_page,
    topic_page,
    centre_page,
    model_page,
    comparison_page,
    *calendar.PAGES,
    administration,
    privacy,
)
"""Modules with `routes`; one that has `set_up(app)` too is given the application."""


def create_app(settings: Settings) -> web.Application:
    """The application, ready to be served."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=list(MIDDLEWARES))
    app[SETTINGS] = settings
    app.cleanup_ctx.append(database)
    app.cleanup_ctx.append(knowledge)
    app.router.add_get("/health", health, name="health")
    for part in PARTS:
        app.add_routes(part.routes)
        if hasattr(part, "set_up"):
            part.set_up(app)
    return app


async def database(app: web.Application) -> AsyncIterator[None]:
    """Open the database; close it when the application ends."""
    app[ENGINE] = create_engine(pool_size=8)
    yield
    await app[ENGINE].dispose()


async def knowledge(app: web.Application) -> AsyncIterator[None]:
    """Follow the knowledge files, which other processes and people change."""
    async with following_files() as follower:
        app[KNOWLEDGE] = follower
        yield


@public
async def health(request: web.Request) -> web.Response:
    """200 while pages can be made."""
    async with request.app[ENGINE].connect() as connection:
        await connection.execute(text("SELECT 1"))
    return web.json_response({"status": "ok"})

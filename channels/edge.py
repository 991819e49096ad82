"""The public edge: the one process that faces people.

python -m channels.edge
"""

from collections.abc import AsyncIterator

import structlog
import uvloop
from aiohttp import web
from sqlalchemy import text

from bot.agenda.postgres import PostgresBook
from bot.knowledge.fresh import following_files
from bot.logs import configure_logging
from bot.settings import Settings, get_settings
from bot.storage.engine import create_engine, create_statement_engine
from bot.storage.queue import create_queue
from channels import (
    agenda_feed,
    appointments,
    attachments,
    pages,
    plain_chat,
    telegram,
    twilio,
    webchat,
    webchat_extras,
    webchat_live,
)
from channels.announcements import Announcements
from channels.appointment_pages.visit import BOOK
from channels.limits import RateLimit
from channels.problems import Handler, problems_as_json

log = structlog.get_logger()


def create_app(settings: Settings) -> web.Application:
    """The application: settings, resources, routes, middlewares."""
    app = web.Application(
        client_max_size=settings.max_body_bytes, middlewares=[security_headers, cross_origin, problems_as_json]
    )
    app[webchat.SETTINGS] = settings
    app[webchat.ANNOUNCEMENTS] = Announcements()
    app[webchat.LIMITS] = {
        "ip": RateLimit(settings.ip_rate, settings.ip_burst),
        "conversation": RateLimit(settings.conversation_rate, settings.conversation_burst),
        "new_conversation": RateLimit(settings.new_conversation_rate, settings.new_conversation_burst),
    }
    app.cleanup_ctx.append(resources)
    app.router.add_get("/health", health, name="health")
    app.add_routes(webchat.routes)
    app.add_routes(webchat_live.routes)
    app.add_routes(webchat_extras.routes)
    app.add_routes(plain_chat.routes)
    app.add_routes(pages.routes)
    app.add_routes(appointments.routes)
    app.add_routes(attachments.routes)
    app.add_routes(agenda_feed.routes)
    telegram.set_up(app, settings)
    twilio.set_up(app, settings)
    return app


async def resources(app: web.Application) -> AsyncIterator[None]:
    """Open the database, the queue and the listener; close them when the application ends."""
    app[webchat.ENGINE] = create_engine(pool_size=5)
    app[BOOK] = PostgresBook(app[webchat.ENGINE])
    app[webchat.STATEMENTS] = create_statement_engine(pool_size=10)
    app[webchat.QUEUE] = create_queue(max_size=2)
    async with app[webchat.QUEUE].open_async(), app[webchat.ANNOUNCEMENTS].listening(), following_files():
        yield
    await app[webchat.STATEMENTS].dispose()
    await app[webchat.ENGINE].dispose()


async def health(request: web.Request) -> web.Response:
    """200 while messages can be accepted."""
    async with request.app[webchat.STATEMENTS].connect() as connection:
        await connection.execute(text("SELECT 1"))
    return web.json_response({"status": "ok"})


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The headers every answer carries."""
    answer = await handler(request)
    if not answer.prepared:
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "no-referrer")
        answer.headers.setdefault("X-Frame-Options", "DENY")
        answer.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        )
    return answer


@web.middleware
async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the allowed sites' pages call the API, and no others."""
    origin = request.headers.get("Origin", "")
    allowed = origin in request.app[webchat.SETTINGS].allowed_origins
    preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    answer = web.Response(status=204) if preflight and allowed else await handler(request)
    if allowed and not answer.prepared:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
        answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
        answer.headers["Vary"] = "Origin"
    return answer


def main() -> None:
    """Entry point of the edge process."""
    settings = get_settings()
    configure_logging("edge")
    web.run_app(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        access_log=None,
        print=None,
        reuse_port=True,
        shutdown_timeout=3,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()

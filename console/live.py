"""What happens in conversations, as it happens: one PostgreSQL listener, summaries kept up to date, browsers told.

`sportello_messages` names a conversation; what is named within a moment is summed up together, then every open page that
follows it is told. While the connection is lost pages go on; when it is back, what was missed is caught up with.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg
import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from bot.conversations.store import NEW_MESSAGES
from bot.storage.engine import database_url
from console import sessions
from console.access import needs
from console.keys import ENGINE, SETTINGS
from console.security import COOKIE, HEADERS
from console.transcripts.summaries import catch_up, summarise

log = structlog.get_logger()
routes = web.RouteTableDef()

GATHER_SECONDS = 0.2
QUIET_SECONDS = 15.0
"""So often a page is told that it is still connected, and its session looked at."""
EVERY_PAGE = None


class _Page:
    """One open page: what it follows, and what changed since it was told."""

    def __init__(self, follows: UUID | None) -> None:
        self.follows = follows
        self.changed: set[UUID] = set()
        self.event = asyncio.Event()


class Changes:
    """Conversations that changed, for whoever subscribes. A page that is behind gets one set, not a queue."""

    def __init__(self) -> None:
        self._pages: dict[_Page, None] = {}
        self.closing = False

    @contextmanager
    def subscribed(self, conversation_id: UUID | None) -> Iterator[_Page]:
        """Changes of one conversation, or of all."""
        page = _Page(conversation_id)
        self._pages[page] = None
        try:
            yield page
        finally:
            del self._pages[page]

    def close(self) -> None:
        """Let every open page go: the process is about to end, and a page asks again by itself."""
        self.closing = True
        for page in self._pages:
            page.event.set()

    def tell(self, changed: set[UUID]) -> None:
        """Tell every page that follows one of these."""
        for page in self._pages:
            if page.follows is EVERY_PAGE or page.follows in changed:
                page.changed.update(changed)
                page.event.set()


CHANGES = web.AppKey("changes", Changes)


def set_up(app: web.Application) -> None:
    """Listen for as long as the application runs."""
    app[CHANGES] = Changes()
    app.cleanup_ctx.append(listening)
    app.on_shutdown.append(_let_go)


async def _let_go(app: web.Application) -> None:
    app[CHANGES].close()


async def listening(app: web.Application) -> AsyncIterator[None]:
    """The listener and the summing up, as tasks."""
    waiting: asyncio.Queue[UUID] = asyncio.Queue()
    tasks = [asyncio.create_task(_listen(app, waiting)), asyncio.create_task(_sum_up(app, waiting))]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(app: web.Application, waiting: asyncio.Queue[UUID]) -> None:
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(database_url(), autocommit=True) as connection:
                await connection.execute(f"LISTEN {NEW_MESSAGES}")
                await catch_up(app[ENGINE])
                async for notification in connection.notifies():
                    with suppress(ValueError):
                        waiting.put_nowait(UUID(notification.payload))
        except (psycopg.Error, DBAPIError) as error:
            log.warning("listening for messages again", reason=type(error).__name__)
        await asyncio.sleep(0.5)


async def _sum_up(app: web.Application, waiting: asyncio.Queue[UUID]) -> None:
    while True:
        changed = {await waiting.get()}
        await asyncio.sleep(GATHER_SECONDS)
        while not waiting.empty():
            changed.add(waiting.get_nowait())
        try:
            async with app[ENGINE].begin() as connection:
                await summarise(connection, list(changed))
        except DBAPIError as error:
            # What is missed now is caught up with at the next message or start.
            log.warning("summaries not written", reason=type(error.orig).__name__)
        app[CHANGES].tell(changed)


@routes.get("/eventi", name="events")
@needs("operatore")
async def events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `change` whenever a conversation, or the one asked for, has something new.

    Ends with the session, which it does not keep alive.
    """
    follows = _follows(request)
    answer = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream; charset=utf-8"})
    with request.app[CHANGES].subscribed(follows) as page, suppress(ConnectionError):
        await answer.prepare(request)
        await answer.write(b"retry: 2000\n\nevent: change\ndata: {}\n\n")
        while await _is_alive(request):
            try:
                await asyncio.wait_for(page.event.wait(), QUIET_SECONDS)
            except TimeoutError:
                await answer.write(b": here\n\n")
                continue
            if request.app[CHANGES].closing:
                return answer
            changed, page.changed = page.changed, set()
            page.event.clear()
            data = json.dumps({"conversations": len(changed)})
            await answer.write(f"event: change\ndata: {data}\n\n".encode())
        await answer.write(b"event: over\ndata: {}\n\n")
    return answer


def _follows(request: web.Request) -> UUID | None:
    try:
        return UUID(request.query["conversazione"]) if "conversazione" in request.query else EVERY_PAGE
    except ValueError:
        raise web.HTTPBadRequest from None


async def _is_alive(request: web.Request) -> bool:
    async with request.app[ENGINE].connect() as connection:
        token = request.cookies.get(COOKIE, "")
        return await sessions.find(connection, token, request.app[SETTINGS], touch=False) is not None

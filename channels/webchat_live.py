"""The web chat for clients that show more than messages: cards, whose turn it is, who is writing. See docs/webchat-api.md.

GET /webchat/v1/conversations/{id}/live, over a WebSocket or by long polling.
"""

import asyncio
import json
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from aiohttp import WSCloseCode, web
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.model import Message
from bot.conversations.presence import Presence, presence_of
from bot.conversations.store import messages_after
from channels.appointment_pages.visit import BOOK
from channels.cards import card_of
from channels.problems import Problem
from channels.webchat import (
    ANNOUNCEMENTS,
    MAX_WAIT_SECONDS,
    SETTINGS,
    STATEMENTS,
    as_json,
    authorised,
    json_response,
    read_number,
    serve_socket,
)

log = structlog.get_logger()

GONE = 4404
"""WebSocket close code: the conversation is no more."""

routes = web.RouteTableDef()


@dataclass(frozen=True)
class News:
    """What there is after a message; `presence` None: the conversation is no more."""

    messages: list[Message]
    presence: Presence | None


@routes.get("/webchat/v1/conversations/{id}/live", name="webchat_live")
async def live(request: web.Request) -> web.StreamResponse:
    """Messages with their cards, and the presence: pushed, or once when there is news."""
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return await serve_socket(request, _push)
    conversation_id = await authorised(request)
    after = int(read_number(request, "after", default=0, most=2**31 - 1))
    wait = min(read_number(request, "wait", default=0, most=3600), MAX_WAIT_SECONDS)
    news = await wait_for_news(request.app, conversation_id, after, request.query.get("presence", ""), wait)
    if news.presence is None:
        raise Problem(404, "conversation_unknown", "no conversation has this id")
    shown = [await dressed(request.app, message) for message in news.messages]
    return json_response({"messages": shown, "presence": asdict(news.presence)})


async def _push(app: web.Application, socket: web.WebSocketResponse, conversation_id: UUID, after: int) -> None:
    """Frames of the same shape as the answer to a poll, for as long as the socket is open."""
    version = ""
    try:
        while not socket.closed:
            news = await wait_for_news(app, conversation_id, after, version, MAX_WAIT_SECONDS)
            if news.presence is None:
                await socket.close(code=GONE)
                return
            if not news.messages and news.presence.version == version:
                continue
            shown = [await dressed(app, message) for message in news.messages]
            frame = {"messages": shown, "presence": asdict(news.presence)}
            await socket.send_str(json.dumps(frame, ensure_ascii=False))
            version = news.presence.version
            after = news.messages[-1].seq if news.messages else after
    except (SQLAlchemyError, Problem) as error:
        log.warning("socket closed", reason=repr(error))
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def wait_for_news(app: web.Application, conversation_id: UUID, after: int, version: str, wait: float) -> News:
    """Messages after a number, or another presence than that version: at once, else within `wait` seconds."""
    announcements = app[ANNOUNCEMENTS]
    if announcements.open_waiters() >= app[SETTINGS].max_open_polls:
        raise Problem(503, "busy", "too many open requests; try again", retry_after=2)
    deadline = time.monotonic() + wait
    async with announcements.waiter(conversation_id) as news:
        while True:
            news.clear()
            async with app[STATEMENTS].connect() as connection:
                found = await messages_after(connection, conversation_id, after)
                presence = await presence_of(connection, conversation_id)
            left = deadline - time.monotonic()
            if found or presence is None or presence.version != version or left <= 0:
                return News(found, presence)
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return News([], presence)


async def dressed(app: web.Application, message: Message) -> dict[str, Any]:
    """A message as clients read it, with its card."""
    card = await card_of(app[BOOK], message) if message.links else None
    return as_json(message) | {"card": card}

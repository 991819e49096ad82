"""The web chat: JSON over HTTP with long polling, and the same messages over a WebSocket. See docs/webchat-api.md."""

import asyncio
import hmac
import json
import time
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from procrastinate import App
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.model import InboundMessage, Link, Message, Reply
from bot.conversations.store import (
    add_outgoing,
    hash_token,
    messages_after,
    open_conversation,
    token_hash_and_messages_after,
    token_hash_of,
)
from bot.dialogue.payloads import PayloadError, check_payload
from bot.settings import Settings
from channels.announcements import Announcements
from channels.capabilities import WEBCHAT
from channels.inbox import accept
from channels.limits import RateLimit
from channels.problems import Problem
from channels.sentences import GREETING, PRIVACY_TITLE, say

log = structlog.get_logger()

ENGINE = web.AppKey("engine", AsyncEngine)
STATEMENTS = web.AppKey("statements", AsyncEngine)
QUEUE = web.AppKey("queue", App)
SETTINGS = web.AppKey("settings", Settings)
ANNOUNCEMENTS = web.AppKey("announcements", Announcements)
LIMITS = web.AppKey("limits", dict[str, RateLimit])

MAX_WAIT_SECONDS = 25.0
MAX_CLIENT_ID_CHARS = 100
SOCKET_PING_SECONDS = 25.0

UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"})
"""Unicode categories that show nothing on their own: controls, joiners, spaces, marks that need a letter."""
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that show nothing although their category says letter or symbol: Hangul fillers, the empty Braille cell."""

Push = Callable[[web.Application, web.WebSocketResponse, UUID, int], Coroutine[Any, Any, None]]
"""Sends what is new in a conversation after a sequence number, for as long as the socket is open."""

routes = web.RouteTableDef()


@routes.post("/webchat/v1/conversations", name="webchat_open")
async def open_new(request: web.Request) -> web.Response:
    """Open a conversation: its id, its token, the greeting."""
    take(request, "new_conversation", client_address(request))
    async with request.app[ENGINE].begin() as connection:
        conversation_id, token = await open_conversation(connection, channel=WEBCHAT.name)
        greeting = Reply(text=say(GREETING), links=(Link(title=PRIVACY_TITLE, url="/privacy"),))
        await add_outgoing(connection, conversation_id, [greeting])
        first = await messages_after(connection, conversation_id, 0)
    body = {"conversation_id": str(conversation_id), "token": token, "messages": [as_json(m) for m in first]}
    return json_response(body, status=201)


@routes.post("/webchat/v1/conversations/{id}/messages", name="webchat_send")
async def send(request: web.Request) -> web.Response:
    """Accept one message; the answer comes through the other two addresses."""
    conversation_id = await authorised(request)
    body = await read_json(request)
    take(request, "ip", client_address(request))
    take(request, "conversation", str(conversation_id))
    message = read_message(body, conversation_id, request.app[SETTINGS])
    message_id = await accept(request.app[ENGINE], request.app[QUEUE], message)
    return json_response({"message_id": str(message_id)}, status=202)


@routes.get("/webchat/v1/conversations/{id}/messages", name="webchat_poll")
async def poll(request: web.Request) -> web.Response:
    """Messages after a sequence number; waits for the first one when asked to."""
    conversation_id, token = credentials(request)
    after = int(read_number(request, "after", default=0, most=2**31 - 1))
    wait = min(read_number(request, "wait", default=0, most=3600), MAX_WAIT_SECONDS)

    async def authorised_look(connection: AsyncConnection) -> list[Message]:
        stored, found = await token_hash_and_messages_after(connection, conversation_id, after)
        check_token(token, stored)
        return found

    found = await wait_for_messages(request.app, conversation_id, after, wait, first_look=authorised_look)
    return json_response({"messages": [as_json(message) for message in found]})


@routes.get("/webchat/v1/conversations/{id}/stream", name="webchat_stream")
async def stream(request: web.Request) -> web.WebSocketResponse:
    """The same messages pushed, each as one JSON text frame."""
    return await serve_socket(request, push_messages)


async def serve_socket(request: web.Request, push_news: Push) -> web.WebSocketResponse:
    """Push to one conversation's socket until either side ends. What the client sends is ignored."""
    check_origin(request)
    conversation_id = await authorised(request)
    after = int(read_number(request, "after", default=0, most=2**31 - 1))
    socket = web.WebSocketResponse(heartbeat=SOCKET_PING_SECONDS, max_msg_size=4096, protocols=("sportello",))
    await socket.prepare(request)
    push = asyncio.create_task(push_news(request.app, socket, conversation_id, after))
    try:
        async for frame in socket:
            if frame.type is WSMsgType.ERROR:
                break
    finally:
        push.cancel()
        await asyncio.gather(push, return_exceptions=True)
    return socket


async def push_messages(app: web.Application, socket: web.WebSocketResponse, conversation_id: UUID, after: int) -> None:
    """Send every message of the conversation, in order, for as long as the socket is open.

    When the messages cannot be read the socket is closed, so that the client comes back instead of waiting in vain.
    """
    try:
        while not socket.closed:
            for message in await wait_for_messages(app, conversation_id, after, MAX_WAIT_SECONDS):
                await socket.send_str(json.dumps(as_json(message), ensure_ascii=False))
                after = message.seq
    except (SQLAlchemyError, Problem) as error:
        log.warning("socket closed", reason=repr(error))
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


Look = Callable[[AsyncConnection], Awaitable[list[Message]]]


async def wait_for_messages(
    app: web.Application, conversation_id: UUID, after: int, wait: float, *, first_look: Look | None = None
) -> list[Message]:
    """The messages after a sequence number, at once if there are any, else the first to come within `wait` seconds."""
    announcements = app[ANNOUNCEMENTS]
    if announcements.open_waiters() >= app[SETTINGS].max_open_polls:
        raise Problem(503, "busy", "too many open requests; try again", retry_after=2)

    async def look_again(connection: AsyncConnection) -> list[Message]:
        stored, found = await token_hash_and_messages_after(connection, conversation_id, after)
        if stored is None:  # erased while somebody waited
            raise Problem(404, "conversation_unknown", "no conversation has this id")
        return found

    deadline = time.monotonic() + wait
    look = first_look or look_again
    async with announcements.waiter(conversation_id) as news:
        while True:
            news.clear()
            async with app[STATEMENTS].connect() as connection:
                found = await look(connection)
            look = look_again
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return []


async def authorised(request: web.Request) -> UUID:
    """The conversation named in the path, once the bearer token is proved to be its own."""
    conversation_id, token = credentials(request)
    async with request.app[STATEMENTS].connect() as connection:
        stored = await token_hash_of(connection, conversation_id)
    check_token(token, stored)
    return conversation_id


def credentials(request: web.Request) -> tuple[UUID, str]:
    """The conversation named in the path and the bearer token, neither proved yet.

    The token comes in `Authorization`, or for a browser's WebSocket, which cannot set it, as the second protocol offered.
    """
    header = request.headers.get("Authorization", "")
    token = header[7:] if header[:7].lower() == "bearer " else ""
    if not token and request.headers.get("Upgrade", "").lower() == "websocket":
        offered = [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = offered[1] if len(offered) == 2 and offered[0] == "sportello" else ""
    if not token:
        raise Problem(401, "token_missing", "send Authorization: Bearer <token>")
    try:
        return UUID(request.match_info["id"]), token
    except ValueError:
        raise Problem(404, "conversation_unknown", "no conversation has this id") from None


def check_token(token: str, stored: bytes | None) -> None:
    """Refuse unless there is such a conversation and the token is its own."""
    if stored is None:
        raise Problem(404, "conversation_unknown", "no conversation has this id, or it has expired")
    if not hmac.compare_digest(stored, hash_token(token)):
        raise Problem(401, "token_wrong", "the token is not the one of this conversation")


def check_origin(request: web.Request) -> None:
    """A browser says where its page comes from: only our own pages and the allowed ones may open a socket."""
    origin = request.headers.get("Origin")
    own = {f"http://{request.host}", f"https://{request.host}"}
    if origin is not None and origin not in own and origin not in request.app[SETTINGS].allowed_origins:
        raise Problem(403, "origin", "this origin is not allowed")


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object."""
    try:
        body = json.loads(await request.read())
    except web.RequestPayloadError:
        raise Problem(422, "body", "the body is not encoded as its headers say") from None
    except (ValueError, RecursionError):
        raise Problem(422, "json", "the body is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Problem(422, "json", "the body must be a JSON object")
    return body


def read_message(body: dict[str, Any], conversation_id: UUID, settings: Settings) -> InboundMessage:
    """The message a body carries: `client_message_id` and exactly one of `text` and `payload`."""
    client_id, text, payload = body.get("client_message_id"), body.get("text"), body.get("payload")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= MAX_CLIENT_ID_CHARS or not can_be_stored(client_id):
        raise Problem(
            422, "client_message_id", f"client_message_id must be a string of 1-{MAX_CLIENT_ID_CHARS} characters"
        )
    if (text is None) == (payload is None):
        raise Problem(422, "message", "send exactly one of text and payload")
    if text is not None:
        return InboundMessage(
            conversation_id=conversation_id,
            channel_message_id=client_id,
            text=clean_text(text, settings.max_text_chars),
        )
    try:
        checked = check_payload(payload) if isinstance(payload, str) else None
    except PayloadError as error:
        raise Problem(422, "payload", str(error)) from None
    if checked is None or not can_be_stored(checked):
        raise Problem(422, "payload", "payload must be a string of Unicode characters")
    return InboundMessage(conversation_id=conversation_id, channel_message_id=client_id, payload=checked)


def clean_text(text: object, most: int) -> str:
    """A citizen's words without the characters nobody types: nulls, lone surrogates, invisible tag characters."""
    if not isinstance(text, str):
        raise Problem(422, "text", "text must be a string")
    if len(text) > most:
        raise Problem(413, "text_too_long", f"text is over {most} characters")
    cleaned = "".join(
        c for c in text if c in "\n\t" or not (ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) >> 16 == 0xE)
    )
    if all(c in BLANK or unicodedata.category(c) in UNSEEN for c in cleaned):
        raise Problem(422, "text_empty", "text is empty")
    return cleaned.strip()


def can_be_stored(value: str) -> bool:
    """Whether PostgreSQL can keep it: no nulls, no lone surrogates (JSON can carry both)."""
    return not any(c == "\x00" or 0xD800 <= ord(c) <= 0xDFFF for c in value)


def read_number(request: web.Request, name: str, *, default: float, most: float) -> float:
    """A number of the query, at least 0."""
    raw = request.query.get(name)
    if raw is None:
        return default
    try:
        value = float(raw)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise Problem(422, name, f"{name} must be a number from 0 to {most:.0f}")
    return value


def take(request: web.Request, limit: str, key: str) -> None:
    """Count one against a limit, or refuse with the time to wait."""
    seconds = request.app[LIMITS][limit].wait(key)
    if seconds:
        raise Problem(429, "too_many", f"over the {limit} rate; wait", retry_after=seconds)


def client_address(request: web.Request) -> str:
    """The network address limits are counted by; behind proxies, the one the outermost trusted proxy saw."""
    trusted = request.app[SETTINGS].trusted_proxies
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if trusted and len(forwarded) >= trusted:
        return forwarded[-trusted]
    return request.remote or "unknown"


def as_json(message: Message) -> dict[str, Any]:
    """A message as clients read it."""
    return {
        "id": str(message.id),
        "seq": message.seq,
        "sender": message.sender,
        "kind": message.kind,
        "text": message.text,
        "payload": message.payload,
        "buttons": message.buttons,
        "links": message.links,
        "in_reply_to": str(message.in_reply_to) if message.in_reply_to else None,
        "created_at": message.created_at.isoformat(),
        "author": message.author,
        "client_message_id": message.channel_message_id,
    }


def json_response(body: dict[str, Any], *, status: int = 200) -> web.Response:
    """JSON that no cache keeps."""
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )

"""A stand-in for api.telegram.org: takes what the Bot API takes, refuses what it refuses, and shows what a chat would show.

Every method checks its parameters against the published limits; what no real client could have sent is kept in `wrong`.
`trouble("sendMessage", Trouble(429, seconds=2))` makes the next calls go badly, one trouble a call.
"""

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import ClientSession, web
from support import free_port

BOT_ID = 7012345678
TOKEN = f"{BOT_ID}:AAGd-a-token-for-tests-only-0123456789ab"
SECRET = "a-secret_for-tests-only"  # noqa: S105
BOT_NAME = "SportelloProvaBot"
ME = {"id": BOT_ID, "is_bot": True, "first_name": "Sportello", "username": BOT_NAME, "can_join_groups": True}

TAGS = "b|strong|i|em|u|ins|s|strike|del|a|code|pre|tg-spoiler|blockquote|span"
TAG = re.compile(rf'<(/?)({TAGS})((?:\s+[a-z-]+="[^"<>]*")*)\s*>')
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
PARAMETERS = {
    "getMe": "",
    "sendMessage": "chat_id text parse_mode message_thread_id reply_markup link_preview_options",
    "sendVenue": "chat_id latitude longitude title address message_thread_id reply_markup",
    "sendDocument": "chat_id document caption message_thread_id reply_markup",
    "sendChatAction": "chat_id action message_thread_id",
    "answerCallbackQuery": "callback_query_id text show_alert",
    "editMessageReplyMarkup": "chat_id message_id reply_markup",
    "setWebhook": "url secret_token allowed_updates max_connections drop_pending_updates",
    "deleteWebhook": "drop_pending_updates",
    "getWebhookInfo": "",
    "setMyCommands": "commands",
    "getUpdates": "offset timeout allowed_updates limit",
}


class RefusedCall(Exception):
    def __init__(self, code: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass
class Trouble:
    """One call that goes badly.

    "silence": it is done, and no answer comes; "reset": it is done, and the connection breaks; a number: refused with it;
    "gateway": 502 in the words of a proxy.
    """

    kind: int | Literal["silence", "reset", "gateway"]
    seconds: float = 1
    description: str = ""


@dataclass
class Shown:
    """A message of the bot as the chat shows it."""

    message_id: int
    kind: str
    text: str = ""
    html: str = ""
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    topic: int | None = None
    at: float = field(default_factory=time.monotonic)

    def titles(self) -> list[str]:
        return [button["text"] for row in self.rows for button in row]

    def button(self, title: str) -> dict[str, Any]:
        found = [one for row in self.rows for one in row if one["text"].lower().startswith(title.lower())]
        assert found, f"no button {title!r} in {self.titles()}"
        return found[0]


class TelegramDouble:
    """The server; `url` is what SPORTELLO_TELEGRAM_API_URL is set to."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.chats: dict[int, list[Shown]] = defaultdict(list)
        self.known: dict[int, str] = {}  # chat id: type
        self.topics: set[int] = set()  # of the groups that have them
        self.blocked: set[int] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.wrong: list[str] = []
        self.answered: dict[str, str] = {}
        self.queries: set[str] = set()
        self.webhook: dict[str, Any] = {}
        self.commands: list[dict[str, str]] = []
        self.pending: list[dict[str, Any]] = []
        self.token = TOKEN
        # the chats as a transcript, for whoever wants to read one
        self.story: list[str] = []
        self.last_error: tuple[int, str] | None = None
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._ids = itertools.count(1000)
        self._updates = itertools.count(880_000_000)
        self._message_ids: dict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._runner: web.AppRunner | None = None
        self._silent: set[asyncio.Event] = set()

    async def start(self) -> None:
        app = web.Application(client_max_size=2**21)
        app.router.add_post("/bot{token}/{method}", self._call)
        app.router.add_get("/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        for event in self._silent:
            event.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def trouble(self, method: str, *troubles: Trouble) -> None:
        self._troubles[method].extend(troubles)

    def next_id(self) -> int:
        return next(self._ids)

    def next_update(self) -> int:
        return next(self._updates)

    def next_message(self, chat: int) -> int:
        return next(self._message_ids[chat])

    def called(self, method: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == method]

    async def deliver(self, session: ClientSession, url: str, update: dict[str, Any], secret: str = SECRET) -> int:
        """POST an update as Telegram does; the status it was answered with."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with session.post(url, json=update, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _refusal(RefusedCall(401, "Unauthorized"))
        if method not in PARAMETERS:
            self.wrong.append(f"unknown method {method}")
            return _refusal(RefusedCall(404, "Not Found"))
        given = await _parameters(request)
        unknown = given.keys() - set(PARAMETERS[method].split())
        if unknown:
            self.wrong.append(f"{method}: unexpected {sorted(unknown)}")
        self.calls.append((method, given))
        trouble = self._troubles[method].popleft() if self._troubles[method] else None
        try:
            if trouble is not None and (isinstance(trouble.kind, int) or trouble.kind == "gateway"):
                return self._refuse(trouble)
            result = await getattr(self, f"_{method}")(given)
        except RefusedCall as refused:
            if refused.code == 400:
                self.wrong.append(f"{method}: {refused.description}")
            return _refusal(refused)
        if trouble is not None:
            await self._go_silent(request, trouble)
        return web.json_response({"ok": True, "result": result})

    def _refuse(self, trouble: Trouble) -> web.Response:
        if trouble.kind == "gateway":
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        code = int(trouble.kind)
        if code == 429:
            wait = {"retry_after": int(trouble.seconds)} if trouble.seconds else {}
            return _refusal(RefusedCall(429, f"Too Many Requests: retry after {int(trouble.seconds)}", **wait))
        said = {
            400: 'Bad Request: can\'t parse entities: Unsupported start tag "b" at byte offset 0',
            403: "Forbidden: bot was blocked by the user",
            500: "Internal Server Error",
            503: "Service Unavailable",
        }
        return _refusal(RefusedCall(code, trouble.description or said.get(code, "Error")))

    async def _go_silent(self, request: web.Request, trouble: Trouble) -> None:
        if trouble.kind == "silence":
            released = asyncio.Event()
            self._silent.add(released)
            await released.wait()
        assert request.transport is not None
        request.transport.abort()

    # --- methods ----------------------------------------------------------------------------------------------------

    async def _getMe(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return ME

    async def _sendMessage(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        html = str(given.get("text", ""))
        text = parsed(html) if given.get("parse_mode") == "HTML" else html
        if not text.strip():
            raise RefusedCall(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise RefusedCall(400, "Bad Request: message is too long")
        return self._show(given, "text", text=text, html=html)

    async def _sendVenue(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        place = {key: given[key] for key in ("latitude", "longitude", "title", "address")}
        if not -90 <= float(place["latitude"]) <= 90 or not str(place["title"]).strip():
            raise RefusedCall(400, "Bad Request: venue is invalid")
        return self._show(given, "venue", data=place)

    async def _sendDocument(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if not isinstance(given["document"], dict) or not given["document"]["body"]:
            raise RefusedCall(400, "Bad Request: file must be non-empty")
        return self._show(given, "document", data=given["document"])

    async def _sendChatAction(self, given: dict[str, Any]) -> bool:  # noqa: N802
        self._chat(given)
        if given["action"] not in ("typing", "upload_document", "find_location"):
            raise RefusedCall(400, "Bad Request: wrong parameter action in request")
        return True

    async def _answerCallbackQuery(self, given: dict[str, Any]) -> bool:  # noqa: N802
        if given["callback_query_id"] not in self.queries or len(given.get("text", "")) > 200:
            raise RefusedCall(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered[given["callback_query_id"]] = given.get("text", "")
        return True

    async def _editMessageReplyMarkup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        chat = self._chat(given)
        found = [one for one in self.chats[chat] if one.message_id == int(given["message_id"])]
        if not found:
            raise RefusedCall(400, "Bad Request: message to edit not found")
        rows, _ = _keyboards(given, chat)
        if rows == found[0].rows:
            raise RefusedCall(400, "Bad Request: message is not modified")
        found[0].rows = rows
        return self._as_message(chat, found[0])

    async def _setWebhook(self, given: dict[str, Any]) -> bool:  # noqa: N802
        if not str(given["url"]).startswith("https://"):
            raise RefusedCall(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", given.get("secret_token", "")):
            raise RefusedCall(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = given
        return True

    async def _deleteWebhook(self, given: dict[str, Any]) -> bool:  # noqa: N802
        self.webhook = {}
        return True

    async def _getWebhookInfo(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        info = {"url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0}
        if self.last_error:
            info |= {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
        return info

    async def _setMyCommands(self, given: dict[str, Any]) -> bool:  # noqa: N802
        self.commands = given["commands"]
        if not all(re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) and one["description"] for one in self.commands):
            raise RefusedCall(400, "Bad Request: BOT_COMMAND_INVALID")
        return True

    async def _getUpdates(self, given: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        if self.webhook:
            raise RefusedCall(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        offset = int(given.get("offset", 0))
        self.pending = [one for one in self.pending if one["update_id"] >= offset]
        deadline = time.monotonic() + min(float(given.get("timeout", 0)), 1)
        while not self.pending and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return self.pending[:100]

    # --- chats ------------------------------------------------------------------------------------------------------

    def _chat(self, given: dict[str, Any]) -> int:
        chat = int(given["chat_id"])
        if chat in self.blocked:
            raise RefusedCall(403, "Forbidden: bot was blocked by the user")
        if chat not in self.known:
            raise RefusedCall(400, "Bad Request: chat not found")
        if "message_thread_id" in given and int(given["message_thread_id"]) not in self.topics:
            raise RefusedCall(400, "Bad Request: message thread not found")
        return chat

    def _show(self, given: dict[str, Any], kind: str, **what: Any) -> dict[str, Any]:
        chat = self._chat(given)
        rows, keys = _keyboards(given, chat)
        topic = int(given["message_thread_id"]) if "message_thread_id" in given else None
        shown = Shown(message_id=self.next_message(chat), kind=kind, rows=rows, keys=keys, topic=topic, **what)
        self.chats[chat].append(shown)
        self.story.append(
            "\n".join([f"Sportello: {shown.text or shown.kind}", *(f"  [{one}]" for one in shown.titles())])
        )
        return self._as_message(chat, shown)

    def _as_message(self, chat: int, shown: Shown) -> dict[str, Any]:
        message: dict[str, Any] = {
            "message_id": shown.message_id,
            "from": ME,
            "chat": {"id": chat, "type": self.known[chat]},
            "date": int(time.time()),
        }
        if shown.kind == "text":
            message["text"] = shown.text
        if shown.topic:
            message |= {"message_thread_id": shown.topic, "is_topic_message": True}
        if shown.rows:
            message["reply_markup"] = {"inline_keyboard": shown.rows}
        return message

    def as_message(self, chat: int, shown: Shown) -> dict[str, Any]:
        return self._as_message(chat, shown)


def parsed(html: str) -> str:
    """The text of Telegram's HTML, or the refusal that the API gives."""
    opened: list[str] = []
    text, at = "", 0
    while at < len(html):
        if html[at] == "<":
            tag = TAG.match(html, at)
            if tag is None:
                raise RefusedCall(400, f"Bad Request: can't parse entities: Unsupported start tag at byte offset {at}")
            if not tag[1]:
                opened.append(tag[2])
            elif not opened or opened.pop() != tag[2]:
                raise RefusedCall(400, f"Bad Request: can't parse entities: Unexpected end tag at byte offset {at}")
            at = tag.end()
            continue
        entity = next((one for one in ENTITIES if html.startswith(one, at)), None)
        text += ENTITIES[entity] if entity else html[at]
        at += len(entity) if entity else 1
    if opened:
        raise RefusedCall(400, "Bad Request: can't parse entities: Can't find end tag")
    return text


def _keyboards(given: dict[str, Any], chat: int) -> tuple[list[list[dict[str, Any]]], list[dict[str, Any]]]:
    markup = given.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", [])
    for button in (one for row in rows for one in row):
        data, url = button.get("callback_data"), button.get("url")
        if not button.get("text") or (data is None) == (url is None):
            raise RefusedCall(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise RefusedCall(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and not re.match(r"https?://[^/:]*\.[^/:]+", url):
            raise RefusedCall(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    keys = [one for row in markup.get("keyboard", []) for one in row]
    if keys and chat < 0 and any(one.get("request_contact") or one.get("request_location") for one in keys):
        raise RefusedCall(400, "Bad Request: phone number can be requested in private chats only")
    return rows, keys


async def _parameters(request: web.Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            given[name] = {"name": value.filename, "body": value.file.read()}
        else:
            given[name] = _value(str(value)) if name != "text" else str(value)
    attached = {key: value for key, value in given.items() if isinstance(value, dict) and "body" in value}
    for name, value in list(given.items()):
        if isinstance(value, str) and value.startswith("attach://"):
            given[name] = attached[value.removeprefix("attach://")]
            del given[value.removeprefix("attach://")]
    return given


def _value(text: str) -> Any:
    if text[:1] in "[{":
        return json.loads(text)
    return {"true": True, "false": False}.get(text, text)


def _refusal(refused: RefusedCall) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)

"""A stand-in for Twilio: takes what the REST API takes, refuses what it refuses, and delivers signed webhooks.

`trouble(...)` makes the next sends go badly, one trouble a call. What no real client could have sent is kept in `wrong`.
"""

import asyncio
import base64
import itertools
import json
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

from aiohttp import ClientResponse, ClientSession, web
from support import free_port
from twilio.request_validator import RequestValidator

from bot.answers.gsm7 import segments

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "a-token-for-tests-only-0123456789"  # noqa: S105
SMS_FROM = "+393399999999"
WHATSAPP_FROM = "+393388888888"
PUBLIC_URL = "https://sportello.example.it"
SETTINGS = {
    "twilio_account_sid": ACCOUNT,
    "twilio_auth_token": TOKEN,
    "twilio_sms_from": SMS_FROM,
    "twilio_whatsapp_from": WHATSAPP_FROM,
    "public_url": PUBLIC_URL,
}
PARAMETERS = frozenset("To From MessagingServiceSid Body StatusCallback ContentSid ContentVariables".split())
WINDOW = timedelta(hours=24)


@dataclass
class Trouble:
    """One send that goes badly.

    "silence": it is accepted, and no answer comes; "reset": likewise, and the connection breaks; "lost": it is not
    accepted, and no answer comes; "gateway": 502 in a proxy's words; a number: refused with that status.
    """

    kind: int | Literal["silence", "reset", "lost", "gateway"]
    code: int = 20001
    seconds: str | None = "1"
    said: str = "told to fail"


@dataclass
class Sent:
    """A message as Twilio has it."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str | None
    created: datetime
    status: str = "queued"
    choices: list[tuple[str, str]] = field(default_factory=list)
    template: bool = False
    error: int | None = None

    @property
    def channel(self) -> str:
        return "whatsapp" if self.to.startswith("whatsapp:") else "sms"

    def as_json(self) -> dict[str, Any]:
        count = segments(self.body) if self.channel == "sms" and _is_gsm(self.body) else 1
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "status": self.status,
            "direction": "outbound-api",
            "num_segments": str(count),
            "error_code": self.error,
            "date_created": format_datetime(self.created),
            "date_sent": None if self.status == "queued" else format_datetime(self.created),
        }


class RefusedCall(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class TwilioDouble:
    """The API at `url`; `edge`: where the webhooks' receiver really listens, whatever its public address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.edge: str | None = None
        self.sent: list[Sent] = []
        self.wrong: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.contents: dict[str, dict[str, Any]] = {}
        self.opted_out: set[str] = set()
        self.invalid: set[str] = set()
        self.last_inbound: dict[str, datetime] = {}
        self.refuses_outside_window = False  # Twilio accepts, and fails the message later
        self.receipts: tuple[str, ...] = ()  # sent by itself after each message
        self.troubles: deque[Trouble] = deque()
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None

    # --- life

    async def start(self) -> None:
        app = web.Application(middlewares=[self._checked])
        messages = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
        app.router.add_post(f"{messages}.json", self._create)
        app.router.add_get(f"{messages}.json", self._list)
        app.router.add_get(f"{messages}/{{sid}}.json", self._fetch)
        app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT}.json", self._account)
        app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json", self._numbers)
        app.router.add_post("/v1/Content", self._make_content)
        app.router.add_get("/v1/Content", self._list_contents)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self._session = ClientSession()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        assert self._session
        await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def away(self) -> None:
        """Nobody listens any more."""
        assert self._runner
        await self._runner.cleanup()
        self._runner = None

    def trouble(self, *troubles: Trouble) -> None:
        self.troubles.extend(troubles)

    def texts(self, to: str | None = None) -> list[str]:
        return [one.body for one in self.sent if to is None or one.to == to]

    # --- the API

    @web.middleware
    async def _checked(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return _error(401, 20003, "Authenticate")
        try:
            return await handler(request)
        except RefusedCall as refused:
            return _error(refused.status, refused.code, refused.message)
        except web.HTTPException as error:
            self.wrong.append(f"{request.method} {request.path}: {error.status}")
            return _error(error.status, 20404, "not found")

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {str(name): str(value) for name, value in (await request.post()).items()}
        if unknown := form.keys() - PARAMETERS:
            self.wrong.append(f"unknown parameters {sorted(unknown)}")
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is not None and isinstance(trouble.kind, int):
            headers = {"Retry-After": trouble.seconds} if trouble.kind == 429 and trouble.seconds else {}
            return _error(trouble.kind, trouble.code, trouble.said, headers)
        if trouble is not None and trouble.kind == "gateway":
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        if trouble is not None and trouble.kind == "lost":
            return await self._silent()
        made = self._accept(form)
        if trouble is not None and trouble.kind == "silence":
            return await self._silent()
        if trouble is not None and trouble.kind == "reset":
            assert request.transport
            request.transport.abort()
            return web.Response()
        return web.json_response(made.as_json(), status=201)

    async def _silent(self) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    def _accept(self, form: dict[str, str]) -> Sent:
        to, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid", "")
        whatsapp = to.startswith("whatsapp:")
        number = to.removeprefix("whatsapp:")
        if sender not in (SMS_FROM, f"whatsapp:{WHATSAPP_FROM}") or sender.startswith("whatsapp:") != whatsapp:
            raise RefusedCall(400, 21606, f"The From phone number {sender} is not valid")
        if not re.fullmatch(r"\+\d{8,15}", number) or number in self.invalid:
            raise RefusedCall(400, 21211, f"The 'To' number {number} is not a valid phone number.")
        if to in self.opted_out:
            raise RefusedCall(400, 21610, f"Attempt to send to unsubscribed recipient {number}")
        made = Sent(f"SM{next(self._ids):032x}", to, sender, "", form.get("StatusCallback"), datetime.now(UTC))
        if "ContentSid" in form:
            self._fill(made, form)
        else:
            made.body = form.get("Body", "")
        if not made.body:
            raise RefusedCall(400, 21602, "Message body is required")
        if len(made.body) > 1600:
            raise RefusedCall(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if not whatsapp and not _is_gsm(made.body):
            self.wrong.append(f"not in the GSM alphabet: {made.body!r}")
        last = self.last_inbound.get(to)
        closed = whatsapp and not made.template and (last is None or datetime.now(UTC) - last > WINDOW)
        if closed and self.refuses_outside_window:
            raise RefusedCall(400, 63016, "Failed to send freeform message because you are outside the allowed window")
        self.sent.append(made)
        if closed:
            self._later(made, "failed", 63016)
        else:
            for status in self.receipts:
                self._later(made, status)
        return made

    def _fill(self, made: Sent, form: dict[str, str]) -> None:
        content = self.contents.get(form["ContentSid"])
        if content is None or not made.to.startswith("whatsapp:"):
            raise RefusedCall(400, 21655, "The ContentSid is invalid")
        values = json.loads(form.get("ContentVariables", "{}"))
        if not all(isinstance(value, str) for value in values.values()):
            raise RefusedCall(400, 21656, "The ContentVariables parameter is invalid")

        def filled(template: str) -> str:
            return re.sub(r"\{\{(\d+)\}\}", lambda found: values.get(found[1], ""), template)

        [(kind, shape)] = content["types"].items()
        made.template = bool(content.get("approved"))
        if made.template and any(re.search(r"[\n\t]| {4}", value) for value in values.values()):
            raise RefusedCall(400, 63013, "A variable must not have new lines")
        made.body = filled(shape["body"])
        if kind == "twilio/quick-reply":
            made.choices = [(filled(one["title"]), filled(one["id"])) for one in shape["actions"]]
            most, width = 3, 20
        else:
            made.choices = [(filled(one["item"]), filled(one["id"])) for one in shape.get("items", ())]
            most, width = 10, 24
        titles = [title for title, _ in made.choices]
        fits = len(titles) <= most and all(0 < len(title) <= width for title in titles)
        if len(made.body) > 1024 or not fits or len(set(titles)) < len(titles):
            raise RefusedCall(400, 63013, "Channel policy: too long, too many, or twice the same")
        if any(len(payload) > 200 for _, payload in made.choices):
            raise RefusedCall(400, 63013, "An id is too long")

    async def _list(self, request: web.Request) -> web.Response:
        asked = request.query
        found = [
            one
            for one in reversed(self.sent)
            if asked.get("To") in (None, one.to) and asked.get("From") in (None, one.sender)
        ]
        rows = [one.as_json() for one in found[: int(asked.get("PageSize", 50))]]
        return web.json_response({"messages": rows, "next_page_uri": None, "page": 0, "page_size": 50})

    async def _fetch(self, request: web.Request) -> web.Response:
        for one in self.sent:
            if one.sid == request.match_info["sid"]:
                return web.json_response(one.as_json())
        raise RefusedCall(404, 20404, "The requested resource was not found")

    async def _account(self, request: web.Request) -> web.Response:
        return web.json_response({"sid": ACCOUNT, "friendly_name": "Prova", "status": "active"})

    async def _numbers(self, request: web.Request) -> web.Response:
        rows = [{"sid": "PN1", "phone_number": SMS_FROM, "sms_url": f"{PUBLIC_URL}/twilio/inbound"}]
        if request.query.get("PhoneNumber") != SMS_FROM:
            rows = []
        return web.json_response({"incoming_phone_numbers": rows, "next_page_uri": None})

    async def _make_content(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        [(kind, shape)] = wanted["types"].items()
        if kind == "twilio/quick-reply" and not 1 <= len(shape["actions"]) <= 10:
            raise RefusedCall(400, 20001, "too many actions")
        if kind == "twilio/list-picker" and (not 1 <= len(shape["items"]) <= 10 or len(shape["button"]) > 20):
            raise RefusedCall(400, 20001, "too many items")
        return web.json_response(self.add_content(wanted["types"], name=wanted["friendly_name"]), status=201)

    def add_content(self, types: dict[str, Any], *, name: str, approved: bool = False) -> dict[str, Any]:
        sid = f"HX{next(self._ids):032x}"
        self.contents[sid] = {"sid": sid, "friendly_name": name, "types": types, "approved": approved}
        return self.contents[sid]

    async def _list_contents(self, request: web.Request) -> web.Response:
        rows = list(self.contents.values())
        return web.json_response({"contents": rows, "meta": {"key": "contents", "next_page_url": None}})

    # --- webhooks

    async def write(self, text: str, *, sender: str, sid: str | None = None, **more: str) -> ClientResponse:
        """Somebody writes; `sender` is `whatsapp:+39…` or `+39…`. Returns the edge's answer."""
        whatsapp = sender.startswith("whatsapp:")
        form = {
            "MessageSid": sid or f"SM{next(self._ids):032x}",
            "AccountSid": ACCOUNT,
            "From": sender,
            "To": f"whatsapp:{WHATSAPP_FROM}" if whatsapp else SMS_FROM,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        form |= {"SmsMessageSid": form["MessageSid"], "SmsStatus": "received", "ApiVersion": "2010-04-01"}
        if whatsapp:
            form |= {
                "ProfileName": "Anna Segreta",
                "WaId": sender.removeprefix("whatsapp:+"),
                "ChannelPrefix": "whatsapp",
            }
        self.last_inbound[sender] = datetime.now(UTC)
        return await self.deliver("/twilio/inbound", form | more)

    async def press(self, message: Sent, title: str) -> ClientResponse:
        """Touch a choice of a message."""
        payload = dict(message.choices)[title]
        return await self.write(title, sender=message.to, ButtonText=title, ButtonPayload=payload)

    async def receipt(self, message: Sent, status: str, error: int | None = None) -> ClientResponse | None:
        message.status, message.error = status, error
        if message.callback is None:
            return None
        assert message.callback.startswith(PUBLIC_URL), message.callback
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": ACCOUNT,
            "From": message.sender,
            "To": message.to,
            "MessageStatus": status,
            "SmsStatus": status,
        }
        if error is not None:
            form |= {"ErrorCode": str(error), "ErrorMessage": f"for {message.to}"}
        return await self.deliver(message.callback.removeprefix(PUBLIC_URL), form)

    async def deliver(
        self, path: str, form: dict[str, str], *, signature: str | None = None, url: str = PUBLIC_URL
    ) -> ClientResponse:
        """A webhook, signed for the public address and brought to where the edge listens."""
        assert self._session
        assert self.edge
        signature = RequestValidator(TOKEN).compute_signature(url + path, form) if signature is None else signature
        async with self._session.post(
            self.edge + path, data=form, headers={"X-Twilio-Signature": signature, "Host": "inside:8080"}
        ) as answer:
            await answer.read()
            return answer

    def _later(self, message: Sent, status: str, error: int | None = None) -> None:
        async def do() -> None:
            await asyncio.sleep(0.02)
            if self.edge is not None:
                await self.receipt(message, status, error)

        task = asyncio.create_task(do())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_gsm(text: str) -> bool:
    try:
        segments(text)
    except ValueError:
        return False
    return True


def _error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status, headers=headers)

"""WhatsApp's and SMS's way out: one part, one `POST Messages`, tried once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from bot.settings import Settings
from channels.capabilities import SMS, WHATSAPP, WHATSAPP_WITH_CONTENT, Capabilities
from channels.render import split
from channels.sender import Part, RefusedError, SendError, Sent, UncertainError
from channels.twilio_client import OFFICIAL, as_send_error, create_client
from channels.twilio_content import KEYS, key_of, variables_of
from channels.twilio_health import findings
from channels.twilio_words import STATES, STATUS_PATH, WHATSAPP_PREFIX, why_of

PREFIX = {WHATSAPP.name: WHATSAPP_PREFIX, SMS.name: ""}
CLOSING = timedelta(minutes=1)
"""So long before the window closes it counts as closed: a message must not arrive after."""
WINDOW_CLOSED = "63016"
MOST_RECENT = 50
"""How many of the last messages to somebody are looked through for one whose fate is uncertain."""
CLOCKS_DIFFER = timedelta(minutes=2)
MOST_TEMPLATE_TEXT = 900
"""A template holds 1,024 characters, some of them its own."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")

TwilioError = (TwilioRestException, TwilioServiceException)


class TwilioSender:
    """One of the two channels as a `Sender`."""

    def __init__(self, settings: Settings, channel: Capabilities) -> None:
        self._settings = settings
        self._contents = settings.twilio_content_sids if channel is WHATSAPP else {}
        complete = channel is WHATSAPP and all(key in self._contents for key in KEYS)
        self.capabilities = WHATSAPP_WITH_CONTENT if complete else channel
        self._prefix = PREFIX[channel.name]
        sender = settings.twilio_whatsapp_from if channel is WHATSAPP else settings.twilio_sms_from
        assert sender
        self._from = sender.removeprefix(WHATSAPP_PREFIX)
        self._client, self._http = create_client(settings)

    async def send(self, address: str, part: Part, *, last_inbound: datetime | None) -> Sent:
        """Send one part, once. Raises the errors of `channels.sender`."""
        said = self._said(part, last_inbound)
        if part.reference is not None and (url := self._callback(str(part.reference))):
            said["status_callback"] = url
        try:
            made = await self._client.messages.create_async(to=f"{self._prefix}{address}", **self._sender(), **said)
        except TwilioError as error:
            raise as_send_error(error, address) from None
        if STATES.get(made.status) == "failed":
            code = str(made.error_code or made.status)
            raise RefusedError(code, "rifiutato dal fornitore", why=why_of(code))
        return _accepted(made, part)

    def _said(self, part: Part, last_inbound: datetime | None) -> dict[str, Any]:
        """What is said, as parameters. Raises `RefusedError` when it may not be said now."""
        window = self.capabilities.window
        if window and (last_inbound is None or datetime.now(UTC) - last_inbound > window - CLOSING):
            template = self._settings.twilio_reminder_content_sid
            if template is None or not part.reminder:
                raise RefusedError(WINDOW_CLOSED, "più di 24 ore dall'ultimo messaggio della persona", why="window")
            return {"content_sid": template, "content_variables": variables_of(template_text(part))}
        if part.buttons:
            sid = self._contents[key_of(part.buttons)]
            return {"content_sid": sid, "content_variables": variables_of(part.text, part.buttons)}
        return {"body": part.text}

    def _sender(self) -> dict[str, str]:
        if self._from.startswith("MG"):
            return {"messaging_service_sid": self._from}
        return {"from_": f"{self._prefix}{self._from}"}

    def _callback(self, reference: str) -> str | None:
        """Where receipts go; Twilio refuses an address that only this machine has."""
        here = urlsplit(self._settings.public_url).hostname in LOOPBACK
        if here and self._settings.twilio_api_url.rstrip("/") == OFFICIAL:
            return None
        return f"{self._settings.public_url.rstrip('/')}{STATUS_PATH}?delivery={reference}"

    async def look_up(self, address: str, part: Part, *, since: datetime) -> Sent | None:
        """Among the last messages to this address, one with these words made since then.

        Not asked by `DateSent`: what is still queued has none.
        """
        sender = {} if self._from.startswith("MG") else self._sender()
        try:
            recent = await self._client.messages.list_async(
                to=f"{self._prefix}{address}", limit=MOST_RECENT, page_size=MOST_RECENT, **sender
            )
        except TwilioError as error:
            raise _as_unasked(as_send_error(error, address)) from None
        for one in recent:
            made = one.date_created or one.date_sent
            if made is None or made < since - CLOCKS_DIFFER or one.sid in part.others:
                continue
            if str(one.direction).startswith("outbound") and same_words(one.body or "", part):
                return _accepted(one, part)
        return None

    async def typing(self, address: str) -> None:
        """Neither channel shows it."""

    async def check(self) -> list[str]:
        """For `sportello doctor`."""
        return await findings(self._client, self._settings, self.capabilities, f"{self._prefix}{self._from}")

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()


def _accepted(message: Any, part: Part) -> Sent:
    """A message that the provider has. A messaging service counts segments later; until then our own count stands."""
    counted = int(message.num_segments) if str(message.num_segments or "").isdigit() else 0
    return Sent(
        provider_id=message.sid,
        state="queued" if STATES.get(message.status) == "queued" else "sent",
        segments=counted or part.segments,
    )


def _as_unasked(error: SendError) -> SendError:
    """A refusal to tell is no refusal of the message."""
    return UncertainError(str(error)) if isinstance(error, RefusedError) else error


def template_text(part: Part) -> str:
    """What fills the approved template: one line, as WhatsApp demands of a variable, choices with their numbers."""
    choices = [f"{number} {button.title}" for number, button in enumerate(part.buttons, start=1)]
    ending = f" {', '.join(choices)}." if choices else ""
    said = " ".join(part.text.split())
    return f"{split(said, MOST_TEMPLATE_TEXT - len(ending))[0]}{ending}"


def same_words(found: str, part: Part) -> bool:
    """Whether a message at the provider is this one; what was made from a content shows more than our words."""
    found, said = " ".join(found.split()), " ".join(part.text.split())
    if found == said:
        return True
    return (bool(part.buttons) and found.startswith(said)) or (part.reminder and template_text(part) in found)

"""Twilio's webhooks: what people write on WhatsApp and by text message, and what became of what was written to them.

Only with Twilio's signature, only so large, only so many; stored, then acknowledged with nothing to say: answers leave by the
REST API. Off until the channel is configured.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from twilio.request_validator import RequestValidator

from bot.conversations.addresses import find
from bot.conversations.model import Reply
from bot.privacy.sealing import fingerprint
from bot.settings import Settings
from bot.storage.tables import deliveries as delivery_table
from bot.storage.tables import messages
from channels.arrivals import Arrival, take_in
from channels.capabilities import SMS, WHATSAPP
from channels.deliveries import REFUSED, receive
from channels.elsewhere import say_elsewhere
from channels.flood import Flood
from channels.limits import RateLimit
from channels.problems import Problem
from channels.sending import heed
from channels.sentences import TOO_FAST
from channels.twilio_reading import arrival_of
from channels.twilio_words import INBOUND_PATH, STATES, STATUS_PATH, WHATSAPP_PREFIX, why_of
from channels.webchat import ENGINE, QUEUE, SETTINGS

log = structlog.get_logger()

SIGNATURE_HEADER = "X-Twilio-Signature"
FORM = "application/x-www-form-urlencoded"
REPLAYED_AFTER = timedelta(hours=1)
"""Twilio delivers again within minutes: what comes again later than this does not come from it."""

VALIDATOR = web.AppKey("twilio_validator", RequestValidator)
LIMIT = web.AppKey("twilio_limit", RateLimit)
FLOOD = web.AppKey("twilio_flood", Flood)


def configured(settings: Settings) -> dict[str, str]:
    """Our own number by channel, of those that are configured; none without the account's credentials."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return {}
    numbers = {WHATSAPP.name: settings.twilio_whatsapp_from, SMS.name: settings.twilio_sms_from}
    return {name: number for name, number in numbers.items() if number}


def set_up(app: web.Application, settings: Settings) -> None:
    """Add the webhooks' routes when a channel is configured for them."""
    if not configured(settings):
        return
    assert settings.twilio_auth_token
    app[VALIDATOR] = RequestValidator(settings.twilio_auth_token.get_secret_value())
    app[LIMIT] = RateLimit(settings.webhook_rate, settings.webhook_burst)
    app[FLOOD] = Flood(settings.sender_rate, settings.sender_burst)
    app.router.add_post(INBOUND_PATH, inbound, name="twilio_inbound")
    app.router.add_post(STATUS_PATH, status, name="twilio_status")


async def inbound(request: web.Request) -> web.Response:
    """Take one message in. 204 means that it is kept: there is nothing to say here."""
    form = await signed_form(request)
    arrival = arrival_of(form, most=request.app[SETTINGS].max_text_chars)
    if arrival.channel not in configured(request.app[SETTINGS]):
        raise Problem(422, "channel", "this channel is not configured")
    verdict = request.app[FLOOD].verdict(fingerprint("twilio sender", arrival.address).hex())
    # Whoever wants no more messages is heard whatever the rate.
    if verdict != "pass" and arrival.command != "stop" and not _says_stop(arrival):
        log.warning("a sender is over the limit", channel=arrival.channel, told=verdict == "tell")
        if verdict == "drop":
            return web.Response(status=204)
        arrival = Arrival(
            channel=arrival.channel,
            address=arrival.address,
            channel_message_id=arrival.channel_message_id,
            text=arrival.text,
            answer=Reply(text=TOO_FAST),
        )
    stored = await take_in(request.app[ENGINE], request.app[QUEUE], arrival)
    if stored is None and await _replayed(request.app[ENGINE], arrival):
        raise Problem(409, "replayed", "this message was taken in long ago")
    return web.Response(status=204)


async def status(request: web.Request) -> web.Response:
    """Keep a receipt. One that tells nothing new, or is about nothing of ours, changes nothing."""
    form = await signed_form(request)
    said = form.get("MessageStatus") or form.get("SmsStatus") or ""
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if not sid or len(sid) > 64 or not sid.isalnum():
        raise Problem(422, "form", "MessageSid is needed")
    if said not in STATES:
        log.info("a receipt not understood", status=said[:40])
        return web.Response(status=204)
    ours = form.get("From", "").startswith(WHATSAPP_PREFIX) or form.get("To", "").startswith(WHATSAPP_PREFIX)
    code = form.get("ErrorCode") or None
    await _keep(
        request.app[ENGINE],
        channel=WHATSAPP.name if ours else SMS.name,
        sid=sid,
        state=STATES[said],
        reference=_uuid(request.query.get("delivery")),
        code=code[:20] if code else None,
    )
    return web.Response(status=204)


async def _keep(
    engine: AsyncEngine, *, channel: str, sid: str, state: str, reference: UUID | None, code: str | None
) -> None:
    why = why_of(code) if code else "content"
    if state == "failed" and why != "content":
        state = "undeliverable"
    async with engine.begin() as connection:
        message_id = await receive(
            connection, channel=channel, provider_id=sid, state=state, reference=reference, error_code=code
        )
        if message_id is None or state not in REFUSED:
            return
        log.warning("a message did not arrive", message_id=str(message_id), channel=channel, code=code)
        table = delivery_table.c
        query = select(table.address_id).where(table.channel == channel, table.provider_id == sid)
        address_id = (await connection.execute(query)).scalar_one_or_none()
        if address_id is not None:
            await heed(connection, address_id, why)
        await say_elsewhere(connection, message_id)


async def signed_form(request: web.Request) -> Mapping[str, str]:
    """The form, once it is proved to come from Twilio. Raises `Problem` before any work is done."""
    if request.content_type != FORM:
        raise Problem(415, "content_type", f"send {FORM}")
    try:
        form = await request.post()
    except (ValueError, LookupError):
        raise Problem(422, "form", "the body is not a form in UTF-8") from None
    given = request.headers.get(SIGNATURE_HEADER, "")
    # As Twilio called it: proxies may have changed host, scheme and port since.
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    url = f"{request.app[SETTINGS].public_url.rstrip('/')}{request.path}{query}"
    if not request.app[VALIDATOR].validate(url, form, given):
        raise Problem(403, "signature", f"{SIGNATURE_HEADER} is missing or wrong")
    if form.get("AccountSid") not in (None, request.app[SETTINGS].twilio_account_sid):
        raise Problem(403, "account", "another account's")
    seconds = request.app[LIMIT].wait("all")
    if seconds:
        raise Problem(429, "too_many", "over the webhook rate; deliver again", retry_after=seconds)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _says_stop(arrival: Arrival) -> bool:
    return arrival.text.strip().casefold() in ("stop", "fine", "unsubscribe")


async def _replayed(engine: AsyncEngine, arrival: Arrival) -> bool:
    """Whether a message that came again had come long ago."""
    async with engine.connect() as connection:
        address = await find(connection, arrival.channel, arrival.address)
        if address is None:
            return False
        query = select(messages.c.created_at < func.now() - REPLAYED_AFTER).where(
            messages.c.conversation_id == address.conversation_id,
            messages.c.channel_message_id == arrival.channel_message_id,
        )
        return bool((await connection.execute(query)).scalar_one_or_none())


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

"""The channels that can be written to, from the settings: those without credentials are off, and said to be."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agenda.postgres import PostgresBook
from bot.conversations.addresses import addresses_of
from bot.privacy.sealing import SealError
from bot.settings import Settings
from channels.capabilities import SMS, WHATSAPP
from channels.sender import Sender

log = structlog.get_logger()

NEEDED = {
    "telegram": "SPORTELLO_TELEGRAM_TOKEN",
    "whatsapp": "SPORTELLO_TWILIO_ACCOUNT_SID, SPORTELLO_TWILIO_AUTH_TOKEN, SPORTELLO_TWILIO_WHATSAPP_FROM",
    "sms": "SPORTELLO_TWILIO_ACCOUNT_SID, SPORTELLO_TWILIO_AUTH_TOKEN, SPORTELLO_TWILIO_SMS_FROM",
}
"""What each channel needs to be set before it is on."""

_asides: set[asyncio.Task[None]] = set()


def create_senders(settings: Settings, engine: AsyncEngine | None) -> dict[str, Sender]:
    """One sender for each channel that is configured. SDKs are imported only when they are needed.

    Without a database they can only be examined.
    """
    senders: dict[str, Sender] = {}
    if settings.telegram_token:
        from channels.telegram_sender import TelegramSender

        senders["telegram"] = TelegramSender(settings, PostgresBook(engine) if engine else None, engine)
    if settings.twilio_account_sid and settings.twilio_auth_token:
        from channels.twilio_sender import TwilioSender

        for channel, number in ((WHATSAPP, settings.twilio_whatsapp_from), (SMS, settings.twilio_sms_from)):
            if number:
                senders[channel.name] = TwilioSender(settings, channel)
    return senders


def log_unconfigured(senders: Mapping[str, Sender]) -> None:
    """One line for each channel that is off."""
    for name in NEEDED.keys() - senders.keys():
        log.info("channel not configured, not started", channel=name, missing=NEEDED[name])


def show_typing(engine: AsyncEngine, senders: Mapping[str, Sender], conversation_id: UUID, channel: str) -> None:
    """Show that an answer is being written, on the side: nobody waits for it, and nothing comes of its failing."""
    sender = senders.get(channel)
    if sender is None or not sender.capabilities.typing:
        return

    async def show() -> None:
        try:
            async with engine.connect() as connection:
                known = await addresses_of(connection, conversation_id)
        except (SQLAlchemyError, SealError, OSError):
            return
        for address in known[:1]:
            await sender.typing(address.value)

    task = asyncio.create_task(show())
    _asides.add(task)
    task.add_done_callback(_asides.discard)


async def close_all(senders: Mapping[str, Sender]) -> None:
    """Close their connections."""
    for sender in senders.values():
        await sender.close()

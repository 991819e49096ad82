"""Telegram's way out: one part, one `sendMessage`, tried once; then what goes with it, as well as it goes."""

from collections.abc import Collection
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, InputFile, LinkPreviewOptions, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from bot.agenda.model import AgendaError, AppointmentBook
from bot.agenda.page_tokens import PageTokenError
from bot.conversations.model import Link
from bot.privacy.sealing import SealError, fingerprint
from bot.settings import Settings
from channels.capabilities import TELEGRAM
from channels.sender import Part, Sent, UncertainError
from channels.telegram_bot import as_send_error, close, create_bot
from channels.telegram_chats import chat_of, topic_of
from channels.telegram_extras import CALENDAR_FILE, attachment_of, calendar_of, venue_of
from channels.telegram_health import findings
from channels.telegram_text import absolute, as_html, as_plain, asking, keyboard, parted

log = structlog.get_logger()

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
OUR_MARKUP = ("can't parse entities", "button", "reply markup")
"""Refusals that are about how a message was dressed, not about what it says."""


class TelegramSender:
    """The bot as a `Sender`."""

    capabilities = TELEGRAM

    def __init__(
        self,
        settings: Settings,
        book: AppointmentBook | None,
        engine: AsyncEngine | None = None,
        *,
        bot: Bot | None = None,
    ) -> None:
        self._settings = settings
        self._book = book
        self._engine = engine
        self._bot = bot or create_bot(settings)

    async def send(self, address: str, part: Part, *, last_inbound: datetime | None) -> Sent:
        """Send one part, once. Raises the errors of `channels.sender`."""
        links = absolute(part.links)
        try:
            message = await self._say(address, part, links)
        except TelegramError as error:
            raise as_send_error(error) from error
        await self._send_extras(address, links)
        return Sent(provider_id=provider_id(address, message.message_id))

    async def _say(self, address: str, part: Part, links: list[Link]) -> Message:
        chat, topic = chat_of(address), topic_of(address)
        on_buttons, in_text = parted(part.text, links)
        markup = keyboard(part.buttons, on_buttons) or asking(part, private=chat > 0)
        try:
            return await self._bot.send_message(
                chat,
                as_html(part.text, in_text),
                message_thread_id=topic,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest as error:
            if not any(words in error.message.casefold().replace("_", " ") for words in OUR_MARKUP):
                raise
            # Refused, so surely not sent: the words must arrive, if need be undressed.
            log.error("telegram refused our markup", reason=error.message)  # noqa: TRY400 - the reason says it all
            plain = keyboard(part.buttons, ())
            return await self._bot.send_message(
                chat,
                as_plain(part.text, links),
                message_thread_id=topic,
                reply_markup=plain,
                link_preview_options=NO_PREVIEW,
            )

    async def _send_extras(self, address: str, links: list[Link]) -> None:
        """The words have left: whatever happens here, they must not be sent again."""
        chat, topic = chat_of(address), topic_of(address)
        for link in links:
            try:
                if venue := venue_of(link.url):
                    await self._bot.send_venue(
                        chat, venue.lat, venue.lon, venue.title, venue.address, message_thread_id=topic
                    )
                elif self._book and (calendar := await calendar_of(self._book, link.url)):
                    file = InputFile(calendar, filename=CALENDAR_FILE)
                    await self._bot.send_document(chat, file, message_thread_id=topic)
                elif self._engine and (attachment := await attachment_of(self._engine, link.url)):
                    file = InputFile(attachment.content, filename=attachment.name)
                    await self._bot.send_document(chat, file, message_thread_id=topic)
            except (TelegramError, AgendaError, PageTokenError, DBAPIError, SealError) as error:
                log.warning("what goes with a telegram message was not sent", reason=type(error).__name__)

    async def look_up(self, address: str, part: Part, *, since: datetime, known: Collection[str] = ()) -> Sent | None:
        """The Bot API tells nobody what was sent: always `UncertainError`."""
        raise UncertainError("the Bot API has no way to ask")

    async def typing(self, address: str) -> None:
        """Show "sta scrivendo" for some seconds. Never raises."""
        try:
            await self._bot.send_chat_action(chat_of(address), ChatAction.TYPING, message_thread_id=topic_of(address))
        except TelegramError as error:
            log.debug("typing not shown", reason=type(error).__name__)

    async def check(self) -> list[str]:
        """For `sportello doctor`."""
        return await findings(self._bot, self._settings)

    async def close(self) -> None:
        """Close connections."""
        await close(self._bot)


def provider_id(address: str, message_id: int) -> str:
    """Telegram numbers messages by chat: with the chat, which is told only as a keyed hash, the number is unique."""
    return f"{fingerprint('telegram chat', address).hex()[:16]}:{message_id}"

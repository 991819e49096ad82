"""What Telegram tells us, taken in: stored and queued before it is acknowledged, whichever way it came.

The webhook and the polling of a developer's laptop end here. An update nobody understands changes nothing, is counted in the
log, and never fails.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Coroutine
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from procrastinate import App
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, InlineKeyboardMarkup, Update
from telegram.error import TelegramError

from bot.conversations.addresses import block, find
from bot.conversations.model import Reply
from bot.conversations.store import add_outgoing, record_incident
from bot.settings import Settings, SettingsError
from channels.arrivals import Arrival, take_in
from channels.capabilities import TELEGRAM
from channels.flood import Flood
from channels.sentences import ALREADY_CHOSEN, CHOICE_GONE, TOO_FAST, say
from channels.telegram_arrivals import arrival_of, edit_of
from channels.telegram_bot import own_id
from channels.telegram_buttons import DONE, answered, payload_of, question_before
from channels.telegram_chats import chat_of
from channels.telegram_reading import Incoming, Me, Press, read
from channels.telegram_text import absolute, keyboard, parted

log = structlog.get_logger()

NOT_ITS_FAULT = (OperationalError, InterfaceError, PoolTimeoutError, OSError, SettingsError)
"""The database is away, a setting is wrong: Telegram is to bring the update again until that is mended."""
TRIES = 3
REMEMBERED = 5000


class Intake:
    """Takes updates in. `engine` and `queue` are the process's own."""

    def __init__(self, settings: Settings, engine: AsyncEngine, queue: App, bot: Bot) -> None:
        self._engine = engine
        self._queue = queue
        self._bot = bot
        self._me = Me(id=own_id(settings), name=(settings.telegram_bot_name or "").lstrip("@") or None)
        self._flood = Flood(settings.sender_rate, settings.sender_burst)
        self._failures: Counter[int] = Counter()
        # Delivered again, an update is not one more message of its sender.
        self._counted: OrderedDict[int, None] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._asides: set[asyncio.Task[None]] = set()

    async def take(self, data: dict[str, Any]) -> None:
        """Take in one update as JSON.

        Raises when it could not be kept, for Telegram to bring it again: always when that is not the update's fault, and
        three times when it may be; then it is given up and the operators are told.
        """
        try:
            update = Update.de_json(data, None)
            incoming = read(update, await self._myself(update))
        except Exception as error:  # noqa: BLE001 - a shape nobody foresaw must not come back for ever
            log.warning("telegram update not understood", kinds=_kinds(data), reason=type(error).__name__)
            return
        if incoming is None:
            log.info("telegram update passed over", kinds=_kinds(data))
            return
        # Those of one chat one after the other, in the order in which they came.
        turn = self._turns.setdefault(incoming.chat, asyncio.Lock())
        async with turn:
            try:
                await self._take(incoming, again=self._seen(update.update_id))
            except NOT_ITS_FAULT:
                raise
            except Exception as error:
                self._failures[update.update_id] += 1
                if self._failures[update.update_id] < TRIES:
                    raise
                await self._give_up(incoming, error)
            self._failures.pop(update.update_id, None)

    async def settle(self) -> None:
        """Wait for what is being done on the side."""
        if self._asides:
            await asyncio.wait(self._asides, timeout=2)

    def _seen(self, update_id: int) -> bool:
        again = update_id in self._counted
        self._counted[update_id] = None
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return again

    async def _take(self, incoming: Incoming, *, again: bool) -> None:
        if incoming.kind == "left":
            await self._note_left(incoming)
        elif incoming.press is not None and incoming.press.data == DONE:
            self._aside(self._answer_press(incoming.press))
        elif not again and await self._too_fast(incoming):
            return
        elif incoming.press is not None:
            await self._take_press(incoming, incoming.press)
        elif incoming.kind == "edit":
            if (edit := await edit_of(self._engine, incoming)) is not None:
                await take_in(self._engine, self._queue, edit)
        else:
            arrival, greet = await arrival_of(self._engine, incoming)
            stored = await take_in(self._engine, self._queue, arrival, greet=greet)
            if stored is not None:
                self._aside(self._close_question(incoming.chat, stored))

    async def _take_press(self, incoming: Incoming, press: Press) -> None:
        """Store what the button stands for, then tell Telegram: the touch is seen, the other choices go."""
        async with self._engine.connect() as connection:
            address = await find(connection, TELEGRAM.name, incoming.chat)
            payload = await payload_of(connection, address.conversation_id, press.data) if address else None
        if payload is None:
            self._aside(self._answer_press(press, say(CHOICE_GONE)))
            return
        arrival = Arrival(channel=TELEGRAM.name, address=incoming.chat, channel_message_id=incoming.id, payload=payload)
        stored = await take_in(self._engine, self._queue, arrival)
        if stored is None:
            self._aside(self._answer_press(press, ALREADY_CHOSEN))
        else:
            left = answered(press.rows, press.data)
            self._aside(self._answer_press(press), self._edit_keyboard(incoming.chat, press.message_id, left))

    async def _answer_press(self, press: Press, text: str | None = None) -> None:
        await self._bot.answer_callback_query(press.query_id, text=text)

    async def _edit_keyboard(self, chat: str, message_id: int, left: InlineKeyboardMarkup | None) -> None:
        await self._bot.edit_message_reply_markup(chat_of(chat), message_id, reply_markup=left)

    async def _close_question(self, chat: str, answer: UUID) -> None:
        """A question answered in words loses its choices and keeps its links."""
        async with self._engine.connect() as connection:
            question = await question_before(connection, answer)
        if question is not None:
            message_id, links = question
            await self._edit_keyboard(chat, message_id, keyboard((), parted("", absolute(links))[0]))

    async def _too_fast(self, incoming: Incoming) -> bool:
        verdict = self._flood.verdict(incoming.sender)
        if verdict == "pass":
            return False
        log.warning("a telegram sender is over the limit", told=verdict == "tell")
        if incoming.press is not None:
            self._aside(self._answer_press(incoming.press, TOO_FAST))
        elif verdict == "tell":
            async with self._engine.begin() as connection:
                address = await find(connection, TELEGRAM.name, incoming.chat)
                if address is not None:
                    await add_outgoing(connection, address.conversation_id, [Reply(text=TOO_FAST)])
        return True

    async def _note_left(self, incoming: Incoming) -> None:
        async with self._engine.begin() as connection:
            address = await find(connection, TELEGRAM.name, incoming.chat)
            if address is not None:
                await block(connection, address.id)
        log.info("telegram chat left or blocked us")

    async def _give_up(self, incoming: Incoming, error: Exception) -> None:
        async with self._engine.begin() as connection:
            what = f"{incoming.kind}: {type(error).__name__}"
            number = await record_incident(connection, message_id=None, where="telegram", what=what)
        log.error("telegram update given up", kind=incoming.kind, incident=number, reason=type(error).__name__)

    async def _myself(self, update: Update) -> Me:
        """Who we are; in groups our name matters, and is asked for once unless it is configured."""
        chat = update.effective_chat
        if self._me.name is None and chat is not None and chat.type != "private":
            try:
                self._me = Me(id=self._me.id, name=(await self._bot.get_me()).username)
            except TelegramError as error:
                log.warning("our own name on telegram is not known", reason=type(error).__name__)
        return self._me

    def _aside(self, *works: Coroutine[Any, Any, None]) -> None:
        """Do these one after the other, without anybody waiting; what fails is a courtesy missed."""

        async def do() -> None:
            for work in works:
                try:
                    await work
                except (TelegramError, *NOT_ITS_FAULT) as error:
                    log.info("telegram courtesy missed", reason=type(error).__name__)

        task = asyncio.create_task(do())
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)


def _kinds(data: dict[str, Any]) -> str:
    """What an update is about: names of fields, never what they hold."""
    return ",".join(sorted(str(name)[:40] for name in data if name != "update_id")[:5])

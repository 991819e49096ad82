"""Waking those who wait for new messages: one PostgreSQL listener a process, any number of waiters."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import psycopg
import structlog

from bot.conversations.store import NEW_MESSAGES
from bot.storage.engine import database_url

log = structlog.get_logger()


class Announcements:
    """Waiters by conversation. A wake-up means "look again": it can be spurious, it is never missing.

    While the listener's connection is lost everybody is woken when it is back, since announcements may have been missed.
    """

    def __init__(self) -> None:
        self._waiters: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiter(self, conversation_id: UUID) -> AsyncIterator[asyncio.Event]:
        """An event set whenever the conversation has something new; clear it before looking."""
        event = asyncio.Event()
        self._waiters[conversation_id].add(event)
        try:
            yield event
        finally:
            waiting = self._waiters[conversation_id]
            waiting.discard(event)
            if not waiting:
                del self._waiters[conversation_id]

    def open_waiters(self) -> int:
        """How many requests are waiting."""
        return sum(len(events) for events in self._waiters.values())

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for as long as the context lasts."""
        self._task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(database_url(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {NEW_MESSAGES}")
                    for conversation_id in list(self._waiters):
                        self._wake(conversation_id)
                    async for notification in connection.notifies():
                        self._wake(UUID(notification.payload))
            except psycopg.OperationalError as error:
                log.warning("listening for messages again", reason=str(error).strip())
            await asyncio.sleep(0.5)

    def _wake(self, conversation_id: UUID) -> None:
        for event in self._waiters.get(conversation_id, ()):
            event.set()

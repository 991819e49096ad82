"""Being woken by PostgreSQL notifications, and now and then in any case."""

from asyncio import sleep
from collections.abc import AsyncIterator

import psycopg
import structlog

from bot.storage.engine import database_url

log = structlog.get_logger()

AGAIN_SECONDS = 0.5


async def wake_ups(channel: str, *, every: float) -> AsyncIterator[None]:
    """Yields at once, at each notification of the channel, and at least every so many seconds; for ever.

    A wake-up means "look again": it can be spurious. While the database is away nothing is yielded; what was missed is
    found at the first wake-up after.
    """
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(database_url(), autocommit=True) as connection:
                await connection.execute(f"LISTEN {channel}")
                while True:
                    yield
                    async for _ in connection.notifies(timeout=every, stop_after=1):
                        pass
        except psycopg.OperationalError as error:
            log.warning("listening again", channel=channel, reason=type(error).__name__)
        await sleep(AGAIN_SECONDS)

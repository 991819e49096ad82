"""Running a piece of work in one transaction: again when the database asks for it, and never waiting on a stuck one.

Locks are always taken in this order, so that no two transactions wait for each other: the conversation, the sites by
id, then rows.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exc, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.agenda.model import BookUnavailableError
from bot.agenda.tables import sites

STATEMENT_MILLISECONDS = 4000
PATIENCE_SECONDS = 6.0
"""How long nothing at all may be finished before the database counts as stuck."""
TRIES = 6
AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

SERVER_SIDE_LIMIT = text(f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS}")
CONVERSATION_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7406902))")
TRY_CONVERSATION_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 7406902))")


class Transactions:
    """Runs work on an engine, each piece in a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # Statements of a read stand alone, which saves it the round trips of a transaction.
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._finished_at = 0.0

    async def run(self, work: Work[T]) -> T:
        """What `work` returns, once committed; its own exceptions undo everything and pass.

        Raises `BookUnavailableError` when the database cannot be reached or gets nothing done.
        """
        return await self._patiently(self._with_retries(self._changing(work)))

    async def read(self, work: Work[T]) -> T:
        """As `run`, for work that changes nothing."""
        return await self._patiently(self._with_retries(self._only_reading(work)))

    def _changing(self, work: Work[T]) -> Callable[[], Awaitable[T]]:
        async def once() -> T:
            async with self._engine.begin() as connection:
                await connection.execute(SERVER_SIDE_LIMIT)
                return await work(connection)

        return once

    def _only_reading(self, work: Work[T]) -> Callable[[], Awaitable[T]]:
        async def once() -> T:
            async with self._reading.connect() as connection:
                return await work(connection)

        return once

    async def _patiently(self, doing: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(doing)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, also when given up on
        begun = time.monotonic()
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=PATIENCE_SECONDS / 6)
                if not task.done() and time.monotonic() - max(begun, self._finished_at) > PATIENCE_SECONDS:
                    raise BookUnavailableError("the database is stuck")
        finally:
            # Not waited for: the driver's own cancelling needs the server that does not answer.
            task.cancel()
        self._finished_at = time.monotonic()
        return task.result()

    async def _with_retries(self, once: Callable[[], Awaitable[T]]) -> T:
        for tried in range(1, TRIES + 1):
            try:
                return await once()
            except exc.DBAPIError as error:
                if tried == TRIES or not _worth_another_try(error, tried):
                    raise _told(error) from error
            except (exc.TimeoutError, OSError) as error:
                raise BookUnavailableError(str(error)) from error
            await asyncio.sleep(random.uniform(0.01, 0.05) * tried)  # noqa: S311 - so that two do not meet again
        raise AssertionError("unreachable")


def _worth_another_try(error: exc.DBAPIError, tried: int) -> bool:
    if getattr(error.orig, "sqlstate", None) in AGAIN:
        return True
    # A pooled connection of before the database was restarted: the pool is renewed, and work is idempotent.
    return error.connection_invalidated and tried == 1


def _told(error: exc.DBAPIError) -> Exception:
    unavailable = isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated
    return BookUnavailableError(str(error.orig)) if unavailable else error


async def lock(connection: AsyncConnection, conversation_id: UUID | None, site_ids: Collection[str]) -> None:
    """Be the only one to change the claims of this conversation and of these sites, until the transaction ends."""
    if conversation_id is not None:
        await connection.execute(CONVERSATION_LOCK, {"key": str(conversation_id)})
    if site_ids:
        await connection.execute(_sites_locked(site_ids))


async def try_lock(connection: AsyncConnection, conversation_id: UUID, site_ids: Collection[str]) -> set[str]:
    """As `lock`, without waiting: the sites that could be locked; none when the conversation could not."""
    if not (await connection.execute(TRY_CONVERSATION_LOCK, {"key": str(conversation_id)})).scalar_one():
        return set()
    rows = await connection.execute(_sites_locked(site_ids, skip_locked=True))
    return {row.id for row in rows}


def _sites_locked(site_ids: Collection[str], *, skip_locked: bool = False) -> Select[tuple[str]]:
    # NO KEY: rows that refer to the site can still be added.
    query = select(sites.c.id).where(sites.c.id.in_(site_ids)).order_by(sites.c.id)
    return query.with_for_update(key_share=True, skip_locked=skip_locked)

"""What the worker does for those who wait for a person, and for the data that must go; one thing a transaction.

Any number of workers may run: each takes what no other has.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import clock
from bot.answers import people as words
from bot.conversations.handoff import give_back
from bot.conversations.model import Reply
from bot.conversations.office import Office
from bot.conversations.promises import next_late
from bot.conversations.store import add_outgoing
from bot.conversations.waiting_line import next_abandoned, next_given_up
from bot.privacy import retention
from bot.privacy.erasures import do_next_erasure, sweep_next
from bot.settings import get_settings

log = structlog.get_logger()

EVERY_SECONDS = 2.0
NIGHT_HOURS = 3
"""A worker that was down at the hour of retention still does it so many hours later."""


async def look_after_people(engine: AsyncEngine) -> None:
    """Every two seconds, do what is due; ends only when cancelled."""
    while True:
        for what in JOBS:
            await _attempt(engine, what.__name__, what)
        await _tonight(engine)
        await asyncio.sleep(EVERY_SECONDS)


async def _attempt(engine: AsyncEngine, what: str, work: Callable[[AsyncConnection], Awaitable[bool]]) -> None:
    try:
        more = True
        while more:
            async with engine.begin() as connection:
                more = await work(connection)
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        # The reason may quote values of the statement: only the kind is logged.
        log.warning("not done", what=what, reason=type(error).__name__)
    except Exception:
        # A fault here must not stop the answers of the same worker.
        log.exception("not done", what=what)


async def tell_who_waited_too_long(connection: AsyncConnection) -> bool:
    """Nobody came in time, or the desk has closed: say so and offer a call or an appointment; whether there was one."""
    closed = not Office().is_open(clock.now())
    handoff = await next_given_up(connection, closed=closed)
    if handoff is not None:
        said = Reply(text=words.CLOSING if closed else words.NOBODY, buttons=words.INSTEAD)
        await give_back(connection, handoff, "expired", said)
        log.info("nobody took a request", conversation=str(handoff.conversation_id), closed=closed)
    return handoff is not None


async def tell_who_was_left_alone(connection: AsyncConnection) -> bool:
    """An operator does not answer any more: the assistant is back; whether there was one."""
    handoff = await next_abandoned(connection)
    if handoff is not None:
        text = words.LEFT_ALONE.format(name=handoff.operator_name)
        await give_back(connection, handoff, "given_back", Reply(text=text, buttons=words.INSTEAD))
        log.warning("an operator left a conversation alone", conversation=str(handoff.conversation_id))
    return handoff is not None


async def tell_whose_answer_is_late(connection: AsyncConnection) -> bool:
    """A question left is past its time: say so, once; whether there was one."""
    promise = await next_late(connection, now=clock.now())
    if promise is not None:
        await add_outgoing(connection, promise.conversation_id, [words.answer_late(promise.asked_at)])
        log.warning("a question was not answered in time", promise=str(promise.id))
    return promise is not None


async def erase_what_was_asked(connection: AsyncConnection) -> bool:
    """The next erasure that is due; whether there was one."""
    return await do_next_erasure(connection, agenda_now=clock.now())


async def sweep(connection: AsyncConnection) -> bool:
    """The second look after an erasure; whether there was one."""
    return await sweep_next(connection)


JOBS = (
    tell_who_waited_too_long,
    tell_who_was_left_alone,
    tell_whose_answer_is_late,
    erase_what_was_asked,
    sweep,
)


async def _tonight(engine: AsyncEngine) -> None:
    """Once a night, remove what is too old."""
    now = clock.now()
    if not 0 <= now.hour - get_settings().retention_hour < NIGHT_HOURS:
        return
    try:
        async with engine.begin() as connection:
            mine = await retention.claim_night(connection, now.date())
        if mine:
            removed = await retention.run(engine)
            async with engine.begin() as connection:
                await retention.note_night(connection, now.date(), removed)
            log.info("what was too old is gone", **removed)
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        log.warning("not done", what="retention", reason=type(error).__name__)
    except Exception:
        log.exception("not done", what="retention")

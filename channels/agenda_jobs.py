"""What Sportello says first, by the worker: reminders, places that freed up, a word after a missed appointment.

One message a transaction, the same that marks it as told: whatever is killed meanwhile, it is said once. Any number of
workers may run, each takes what no other has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import clock
from bot.agenda.catalogue import read_service, read_sites
from bot.agenda.holds import forget_expired
from bot.agenda.model import Slot
from bot.agenda.notices import Notice, next_notice, said_in
from bot.agenda.proposals import instead_of
from bot.agenda.records import conversations_of
from bot.agenda.reminders import due_reminders, missed_unannounced
from bot.agenda.rules import movable_until
from bot.agenda.said import About, keep_said
from bot.agenda.waiting import leave, next_offers
from bot.answers.changed import told
from bot.answers.reminders import freed_place, is_short, missed, reminder
from bot.conversations.model import Reply
from bot.conversations.store import add_outgoing, last_message_id, record_incident
from bot.storage.tables import conversations
from channels.capabilities import CHANNELS
from channels.elsewhere import last_said_elsewhere

log = structlog.get_logger()

EVERY_SECONDS = 2.0

Wording = Callable[..., Reply]
Tell = Callable[[AsyncConnection, datetime], Awaitable[bool]]


async def tell_about_appointments(engine: AsyncEngine) -> None:
    """Every two seconds, say what is due; ends only when cancelled."""
    rounds = 0
    while True:
        for every, what, work in WORK:
            if rounds % every == 0:
                await _attempt(engine, what, work)
        rounds += 1
        await asyncio.sleep(EVERY_SECONDS)


async def _attempt(engine: AsyncEngine, what: str, work: Tell) -> None:
    try:
        await tell_all(engine, work)
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        # The reason may quote values of the statement: only the kind is logged.
        log.warning("appointments not told about", what=what, reason=type(error).__name__)
    except Exception:
        # A fault here must not stop the answers of the same worker, nor what else is to be told.
        log.exception("appointments not told about", what=what)


async def tell_all(engine: AsyncEngine, tell: Tell) -> None:
    """One message a transaction until nothing is due: what fails takes nothing else with it."""
    more = True
    while more:
        async with engine.begin() as connection:
            more = await tell(connection, clock.now())


async def tell_reminder(connection: AsyncConnection, now: datetime) -> bool:
    """The next reminder that is due, if there is one; returns whether there was."""
    due = await due_reminders(connection, now, limit=1)
    for appointment, _ in due:
        slot = appointment.slot
        until = await movable_until(connection, slot.service_id, slot.starts)
        wording = partial(reminder, appointment, until=until, now=now)
        await _say(connection, await conversations_of(connection, appointment), slot, wording)
    return bool(due)


async def tell_freed_places(connection: AsyncConnection, now: datetime) -> bool:
    """Offer places that freed up to those who wait for one like it; returns whether there were any."""
    offers = await next_offers(connection, now)
    for offer in offers:
        waits = offer.waiting.conversation_id
        wording = partial(freed_place, offer.id, offer.hold, now=now)
        if not await _say(connection, [waits], offer.hold.slot, wording, about=About("freed_place", offer.id)):
            await leave(connection, waits, now=now)  # nobody is there any more: the place goes to the next
    return bool(offers)


async def tell_missed(connection: AsyncConnection, now: datetime) -> bool:
    """Kind words to the next person who was not there; returns whether there was one."""
    found = await missed_unannounced(connection, now=now, limit=1)
    for appointment in found:
        wording = partial(missed, appointment, now=now)
        candidates, about = await conversations_of(connection, appointment), About("missed", appointment.id)
        await _say(connection, candidates, appointment.slot, wording, about=about)
    return bool(found)


async def tell_changed(connection: AsyncConnection, now: datetime) -> bool:
    """What an operator changed, to the next person concerned; returns whether there was one."""
    notice = await next_notice(connection, now=now)
    if notice is not None:
        slot = notice.appointment.slot
        wording = partial(told, notice, proposals=await instead_of(connection, notice, now=now), now=now)
        await _say(connection, await conversations_of(connection, notice.appointment), slot, wording, notice=notice)
    return notice is not None


async def sweep(connection: AsyncConnection, now: datetime) -> bool:
    """Throw away holds that expired long ago; never more to do."""
    await forget_expired(connection, now=now)
    return False


WORK: tuple[tuple[int, str, Tell], ...] = (
    (1, "reminders", tell_reminder),
    (1, "missed", tell_missed),
    (1, "changes", tell_changed),
    (5, "freed places", tell_freed_places),
    (300, "expired holds", sweep),
)
"""What is done every so many rounds. Looking for freed places reads the calendars for everybody who waits."""


async def _say(
    connection: AsyncConnection,
    candidates: Sequence[UUID],
    slot: Slot,
    wording: Wording,
    *,
    notice: Notice | None = None,
    about: About | None = None,
) -> bool:
    """Write to the first of these conversations that is still there; False when all were erased.

    `notice`: what it says, if it says one. `about`: what it is about, where neither notice nor button tells.
    """
    query = select(conversations.c.id, conversations.c.channel).where(conversations.c.id.in_(candidates))
    channels = {row.id: row.channel for row in await connection.execute(query.with_for_update(key_share=True))}
    conversation_id = next((one for one in candidates if one in channels), None)
    if conversation_id is None:
        return False
    found = await read_service(connection, slot.service_id)
    assert found is not None  # a service with appointments stays
    site = (await read_sites(connection))[slot.site_id]
    try:
        reply = wording(service=found[0], site=site, short=is_short(channels[conversation_id]))
    except Exception as error:  # noqa: BLE001 - one that cannot be worded must not hold up all others
        number = await record_incident(connection, message_id=None, where="agenda", what=repr(error))
        log.error("not worded", conversation=str(conversation_id), incident=number, reason=repr(error))  # noqa: TRY400
    else:
        await add_outgoing(connection, conversation_id, [reply])
        if notice is not None:
            await said_in(connection, notice.id, await last_message_id(connection, conversation_id))
        if about is not None:
            await keep_said(connection, await last_message_id(connection, conversation_id), about)
        if CHANNELS[channels[conversation_id]].pulled:
            await last_said_elsewhere(connection, conversation_id)
    return True

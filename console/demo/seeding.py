"""Filling the database with a made-up month, and emptying it of it. The caller decides the transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import sample
from bot.agenda.catalogue import read_services, read_sites
from bot.agenda.tables import appointments, claimed_by, claims, sites, waiting
from bot.clock import ROME
from bot.conversations.office import Office
from bot.demand.tables import unmet_demand
from bot.knowledge import get_knowledge
from bot.privacy.tables import legal_holds
from bot.settings import Settings
from bot.storage.tables import conversations, messages
from console import audit
from console.demo import accounts, month
from console.demo.places import sample_places
from console.demo.rows import Rows
from console.demo.world import World
from console.transcripts.summaries import summarise

SEEDING = text("SELECT pg_advisory_xact_lock(7406904)")
NUMBERS = text("SELECT nextval(pg_get_serial_sequence('incidents', 'id')) FROM generate_series(1, :count)")
AT_ONCE = 500


class RealConversationsError(Exception):
    """There are conversations of real people; the text says what to do, in Italian."""


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What there is now. `new`: it was made just now. `links`: user names with the address to choose a password at."""

    new: bool
    conversations: int
    messages: int
    appointments: int
    links: list[tuple[str, str]]


async def seed(
    connection: AsyncConnection,
    settings: Settings,
    *,
    count: int,
    number: int,
    end: datetime,
    mixed: bool = False,
    again: bool = False,
) -> Seeded:
    """Make a month of conversations that ends at `end`; the same `number` and end give the same month.

    What is there already is left alone, or made anew with `again`. Raises `RealConversationsError` unless `mixed`.
    """
    await connection.execute(SEEDING)
    real = select(func.count()).where(~conversations.c.sample)
    if not mixed and (await connection.execute(real)).scalar_one():
        raise RealConversationsError(
            "In questo database ci sono conversazioni vere. Per aggiungere lo stesso quelle di esempio: --mixed."
        )
    if again:
        await remove_conversations(connection)
    colleagues, links = await accounts.ensure(connection, settings)
    known = await _counted(connection, links, new=False)
    if known.conversations:
        return known
    end = end.astimezone(ROME)
    # Beside real conversations no made-up calendar: somebody could book in it.
    if not mixed and (await connection.execute(select(sites.c.id).limit(1))).first() is None:
        await sample.seed(connection, now=end)
    chance = Random(f"{number} models")
    world = World(
        end=end,
        knowledge=get_knowledge(),
        services=await read_services(connection),
        sites=await read_sites(connection),
        places=await sample_places(connection, since=end.date() - timedelta(days=month.DAYS)),
        colleagues=colleagues,
        incident_numbers=list((await connection.execute(NUMBERS, {"count": month.FAILURES})).scalars()),
        office=Office(),
        rows=Rows(),
        models=(f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(128):032x}"),
        model_changed=end - timedelta(days=11),
    )
    month.fill(world, seed=number, count=count)
    await world.rows.store(connection)
    ids = world.rows.conversation_ids()
    for start in range(0, len(ids), AT_ONCE):
        await summarise(connection, ids[start : start + AT_ONCE])
    await audit.record(connection, None, "conversazioni di esempio aggiunte", quante=len(ids), numero=number)
    return await _counted(connection, links, new=True)


async def _counted(connection: AsyncConnection, links: list[tuple[str, str]], *, new: bool) -> Seeded:
    mine = select(conversations.c.id).where(conversations.c.sample)
    said = select(func.count()).where(messages.c.conversation_id.in_(mine))
    made = select(func.count()).where(appointments.c.conversation_id.in_(mine), appointments.c.sample)
    return Seeded(
        new=new,
        conversations=int((await connection.execute(select(func.count()).where(conversations.c.sample))).scalar_one()),
        messages=int((await connection.execute(said)).scalar_one()),
        appointments=int((await connection.execute(made)).scalar_one()),
        links=links,
    )


async def clear(connection: AsyncConnection) -> tuple[int, int]:
    """Take away every sample conversation with what hangs on it, and the three accounts; how many of each.

    The sample calendar stays: it was there before, and is of use without them.
    """
    await connection.execute(SEEDING)
    gone = await remove_conversations(connection)
    people = await accounts.remove(connection)
    if gone or people:
        await audit.record(connection, None, "conversazioni di esempio tolte", quante=gone, accessi=people)
    return gone, people


async def remove_conversations(connection: AsyncConnection) -> int:
    """The conversations alone, with their appointments and the places those took."""
    mine = select(conversations.c.id).where(conversations.c.sample)
    await connection.execute(delete(legal_holds).where(legal_holds.c.conversation_id.in_(mine)))
    await connection.execute(delete(waiting).where(waiting.c.conversation_id.in_(mine)))
    await connection.execute(delete(unmet_demand).where(unmet_demand.c.conversation_id.in_(mine)))
    await _remove_appointments(connection, mine)
    return (await connection.execute(delete(conversations).where(conversations.c.sample))).rowcount


async def _remove_appointments(connection: AsyncConnection, mine: Select[tuple[UUID]]) -> None:
    made = (
        await connection.execute(select(appointments.c.id).where(appointments.c.conversation_id.in_(mine)))
    ).scalars()
    ids = list(made)
    # Moves link appointments both ways; the links are looked at when the transaction ends.
    await connection.execute(
        delete(claimed_by).where(or_(claimed_by.c.conversation_id.in_(mine), claimed_by.c.appointment_id.in_(ids)))
    )
    await connection.execute(delete(appointments).where(appointments.c.id.in_(ids)))
    await connection.execute(delete(claims).where(claims.c.conversation_id.in_(mine)))

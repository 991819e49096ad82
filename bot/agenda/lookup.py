"""Finding one's appointment by code and surname, with few guesses allowed."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import reminders
from bot.agenda.citizens import is_named
from bot.agenda.codes import normalised
from bot.agenda.model import Appointment, LockedError
from bot.agenda.records import appointment_of, belongs_also_to
from bot.agenda.tables import appointments, wrong_codes
from bot.agenda.transactions import lock

WRONG_TRIES = 5
WITHIN = timedelta(minutes=30)


async def claim(
    connection: AsyncConnection, conversation_id: UUID, code: str, surname: str, *, now: datetime
) -> Appointment | LockedError | None:
    """As the protocol's method; but returns the error, or None for not found, since a wrong try must stay recorded."""
    await lock(connection, conversation_id, ())
    if locked := await _locked(connection, conversation_id, now=now):
        return locked
    query = select(appointments).where(
        appointments.c.code == normalised(code), appointments.c.state == "da_erogare", appointments.c.ends > now
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None or not is_named(row["surname_fingerprints"], surname):
        await connection.execute(insert(wrong_codes).values(conversation_id=conversation_id, tried_at=now))
        return None
    found = appointment_of(row)
    if found.conversation_id != conversation_id:
        await belongs_also_to(connection, found.id, conversation_id, now=now)
        # A sample one had nobody to remind until now.
        await reminders.plan(connection, found, now=now)
    return found


async def _locked(connection: AsyncConnection, conversation_id: UUID, *, now: datetime) -> LockedError | None:
    query = (
        select(wrong_codes.c.tried_at)
        .where(wrong_codes.c.conversation_id == conversation_id)
        .order_by(wrong_codes.c.tried_at.desc())
        .limit(WRONG_TRIES)
    )
    tries = list((await connection.execute(query)).scalars())
    if len(tries) < WRONG_TRIES or tries[0] - tries[-1] > WITHIN or now >= tries[0] + WITHIN:
        return None
    return LockedError(tries[0] + WITHIN)

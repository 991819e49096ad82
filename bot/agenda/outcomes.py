"""How an appointment ended, as an operator records it: from its start on, and taken back for a while.

Who is recorded as missing is told only when that while is over (`reminders.missed_unannounced`): a slip of the hand
reaches nobody.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.changes import mark
from bot.agenda.model import Appointment, NotFoundError, TooEarlyError
from bot.agenda.records import appointment_of, row_of
from bot.agenda.tables import appointments
from bot.settings import get_settings

RECORDED = ("erogato", "non_presentato")


async def record_outcome(
    connection: AsyncConnection, appointment_id: UUID, state: Literal["erogato", "non_presentato"], *, now: datetime
) -> Appointment:
    """As the protocol's `mark`, but not before the appointment has begun. Raises `TooEarlyError`, `NotFoundError`."""
    row = await row_of(connection, appointment_id, lock=True)
    if now < row["starts"]:
        raise TooEarlyError(row["starts"])
    return await mark(connection, appointment_id, state)


async def take_back_outcome(connection: AsyncConnection, appointment_id: UUID, *, now: datetime) -> Appointment:
    """It is to come again, as before it was recorded. Raises `NotFoundError` when it is too late for that."""
    row = await row_of(connection, appointment_id, lock=True)
    if row["state"] == "da_erogare":
        return appointment_of(row)
    if not can_be_taken_back(row["state"], row["changed_at"], now=now) or await _code_is_taken(connection, row):
        raise NotFoundError(str(appointment_id))
    undone = update(appointments).where(appointments.c.id == appointment_id, ~appointments.c.missed_told)
    found = await connection.execute(undone.values(state="da_erogare", changed_at=now).returning(appointments))
    changed = found.mappings().one_or_none()
    if changed is None:
        raise NotFoundError(str(appointment_id))
    return appointment_of(changed)


def can_be_taken_back(state: str, changed_at: datetime | None, *, now: datetime) -> bool:
    """Whether what was recorded then can still be taken back."""
    return state in RECORDED and changed_at is not None and now < changed_at + undo_time()


def undo_time() -> timedelta:
    """For how long what was recorded can be taken back."""
    return timedelta(minutes=get_settings().outcome_undo_minutes)


async def _code_is_taken(connection: AsyncConnection, row: RowMapping) -> bool:
    # Once recorded its code was free, and somebody may have drawn it.
    other = exists().where(appointments.c.code == row["code"], appointments.c.state == "da_erogare")
    return bool((await connection.execute(select(other))).scalar_one())

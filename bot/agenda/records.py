"""Reading appointments: from rows to what the protocol gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, or_, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.citizens import opened
from bot.agenda.model import Appointment, NotFoundError
from bot.agenda.places import slot_of
from bot.agenda.tables import appointments, claimed_by

KEPT = (
    "id code state conversation_id created_at changed_at moved_from moved_to reason attendance_confirmed by_operator sample"
).split()

CHAIN = text("""
WITH RECURSIVE chain AS (
    SELECT id, moved_from, 0 AS back FROM agenda_appointments WHERE id = :id
    UNION ALL SELECT a.id, a.moved_from, chain.back + 1 FROM agenda_appointments a JOIN chain ON a.id = chain.moved_from
)
SELECT id FROM chain ORDER BY back DESC
""")


def appointment_of(row: RowMapping, *, with_citizen: bool = False) -> Appointment:
    """The appointment in a row of its table; who it is for is unsealed only when asked."""
    citizen = opened(row["citizen"]) if with_citizen else None
    return Appointment(slot=slot_of(row), citizen=citizen, **{key: row[key] for key in KEPT})


async def read(connection: AsyncConnection, appointment_id: UUID, *, with_citizen: bool = False) -> Appointment:
    """One appointment. Raises `NotFoundError`."""
    return appointment_of(await row_of(connection, appointment_id), with_citizen=with_citizen)


async def row_of(connection: AsyncConnection, appointment_id: UUID, *, lock: bool = False) -> RowMapping:
    """One appointment's row, locked against changes when asked. Raises `NotFoundError`."""
    query: Select[Any] = select(appointments).where(appointments.c.id == appointment_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row: RowMapping | None = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(str(appointment_id))
    return row


def belongs_to(conversation_id: UUID) -> ColumnElement[bool]:
    """The condition that an appointment was made or claimed in a conversation."""
    claimed = select(claimed_by.c.appointment_id).where(claimed_by.c.conversation_id == conversation_id)
    return or_(appointments.c.conversation_id == conversation_id, appointments.c.id.in_(claimed))


async def of_conversation(connection: AsyncConnection, conversation_id: UUID, *, now: datetime) -> list[Appointment]:
    """As the protocol's method; one that has begun is given until it ends."""
    query = (
        select(appointments)
        .where(belongs_to(conversation_id), appointments.c.state == "da_erogare", appointments.c.ends > now)
        .order_by(appointments.c.starts, appointments.c.id)
    )
    return [appointment_of(row) for row in (await connection.execute(query)).mappings()]


async def made_in(connection: AsyncConnection, conversation_id: UUID, *, now: datetime) -> list[Appointment]:
    """As `of_conversation`, without those that were only looked up here by code and name."""
    mine = appointments.c.conversation_id == conversation_id
    to_come = (appointments.c.state == "da_erogare", appointments.c.ends > now)
    query = select(appointments).where(mine, *to_come).order_by(appointments.c.starts, appointments.c.id)
    return [appointment_of(row) for row in (await connection.execute(query)).mappings()]


async def chain_of(connection: AsyncConnection, appointment: Appointment) -> list[UUID]:
    """The ids of the moves that led here, the first booked first and this one last."""
    values = {"id": appointment.id}
    return list((await connection.execute(CHAIN, values)).scalars())


async def belongs_also_to(
    connection: AsyncConnection, appointment_id: UUID, conversation_id: UUID, *, now: datetime
) -> None:
    """Have a conversation see and change an appointment made in another; nothing new when it does already."""
    link = {"appointment_id": appointment_id, "conversation_id": conversation_id, "created_at": now}
    await connection.execute(pg_insert(claimed_by).values(link).on_conflict_do_nothing())


async def conversations_of(connection: AsyncConnection, appointment: Appointment) -> Sequence[UUID]:
    """The conversations an appointment belongs to, the one that made it first: who is to be reminded."""
    query = (
        select(claimed_by.c.conversation_id)
        .where(claimed_by.c.appointment_id == appointment.id)
        .order_by(claimed_by.c.created_at)
    )
    claimed = list((await connection.execute(query)).scalars())
    made = [appointment.conversation_id] if appointment.conversation_id else []
    return [*made, *(one for one in claimed if one not in made)]

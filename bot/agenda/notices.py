"""What operators change and the citizen is to be told: noted in the transaction that changes it, said by a worker, once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.model import Appointment, NotFoundError
from bot.agenda.records import appointment_of, row_of
from bot.agenda.tables import appointments, claimed_by, notices
from bot.storage.tables import conversations

Kind = Literal[
    "cancelled",  # by us: with an excuse, and other places
    "cancelled_on_request",  # the citizen asked an operator
    "moved",
    "booked",
]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One thing to tell. `before`: where a moved appointment was."""

    id: int
    kind: Kind
    appointment: Appointment  # with its citizen
    reason: str
    before: Appointment | None


async def note(
    connection: AsyncConnection, ids: Collection[UUID], kind: Kind, *, now: datetime, reason: str = ""
) -> None:
    """Have the citizens of some appointments told. `reason`: as they read it, to go on a sentence; may be empty."""
    row = {"kind": kind, "reason": reason, "created_at": now}
    if ids:
        await connection.execute(insert(notices).values([row | {"appointment_id": one} for one in ids]))


async def next_notice(connection: AsyncConnection, *, now: datetime) -> Notice | None:
    """The next one nobody was told, marked as told in this transaction; several callers share the work."""
    untold = (
        select(notices)
        .where(notices.c.told_at.is_(None))
        .order_by(notices.c.created_at, notices.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await connection.execute(untold)).mappings().one_or_none()
    if row is None:
        return None
    await connection.execute(update(notices).where(notices.c.id == row["id"]).values(told_at=now))
    return await _notice(connection, row)


async def said_in(connection: AsyncConnection, notice_id: int, message_id: UUID) -> None:
    """Keep which message says it."""
    await connection.execute(update(notices).where(notices.c.id == notice_id).values(message_id=message_id))


async def notice_said_in(connection: AsyncConnection, message_id: UUID) -> Notice | None:
    """The notice that a message says, if it says one."""
    row = (await connection.execute(select(notices).where(notices.c.message_id == message_id))).mappings().one_or_none()
    return await _notice(connection, row) if row is not None else None


async def to_be_called(connection: AsyncConnection, site_id: str, *, now: datetime) -> list[Notice]:
    """What could not be written to anybody, of appointments that were to come: told by voice, by start."""
    query = (
        select(notices)
        .join(appointments, appointments.c.id == notices.c.appointment_id)
        .where(notices.c.told_at.is_not(None), notices.c.message_id.is_(None), notices.c.called_at.is_(None))
        .where(appointments.c.site_id == site_id, appointments.c.starts > now)
        .order_by(appointments.c.starts, notices.c.id)
    )
    return [await _notice(connection, row) for row in (await connection.execute(query)).mappings().all()]


async def called(connection: AsyncConnection, notice_id: int, site_id: str, *, now: datetime) -> Appointment:
    """Somebody told them by voice. Raises `NotFoundError`."""
    of_site = select(appointments.c.id).where(appointments.c.site_id == site_id)
    row = update(notices).where(notices.c.id == notice_id, notices.c.appointment_id.in_(of_site))
    found = (
        await connection.execute(row.values(called_at=now).returning(notices.c.appointment_id))
    ).scalar_one_or_none()
    if found is None:
        raise NotFoundError(str(notice_id))
    return appointment_of(await row_of(connection, found))


async def those_who_can_be_told(connection: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """The appointments that have a conversation to write to."""
    made = select(conversations.c.id).where(conversations.c.id == appointments.c.conversation_id)
    claimed = (
        select(conversations.c.id)
        .join(claimed_by, claimed_by.c.conversation_id == conversations.c.id)
        .where(claimed_by.c.appointment_id == appointments.c.id)
    )
    query = select(appointments.c.id).where(appointments.c.id.in_(ids), made.exists() | claimed.exists())
    return set((await connection.execute(query)).scalars())


async def _notice(connection: AsyncConnection, row: RowMapping) -> Notice:
    appointment = appointment_of(await row_of(connection, row["appointment_id"]), with_citizen=True)
    before = None
    if row["kind"] == "moved" and appointment.moved_from is not None:
        before = appointment_of(await row_of(connection, appointment.moved_from))
    return Notice(id=row["id"], kind=row["kind"], appointment=appointment, reason=row["reason"], before=before)

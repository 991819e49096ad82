"""What is to be told about an appointment, each thing once: reminders before it, a word after one that was missed.

The functions mark what they give as told in the caller's transaction: the caller writes the message in the same one, so
that it is said exactly once.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.catalogue import read_service
from bot.agenda.model import Appointment
from bot.agenda.records import appointment_of
from bot.agenda.tables import appointments, reminders
from bot.settings import get_settings

BATCH = 100


async def plan(connection: AsyncConnection, appointment: Appointment, *, now: datetime) -> None:
    """Note the reminders of an appointment that are still to come; those there already stay as they are."""
    found = await read_service(connection, appointment.slot.service_id)
    leads = [lead for lead in found[0].reminders if appointment.slot.starts - lead > now] if found else []
    if leads:
        rows = [
            {"appointment_id": appointment.id, "lead": lead, "due_at": appointment.slot.starts - lead} for lead in leads
        ]
        await connection.execute(insert(reminders).values(rows).on_conflict_do_nothing())


async def drop(connection: AsyncConnection, appointment_id: UUID) -> None:
    """There is nothing left to remind of."""
    await connection.execute(delete(reminders).where(reminders.c.appointment_id == appointment_id))


async def due_reminders(
    connection: AsyncConnection, now: datetime, *, limit: int = BATCH
) -> list[tuple[Appointment, timedelta]]:
    """Appointments to remind of now, by start, each with how long before its start the reminder was planned for.

    Of several due at once, only the latest is given. None after the start. Several callers at once share the work.
    """
    due = (reminders.c.appointment_id == appointments.c.id, reminders.c.sent_at.is_(None), reminders.c.due_at <= now)
    query = (
        select(appointments)
        .where(appointments.c.state == "da_erogare", appointments.c.starts > now, exists().where(*due))
        .order_by(appointments.c.starts)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    rows = {row["id"]: row for row in (await connection.execute(query)).mappings()}
    if not rows:
        return []
    # What another caller marked while this one waited for nothing is seen here and left out.
    marked = (
        update(reminders)
        .where(reminders.c.appointment_id.in_(rows), reminders.c.sent_at.is_(None), reminders.c.due_at <= now)
        .values(sent_at=now)
        .returning(reminders.c.appointment_id, reminders.c.lead)
    )
    latest: dict[UUID, timedelta] = {}
    for appointment_id, lead in await connection.execute(marked):
        latest[appointment_id] = min(lead, latest.get(appointment_id, lead))
    return [(appointment_of(row), latest[row_id]) for row_id, row in rows.items() if row_id in latest]


async def missed_unannounced(connection: AsyncConnection, *, now: datetime, limit: int = BATCH) -> list[Appointment]:
    """Appointments nobody came to that nobody was told about yet; each is given once.

    Not before what was recorded can no longer be taken back.
    """
    before = now - timedelta(minutes=get_settings().outcome_undo_minutes)
    untold = (
        select(appointments.c.id)
        .where(appointments.c.state == "non_presentato", ~appointments.c.missed_told)
        .where(appointments.c.changed_at <= before)
        .order_by(appointments.c.changed_at)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    told = (
        update(appointments)
        .where(appointments.c.id.in_(untold), ~appointments.c.missed_told)
        .values(missed_told=True)
        .returning(appointments)
    )
    return [appointment_of(row) for row in (await connection.execute(told)).mappings()]

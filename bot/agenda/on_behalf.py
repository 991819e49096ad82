"""What operators do for a citizen: book, move, cancel; each in the caller's transaction, together with what is to be told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import booking, changes, notices
from bot.agenda.model import Appointment, Citizen, OperatorReason
from bot.agenda.records import row_of
from bot.agenda.transactions import lock

TOLD_AS: dict[OperatorReason, str] = {
    "richiesta": "",
    "chiusura": "lo sportello è chiuso",
    "assenza": "manca la persona che ti riceve",
    "errore": "era prenotato per errore",
    "altro": "",
}
"""The reason as the citizen reads it."""


async def book(
    connection: AsyncConnection, hold_id: UUID, citizen: Citizen, *, conversation_id: UUID | None, now: datetime
) -> Appointment:
    """Book the held place; as if it had been booked in the citizen's conversation, when there is one.

    Raises as the book's `confirm`.
    """
    await lock(connection, conversation_id, ())
    return await booking.confirm(connection, hold_id, citizen, now=now, by="operator", conversation_id=conversation_id)


async def move(connection: AsyncConnection, appointment_id: UUID, hold_id: UUID, *, now: datetime) -> Appointment:
    """Move to the held place, whatever the service's deadline; the citizen is told. Raises as the book's `move`."""
    before = await booking.made_of(connection, hold_id)
    moved = await booking.move(connection, appointment_id, hold_id, now=now, by="operator")
    if before is None:
        await notices.note(connection, [moved.id], "moved", now=now)
    return moved


async def cancel(
    connection: AsyncConnection, appointment_id: UUID, *, reason: OperatorReason, now: datetime
) -> Appointment:
    """Cancel, whatever the service's deadline; the citizen is told. Raises as the book's `cancel`."""
    row = await row_of(connection, appointment_id, lock=True)
    done = await changes.cancel(connection, appointment_id, reason=reason, now=now, by="operator")
    if row["state"] == "da_erogare":
        kind: notices.Kind = "cancelled_on_request" if reason == "richiesta" else "cancelled"
        await notices.note(connection, [appointment_id], kind, now=now, reason=TOLD_AS[reason])
    return done

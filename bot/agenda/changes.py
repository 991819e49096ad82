"""What happens to an appointment where it is: cancelled, by telephone instead, attended or not."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda import reminders
from bot.agenda.catalogue import read_service
from bot.agenda.codes import normalised
from bot.agenda.model import Actor, Appointment, NotBookableError, NotFoundError, OperatorReason, Reason
from bot.agenda.records import appointment_of, row_of
from bot.agenda.rules import check_movable
from bot.agenda.tables import appointments, claims
from bot.agenda.tables import reminders as planned

CANCELLED = ("disdetto_cittadino", "disdetto_operatore")


async def cancel(
    connection: AsyncConnection, appointment_id: UUID, *, reason: Reason, now: datetime, by: Actor
) -> Appointment:
    """As the protocol's method."""
    row = await row_of(connection, appointment_id, lock=True)
    if row["state"] in CANCELLED:
        return appointment_of(row)
    _must_be_to_come(row)
    await check_movable(connection, row, now=now, by=by)
    state = "disdetto_cittadino" if by == "citizen" else "disdetto_operatore"
    done = {"state": state, "claim_id": None, "reason": reason, "changed_at": now}
    changed = await _change(connection, appointment_id, done)
    await connection.execute(delete(claims).where(claims.c.id == appointment_id))
    await reminders.drop(connection, appointment_id)
    return changed


async def cancel_all(
    connection: AsyncConnection, ids: Collection[UUID], *, reason: OperatorReason, now: datetime
) -> list[Appointment]:
    """Cancel many at once, as an operator; those that are not to come any more are left as they are."""
    to_come = (appointments.c.id.in_(ids), appointments.c.state == "da_erogare")
    done = {"state": "disdetto_operatore", "claim_id": None, "reason": reason, "changed_at": now}
    changed = update(appointments).where(*to_come).values(done).returning(appointments)
    gone = [appointment_of(row) for row in (await connection.execute(changed)).mappings()]
    cancelled = [one.id for one in gone]
    await connection.execute(delete(claims).where(claims.c.id.in_(cancelled)))
    await connection.execute(delete(planned).where(planned.c.appointment_id.in_(cancelled)))
    return gone


async def switch_to_phone(connection: AsyncConnection, appointment_id: UUID, *, now: datetime) -> Appointment:
    """As the protocol's method. Raises `NotBookableError` (mode) when it is not by video or the service has no calls."""
    row = await row_of(connection, appointment_id, lock=True)
    _must_be_to_come(row)
    if row["mode"] == "phone":
        return appointment_of(row)
    found = await read_service(connection, row["service_id"])
    if row["mode"] != "video" or found is None or "phone" not in found[0].modes:
        raise NotBookableError("mode")
    if now > row["starts"]:
        raise NotFoundError(str(appointment_id))
    await connection.execute(update(claims).where(claims.c.id == appointment_id).values(mode="phone"))
    return await _change(connection, appointment_id, {"mode": "phone", "changed_at": now})


async def confirm_attendance(connection: AsyncConnection, appointment_id: UUID) -> Appointment:
    """As the protocol's method."""
    _must_be_to_come(await row_of(connection, appointment_id, lock=True))
    return await _change(connection, appointment_id, {"attendance_confirmed": True})


async def mark(
    connection: AsyncConnection, appointment_id: UUID, state: Literal["erogato", "non_presentato"]
) -> Appointment:
    """As the protocol's method; what was recorded wrongly can be recorded again."""
    row = await row_of(connection, appointment_id, lock=True)
    if row["state"] == state:
        return appointment_of(row)
    if row["state"] not in ("da_erogare", "erogato", "non_presentato"):
        raise NotFoundError(str(appointment_id))
    return await _change(connection, appointment_id, {"state": state, "changed_at": clock.now()})


async def mark_by_code(
    connection: AsyncConnection, code: str, state: Literal["erogato", "non_presentato"]
) -> Appointment:
    """As `mark`, for the appointment to come with that code."""
    query = select(appointments.c.id).where(
        appointments.c.code == normalised(code), appointments.c.state == "da_erogare"
    )
    found = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError(code)
    return await mark(connection, found, state)


def _must_be_to_come(row: RowMapping) -> None:
    if row["state"] != "da_erogare":
        raise NotFoundError(str(row["id"]))


async def _change(connection: AsyncConnection, appointment_id: UUID, values: dict[str, Any]) -> Appointment:
    changing = update(appointments).where(appointments.c.id == appointment_id).values(values).returning(appointments)
    return appointment_of((await connection.execute(changing)).mappings().one())

"""From a hold to an appointment, and from one appointment to another: confirm and move, each one transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import reminders
from bot.agenda.citizens import name_fingerprints, sealed
from bot.agenda.codes import new_code
from bot.agenda.holds import release
from bot.agenda.model import Actor, Appointment, Citizen, NotBookableError, NotFoundError, Slot
from bot.agenda.places import Claim, read_claim, room_for, take
from bot.agenda.records import appointment_of, belongs_to, row_of
from bot.agenda.rules import check_movable
from bot.agenda.tables import appointments, claimed_by, claims, lapsed_holds, offers, waiting
from bot.agenda.transactions import lock

KEPT_BY_A_MOVE = ("conversation_id", "citizen", "surname_fingerprints", "sample", "code", "by_operator")


async def confirm(
    connection: AsyncConnection,
    hold_id: UUID,
    citizen: Citizen,
    *,
    now: datetime,
    by: Actor = "citizen",
    conversation_id: UUID | None = None,
) -> Appointment:
    """As the protocol's method. `conversation_id`: the citizen's, locked, when an operator held the place for them."""
    if done := await _booked(connection, hold_id):
        return done
    held = await _locked(connection, hold_id)
    if done := await _booked(connection, hold_id):
        return done
    theirs = replace(held, conversation_id=conversation_id or held.conversation_id)
    await _check_not_booked(connection, theirs, now=now)
    slot = await _secured(connection, held, now=now, by=by)
    values = {
        "conversation_id": theirs.conversation_id,
        "by_operator": by == "operator",
        "citizen": sealed(citizen),
        "surname_fingerprints": name_fingerprints(citizen.name),
    }
    return await _appointment(connection, held, slot, values, now=now)


async def move(
    connection: AsyncConnection, appointment_id: UUID, hold_id: UUID, *, now: datetime, by: Actor
) -> Appointment:
    """As the protocol's method. The new appointment keeps code, person and conversations of the old one."""
    if done := await _booked(connection, hold_id, moved_from=appointment_id):
        return done
    seen = await row_of(connection, appointment_id)
    held = await _locked(connection, hold_id, seen["site_id"])
    if done := await _booked(connection, hold_id, moved_from=appointment_id):
        return done
    old = await row_of(connection, appointment_id, lock=True)
    if old["state"] != "da_erogare" or held.slot.service_id != old["service_id"]:
        raise NotFoundError(str(appointment_id))
    await check_movable(connection, old, now=now, by=by)
    # An operator holds the place for them, in no conversation of theirs.
    theirs = held if by == "citizen" else replace(held, conversation_id=old["conversation_id"])
    await _check_not_booked(connection, theirs, now=now, moving=appointment_id)
    slot = await _secured(connection, held, now=now, by=by)
    closed = {"state": "spostato", "claim_id": None, "moved_to": hold_id, "changed_at": now}
    await connection.execute(update(appointments).where(appointments.c.id == appointment_id).values(closed))
    await connection.execute(delete(claims).where(claims.c.id == appointment_id))
    await reminders.drop(connection, appointment_id)
    kept = {key: old[key] for key in KEPT_BY_A_MOVE}
    new = await _appointment(connection, held, slot, kept | {"moved_from": appointment_id}, now=now)
    also = select(literal(hold_id), claimed_by.c.conversation_id, literal(now)).where(
        claimed_by.c.appointment_id == appointment_id
    )
    await connection.execute(insert(claimed_by).from_select(["appointment_id", "conversation_id", "created_at"], also))
    return new


async def _locked(connection: AsyncConnection, hold_id: UUID, *site_ids: str) -> Claim:
    """The hold as it is once its conversation and its site are locked. Raises `NotFoundError`."""
    seen = await read_claim(connection, hold_id)
    if seen is None:
        raise NotFoundError(str(hold_id))
    await lock(connection, seen.conversation_id, {seen.slot.site_id, *site_ids})
    held = await read_claim(connection, hold_id)
    if held is None:
        raise NotFoundError(str(hold_id))
    return held


async def made_of(connection: AsyncConnection, hold_id: UUID) -> Appointment | None:
    """What was made of this hold already."""
    return await _booked(connection, hold_id)


async def _booked(connection: AsyncConnection, hold_id: UUID, *, moved_from: UUID | None = None) -> Appointment | None:
    """What was made of this hold already. Raises `NotFoundError` when it was not made by that move."""
    query = select(appointments).where(appointments.c.id == hold_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    if moved_from is not None and row["moved_from"] != moved_from:
        raise NotFoundError(str(hold_id))
    return appointment_of(row)


async def _check_not_booked(
    connection: AsyncConnection, held: Claim, *, now: datetime, moving: UUID | None = None
) -> None:
    """Nobody is at two places at once, nor has the same service twice. Raises `NotBookableError`."""
    if held.conversation_id is None:
        return
    clash = and_(appointments.c.starts < held.slot.ends, appointments.c.ends > held.slot.starts)
    if moving is None:
        clash = or_(clash, and_(appointments.c.service_id == held.slot.service_id, appointments.c.ends > now))
    query = (
        select(appointments.c.id)
        .where(belongs_to(held.conversation_id), appointments.c.state == "da_erogare", ~appointments.c.sample, clash)
        .where(appointments.c.id != moving if moving else literal(True))
        .limit(1)
    )
    if (await connection.execute(query)).first():
        raise NotBookableError("already_booked")


async def _secured(connection: AsyncConnection, held: Claim, *, now: datetime, by: Actor) -> Slot:
    """Make the hold's claim last; one that expired is taken anew, by the rules of now. Raises `SlotTakenError`."""
    assert held.conversation_id is not None  # only an appointment's claim has none
    if held.present and held.expires_at is not None and held.expires_at > now:
        lasting = {"expires_at": None, "offered": False}
        await connection.execute(update(claims).where(claims.c.id == held.id).values(lasting))
        return held.slot
    await connection.execute(delete(claims).where(claims.c.id == held.id))
    await connection.execute(delete(lapsed_holds).where(lapsed_holds.c.id == held.id))
    room = await room_for(connection, held.slot, now=now, by=by)
    return await take(connection, held.id, room, conversation_id=held.conversation_id, expires_at=None, now=now)


async def _appointment(
    connection: AsyncConnection, held: Claim, slot: Slot, values: dict[str, Any], *, now: datetime
) -> Appointment:
    values = values | {
        "id": held.id,
        "claim_id": held.id,
        "state": "da_erogare",
        "service_id": slot.service_id,
        "site_id": slot.site_id,
        "desk_id": slot.desk_id,
        "mode": slot.mode,
        "starts": slot.starts,
        "ends": slot.ends,
        "created_at": now,
        "changed_at": now,
    }
    row = None
    while row is None:
        # A code that somebody has already: another is drawn.
        numbered = {"code": new_code()} | values
        adding = pg_insert(appointments).values(numbered)
        unused = adding.on_conflict_do_nothing(
            index_elements=[appointments.c.code], index_where=appointments.c.state == "da_erogare"
        )
        row = (await connection.execute(unused.returning(appointments))).mappings().one_or_none()
    made = appointment_of(row)
    await reminders.plan(connection, made, now=now)
    await _accept_offer_of(connection, held.id, now=now)
    return made


async def _accept_offer_of(connection: AsyncConnection, hold_id: UUID, *, now: datetime) -> None:
    """If the place was offered, the wait is over; whatever else was offered for it is free again."""
    query = select(offers.c.waiting_id).where(offers.c.hold_id == hold_id)
    wait = (await connection.execute(query)).scalar_one_or_none()
    if wait is None:
        return
    # The wait before its offers, as everywhere.
    ended = {"ended_at": now, "citizen": None}
    await connection.execute(update(waiting).where(waiting.c.id == wait, waiting.c.ended_at.is_(None)).values(ended))
    await connection.execute(update(offers).where(offers.c.hold_id == hold_id).values(answer="accepted"))
    others = update(offers).where(offers.c.waiting_id == wait, offers.c.answer.is_(None)).values(answer="declined")
    for row in await connection.execute(others.returning(offers.c.hold_id)):
        await release(connection, row.hold_id)

"""Holding a slot for the person who is deciding, and giving it back."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.model import Actor, Hold, Slot, SlotTakenError
from bot.agenda.places import Claim, has_place, room_for, slot_of, take
from bot.agenda.tables import claims, desks, lapsed_holds
from bot.agenda.transactions import lock
from bot.settings import get_settings

FORGET = text("""
WITH expired AS (DELETE FROM agenda_claims WHERE expires_at < :before)
DELETE FROM agenda_lapsed_holds WHERE created_at < :before
""")


async def hold(
    connection: AsyncConnection, conversation_id: UUID, slot: Slot, *, now: datetime, by: Actor = "citizen"
) -> Hold:
    """As the protocol's method."""
    room = await room_for(connection, slot, now=now, by=by)
    await lock(connection, conversation_id, ())
    held = await holds_of(connection, conversation_id)
    again = any(_same(one.slot, slot) for one in held)
    # Most who come too late learn it here, without waiting in line for the site.
    if not again and not await has_place(connection, room, conversation_id=conversation_id, now=now):
        raise SlotTakenError
    await lock(connection, None, {slot.site_id} | {one.slot.site_id for one in held})
    # The desk may have been closed while this waited for the site.
    room = await room_for(connection, slot, now=now, by=by)
    same = None
    for one in await holds_of(connection, conversation_id):
        if _same(one.slot, slot):
            same = one
        elif not one.offered:
            await release(connection, one.id)
    expires_at = now + timedelta(minutes=get_settings().hold_minutes)
    if same is not None:
        return await _renewed(connection, same, expires_at, now=now)
    await connection.execute(delete(lapsed_holds).where(lapsed_holds.c.conversation_id == conversation_id))
    hold_id = uuid4()
    taken = await take(connection, hold_id, room, conversation_id=conversation_id, expires_at=expires_at, now=now)
    return Hold(id=hold_id, slot=taken, expires_at=expires_at)


async def holds_of(connection: AsyncConnection, conversation_id: UUID) -> list[Claim]:
    """What is held for a conversation, offers from the waiting list included; also what expired and nobody took."""
    query = (
        select(
            claims,
            desks.c.site_id,
            func.lower(claims.c.during).label("starts"),
            func.upper(claims.c.during).label("ends"),
        )
        .join(desks, desks.c.id == claims.c.desk_id)
        .where(claims.c.conversation_id == conversation_id, claims.c.expires_at.is_not(None))
    )
    return [
        Claim(
            id=row["id"],
            slot=slot_of(row),
            conversation_id=conversation_id,
            expires_at=row["expires_at"],
            offered=row["offered"],
            present=True,
        )
        for row in (await connection.execute(query)).mappings()
    ]


async def release(connection: AsyncConnection, hold_id: UUID) -> None:
    """As the protocol's method."""
    await connection.execute(delete(claims).where(claims.c.id == hold_id, claims.c.expires_at.is_not(None)))
    await connection.execute(delete(lapsed_holds).where(lapsed_holds.c.id == hold_id))


async def forget_expired(connection: AsyncConnection, *, now: datetime) -> None:
    """Throw away holds that expired a day ago or more; for a worker, now and then."""
    await connection.execute(FORGET, {"before": now - timedelta(days=1)})


async def _renewed(connection: AsyncConnection, held: Claim, expires_at: datetime, *, now: datetime) -> Hold:
    if held.offered and held.expires_at is not None and held.expires_at > now:
        # The waiting list gave it, for longer and until the moment the person was told.
        return Hold(id=held.id, slot=held.slot, expires_at=held.expires_at)
    kept = {"expires_at": expires_at, "offered": False}
    await connection.execute(update(claims).where(claims.c.id == held.id).values(kept))
    return Hold(id=held.id, slot=held.slot, expires_at=expires_at)


def _same(held: Slot, asked: Slot) -> bool:
    # Desks of a site are the same to people.
    return replace(held, desk_id=asked.desk_id, ends=asked.ends) == asked

"""The waiting list: whoever waits longest is offered the first place that fits, held for them until they answer.

The row of a wait is locked before its offers are changed, so that an offer has one fate.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import Row, RowMapping, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import booking
from bot.agenda.availability import free_slots
from bot.agenda.calendar import local_day
from bot.agenda.citizens import opened, sealed
from bot.agenda.holds import release
from bot.agenda.model import Appointment, Citizen, Hold, NotFoundError, Offer, Slot, SlotQuery, SlotTakenError, Waiting
from bot.agenda.places import read_claim, room_for, take
from bot.agenda.records import belongs_also_to, belongs_to
from bot.agenda.tables import appointments, offers, waiting
from bot.agenda.transactions import lock, try_lock
from bot.settings import get_settings

BATCH = 20
"""Offers made at once: each keeps a site locked until the caller's transaction ends."""
PLACES_TRIED = 5

_query = TypeAdapter(SlotQuery)


async def join(
    connection: AsyncConnection, conversation_id: UUID, query: SlotQuery, citizen: Citizen, *, now: datetime
) -> Waiting:
    """As the protocol's `join_waiting_list`. A second time, the person's data are those given last."""
    await lock(connection, conversation_id, ())
    wish = _query.dump_python(query, mode="json", exclude={"now"})
    same = (
        update(waiting)
        .where(waiting.c.conversation_id == conversation_id, waiting.c.ended_at.is_(None), waiting.c.wish == wish)
        .values(citizen=sealed(citizen))
        .returning(waiting)
    )
    row = (await connection.execute(same)).mappings().first()
    if row is None:
        values = {
            "id": uuid4(),
            "conversation_id": conversation_id,
            "service_id": query.service_id,
            "wish": wish,
            "citizen": sealed(citizen),
            "created_at": now,
        }
        row = (await connection.execute(insert(waiting).values(values).returning(waiting))).mappings().one()
    return _waiting(row)


async def leave(connection: AsyncConnection, conversation_id: UUID, *, now: datetime) -> int:
    """As the protocol's `leave_waiting_list`. Places being offered are free again."""
    await lock(connection, conversation_id, ())
    ending = (
        update(waiting)
        .where(waiting.c.conversation_id == conversation_id, waiting.c.ended_at.is_(None))
        .values(ended_at=now, citizen=None)
        .returning(waiting.c.id)
    )
    ended = [row.id for row in await connection.execute(ending)]
    live = update(offers).where(offers.c.waiting_id.in_(ended), offers.c.answer.is_(None))
    for row in await connection.execute(live.values(answer="declined").returning(offers.c.hold_id)):
        await release(connection, row.hold_id)
    return len(ended)


async def accept(connection: AsyncConnection, offer_id: UUID, *, now: datetime, by: UUID | None = None) -> Appointment:
    """As the protocol's `accept_offer`. An offer that expired is good as long as the place is free."""
    seen = await _offer_and_wait(connection, offer_id)
    await lock(connection, seen.conversation_id, {seen.site_id})
    offer = await _offer_and_wait(connection, offer_id, locked=True)
    if offer.answer == "declined" or (offer.ended_at and offer.answer != "accepted"):
        raise NotFoundError(str(offer_id))
    try:
        # Accepted already, the person is forgotten and not needed: what was made then is given again.
        made = await booking.confirm(connection, offer.hold_id, opened(offer.citizen) or Citizen(name=""), now=now)
    except NotFoundError:
        raise SlotTakenError from None
    if by is not None and by != made.conversation_id:
        await belongs_also_to(connection, made.id, by, now=now)
    return made


async def decline(connection: AsyncConnection, offer_id: UUID) -> None:
    """As the protocol's `decline_offer`. Raises `NotFoundError` when it was accepted."""
    offer = await _offer_and_wait(connection, offer_id, locked=True)
    if offer.answer == "accepted":
        raise NotFoundError(str(offer_id))
    await connection.execute(update(offers).where(offers.c.id == offer_id).values(answer="declined"))
    await release(connection, offer.hold_id)


async def give_back(connection: AsyncConnection, hold_id: UUID) -> None:
    """As the protocol's `release`. To give back what was offered is to decline it."""
    query = select(offers.c.id).where(offers.c.hold_id == hold_id, offers.c.answer.is_(None))
    offer_id = (await connection.execute(query)).scalar_one_or_none()
    if offer_id is None:
        await release(connection, hold_id)
    else:
        with suppress(NotFoundError):  # accepted between the two
            await decline(connection, offer_id)


async def next_offers(connection: AsyncConnection, now: datetime, *, limit: int = BATCH) -> list[Offer]:
    """Offer free places to those waiting, in turn; for a worker, which tells them in the same transaction.

    Each gets one offer at a time, and never a place (site and start) they were offered before. Offers not answered in
    time are closed. Never waits for a lock: what others are busy with is left for the next time.
    """
    in_turn = (
        select(waiting)
        .where(waiting.c.ended_at.is_(None))
        .order_by(waiting.c.created_at, waiting.c.id)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(in_turn)).mappings().all()
    await _close_expired(connection, [row["id"] for row in rows], now=now)
    made: list[Offer] = []
    for row in rows:
        if len(made) == limit:
            break
        if offer := await _offer_to(connection, row, now=now):
            made.append(offer)
    return made


async def open_offer(connection: AsyncConnection, offer_id: UUID, *, now: datetime) -> tuple[Hold, Citizen] | None:
    """What an offer holds, and for whom, while its answer is waited for; None when that is over."""
    query = (
        select(offers.c.hold_id, offers.c.expires_at, waiting.c.citizen)
        .join(waiting, waiting.c.id == offers.c.waiting_id)
        .where(offers.c.id == offer_id, offers.c.answer.is_(None), offers.c.expires_at > now)
    )
    row = (await connection.execute(query)).one_or_none()
    claim = await read_claim(connection, row.hold_id) if row is not None else None
    citizen = opened(row.citizen) if row is not None else None
    if row is None or claim is None or citizen is None:
        return None
    return Hold(id=claim.id, slot=claim.slot, expires_at=row.expires_at), citizen


async def _close_expired(connection: AsyncConnection, waits: list[UUID], *, now: datetime) -> None:
    late = update(offers).where(offers.c.waiting_id.in_(waits), offers.c.answer.is_(None), offers.c.expires_at <= now)
    await connection.execute(late.values(answer="expired"))


async def _offer_to(connection: AsyncConnection, row: RowMapping, *, now: datetime) -> Offer | None:
    wait = _waiting(row)
    if wait.last_day and wait.last_day < local_day(now):
        ended = {"ended_at": now, "citizen": None}
        await connection.execute(update(waiting).where(waiting.c.id == wait.id).values(ended))
        return None
    if await _served(connection, wait, now=now):
        return None
    until = now + timedelta(minutes=get_settings().offer_minutes)
    query = _query.validate_python({**row["wish"], "now": now})
    before = await _offered_before(connection, wait)
    for slot in await free_slots(connection, query, limit=PLACES_TRIED, not_before=until, leave_out=before):
        if held := await _held(connection, wait, slot, until, now=now):
            offer = Offer(id=uuid4(), waiting=wait, hold=held)
            values = {"id": offer.id, "waiting_id": wait.id, "hold_id": held.id, "site_id": slot.site_id}
            when = {"starts": slot.starts, "expires_at": until, "created_at": now}
            await connection.execute(insert(offers).values(values | when))
            return offer
    return None


async def _served(connection: AsyncConnection, wait: Waiting, *, now: datetime) -> bool:
    """Whether they have an offer to answer, or that service booked already."""
    asked = exists().where(offers.c.waiting_id == wait.id, offers.c.answer.is_(None))
    booked = exists().where(
        belongs_to(wait.conversation_id),
        appointments.c.service_id == wait.service_id,
        appointments.c.state == "da_erogare",
        appointments.c.ends > now,
    )
    return bool((await connection.execute(select(asked | booked))).scalar_one())


async def _offered_before(connection: AsyncConnection, wait: Waiting) -> set[tuple[str, datetime]]:
    query = (
        select(offers.c.site_id, offers.c.starts)
        .join(waiting, waiting.c.id == offers.c.waiting_id)
        .where(waiting.c.conversation_id == wait.conversation_id, waiting.c.service_id == wait.service_id)
    )
    return {(row.site_id, row.starts) for row in await connection.execute(query)}


async def _held(
    connection: AsyncConnection, wait: Waiting, slot: Slot, until: datetime, *, now: datetime
) -> Hold | None:
    if not await try_lock(connection, wait.conversation_id, {slot.site_id}):
        return None
    hold_id, room = uuid4(), await room_for(connection, slot, now=now)
    try:
        taken = await take(
            connection, hold_id, room, conversation_id=wait.conversation_id, expires_at=until, now=now, offered=True
        )
    except SlotTakenError:
        return None  # between looking and locking
    return Hold(id=hold_id, slot=taken, expires_at=until)


async def _offer_and_wait(
    connection: AsyncConnection, offer_id: UUID, *, locked: bool = False
) -> "Row[*tuple[Any, ...]]":
    if locked:
        wait = select(offers.c.waiting_id).where(offers.c.id == offer_id).scalar_subquery()
        await connection.execute(select(waiting.c.id).where(waiting.c.id == wait).with_for_update())
    query = (
        select(
            offers.c.hold_id,
            offers.c.site_id,
            offers.c.answer,
            waiting.c.conversation_id,
            waiting.c.citizen,
            waiting.c.ended_at,
        )
        .join(waiting, waiting.c.id == offers.c.waiting_id)
        .where(offers.c.id == offer_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError(str(offer_id))
    return row


def _waiting(row: RowMapping) -> Waiting:
    wish = _query.validate_python({**row["wish"], "now": row["created_at"]})
    return Waiting(
        id=row["id"],
        conversation_id=row["conversation_id"],
        service_id=wish.service_id,
        site_ids=wish.site_ids,
        modes=wish.modes,
        last_day=wish.last_day,
        created_at=row["created_at"],
    )

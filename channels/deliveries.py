"""What became of each part of a message: noted before the provider is called, after it, and when receipts come.

Notes are made in transactions of their own, and a note never takes back what a receipt said meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.addresses import Address
from bot.storage.tables import addresses, deliveries, messages, outbox
from channels.sender import Sent

RANK = {"queued": 1, "sent": 2, "failed": 3, "undeliverable": 3, "delivered": 4, "read": 5}
"""Of receipts that contradict each other the greater counts; one not greater than what is known changes nothing."""
OPEN = frozenset({"sending", "again", "unknown"})
"""States that any receipt settles."""
OVER = frozenset(RANK) | {"unknown"}
"""States of a part that is not sent (again)."""
LEFT = frozenset({"queued", "sent", "delivered", "read"})
REFUSED = frozenset({"failed", "undeliverable"})


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One part of a message on its way. `state` is what was known of it before; "" when it is new."""

    id: UUID
    state: str
    attempts: int
    started_at: datetime


async def begin(engine: AsyncEngine, message_id: UUID, number: int, address: Address) -> Delivery:
    """Note that this part is being sent, before it is, unless an earlier attempt left something to find out first."""
    mine = (deliveries.c.message_id == message_id, deliveries.c.part == number)
    columns = (deliveries.c.id, deliveries.c.state, deliveries.c.attempts, deliveries.c.started_at)
    async with engine.begin() as connection:
        known = (await connection.execute(select(*columns).where(*mine).with_for_update())).one_or_none()
        if known is None:
            row = {"id": uuid4(), "message_id": message_id, "part": number, "state": "sending"}
            row |= {"channel": address.channel, "address_id": address.id}
            made = (await connection.execute(insert(deliveries).values(**row).returning(*columns))).one()
            return Delivery(id=made.id, state="", attempts=made.attempts, started_at=made.started_at)
        if known.state == "again":
            values = {"state": "sending", "started_at": func.clock_timestamp(), "attempts": deliveries.c.attempts + 1}
            await connection.execute(update(deliveries).where(*mine).values(**values))
            started = (await connection.execute(select(*columns).where(*mine))).one()
            return Delivery(id=started.id, state="", attempts=started.attempts, started_at=started.started_at)
    return Delivery(id=known.id, state=known.state, attempts=known.attempts, started_at=known.started_at)


async def note(engine: AsyncEngine, delivery: Delivery, state: str, **values: Any) -> str:
    """Note how an attempt ended, unless a receipt told better meanwhile; returns what now holds."""
    async with engine.begin() as connection:
        mine = deliveries.c.id == delivery.id
        values |= {"state": state, "changed_at": func.clock_timestamp()}
        await connection.execute(update(deliveries).where(mine, deliveries.c.state == "sending").values(**values))
        found = await connection.execute(select(deliveries.c.state).where(mine))
        return str(found.scalar_one_or_none() or state)


async def left(engine: AsyncEngine, delivery: Delivery, sent: Sent) -> str:
    """Note that the provider has it, under which id; a receipt that came before this keeps its state."""
    async with engine.begin() as connection:
        values = {
            "state": case((deliveries.c.state.in_(OPEN), literal(sent.state)), else_=deliveries.c.state),
            "provider_id": sent.provider_id,
            "segments": func.coalesce(sent.segments, deliveries.c.segments),
            "error": case((deliveries.c.state.in_(OPEN), None), else_=deliveries.c.error),
            "error_code": case((deliveries.c.state.in_(OPEN), None), else_=deliveries.c.error_code),
            "changed_at": func.clock_timestamp(),
        }
        statement = update(deliveries).where(deliveries.c.id == delivery.id).values(**values)
        found = await connection.execute(statement.returning(deliveries.c.state))
        return str(found.scalar_one_or_none() or sent.state)


async def not_sent(connection: AsyncConnection, message_id: UUID, number: int, state: str, code: str, why: str) -> None:
    """Record why a part was not even tried."""
    row = {"id": uuid4(), "message_id": message_id, "part": number, "channel": ""}
    row |= {"state": state, "error_code": code, "error": why}
    statement = pg_insert(deliveries).values(**row)
    again = {name: statement.excluded[name] for name in ("state", "error_code", "error")}
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["message_id", "part"], set_=again, where=deliveries.c.state.in_(("sending", "again"))
        )
    )


async def provider_ids(engine: AsyncEngine, delivery: Delivery, address: Address) -> frozenset[str]:
    """The provider's ids of everything else sent to this address since shortly before this attempt."""
    query = select(deliveries.c.provider_id).where(
        deliveries.c.address_id == address.id,
        deliveries.c.provider_id.is_not(None),
        deliveries.c.id != delivery.id,
        deliveries.c.started_at > delivery.started_at - func.make_interval(0, 0, 0, 1),
    )
    async with engine.connect() as connection:
        return frozenset((await connection.execute(query)).scalars())


async def over(connection: AsyncConnection, message_id: UUID, *, rest: tuple[UUID, int, int] | None) -> None:
    """A message has nothing more to send now: off the outbox, and its state is that of its parts.

    `rest`: the address that may ask for the rest, the character where it begins, the number of its first part.
    """
    await _lock(connection, message_id)
    gone = delete(outbox).where(outbox.c.message_id == message_id).returning(outbox.c.conversation_id)
    conversation_id = (await connection.execute(gone)).scalar_one()
    # What was said before is not gone on with any more.
    mine = addresses.c.conversation_id == conversation_id
    await connection.execute(update(addresses).where(mine).values(more_message_id=None))
    if rest is not None:
        address_id, more_from, more_part = rest
        values = {"more_message_id": message_id, "more_from": more_from, "more_part": more_part}
        await connection.execute(update(addresses).where(addresses.c.id == address_id).values(**values))
    await _sum_up(connection, message_id)


async def receive(
    connection: AsyncConnection,
    *,
    channel: str,
    provider_id: str,
    state: str,
    reference: UUID | None = None,
    error_code: str | None = None,
) -> UUID | None:
    """A receipt. Returns the message it is about, only when it told something new.

    `reference`: our own id of the delivery, when the provider gives it back: the receipt may be quicker than the answer to
    the request it is about.
    """
    by_id = (deliveries.c.channel == channel) & (deliveries.c.provider_id == provider_id)
    if reference is not None:
        by_id |= (deliveries.c.id == reference) & deliveries.c.provider_id.is_(None) & (deliveries.c.channel == channel)
    about = (
        await connection.execute(select(deliveries.c.id, deliveries.c.message_id).where(by_id).limit(1))
    ).one_or_none()
    if about is None:
        return None
    await _lock(connection, about.message_id)
    mine = deliveries.c.id == about.id
    known = (await connection.execute(select(deliveries.c.state).where(mine).with_for_update())).scalar_one()
    if known not in OPEN and RANK[state] <= RANK[known]:
        return None
    values: dict[str, Any] = {"state": state, "provider_id": provider_id, "changed_at": func.clock_timestamp()}
    values |= {"error_code": error_code, "error": None}
    await connection.execute(update(deliveries).where(mine).values(**values))
    waiting = select(outbox.c.message_id).where(outbox.c.message_id == about.message_id)
    if (await connection.execute(waiting)).first() is None:
        await _sum_up(connection, about.message_id)
    message_id: UUID = about.message_id
    return message_id


async def _lock(connection: AsyncConnection, message_id: UUID) -> None:
    """Who sums up a message's parts is alone in doing so."""
    await connection.execute(select(messages.c.id).where(messages.c.id == message_id).with_for_update(key_share=True))


async def _sum_up(connection: AsyncConnection, message_id: UUID) -> None:
    """A message is as far as the part that is least far; one that failed, or is uncertain, says so."""
    found = await connection.execute(select(deliveries.c.state).where(deliveries.c.message_id == message_id))
    states = set(found.scalars())
    bad = next((state for state in ("failed", "undeliverable", "unknown") if state in states), None)
    least = min((state for state in states if state in RANK), key=lambda state: RANK[state], default="stored")
    await connection.execute(update(messages).where(messages.c.id == message_id).values(delivery=bad or least))

"""People's addresses on channels: stored sealed, found by a keyed hash; the rest of the system sees the conversation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.stopped import ADDRESS, forget_stop, stopped_since
from bot.privacy.sealing import fingerprint, fingerprints, seal, unseal
from bot.storage.tables import addresses, conversations

PURPOSE = ADDRESS


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address, opened. `value` is a chat id or a telephone number in E.164: never logged."""

    id: UUID
    channel: str
    value: str
    conversation_id: UUID
    opted_out_at: datetime | None
    blocked_at: datetime | None
    last_inbound_at: datetime | None

    def __repr__(self) -> str:
        return f"Address({self.id}, {self.channel})"


# Every message asks these: composed once.
_FIND = (
    select(addresses)
    .where(
        addresses.c.channel == bindparam("channel"),
        addresses.c.address_hash.in_(bindparam("known", expanding=True)),
    )
    .limit(1)
)
_WROTE = (
    update(addresses).where(addresses.c.id == bindparam("address")).values(last_inbound_at=func.now(), blocked_at=None)
)


async def conversation_at(connection: AsyncConnection, channel: str, value: str) -> tuple[Address, bool]:
    """The address and its conversation, opened when it is new; and whether it is new.

    Two messages of a new address arriving together make one conversation: the second waits for the first.
    """
    found = await find(connection, channel, value)
    if found is not None:
        return found, False
    conversation_id = uuid4()
    await connection.execute(insert(conversations).values(id=conversation_id, channel=channel))
    row = pg_insert(addresses).values(
        id=uuid4(),
        channel=channel,
        address_hash=fingerprint(PURPOSE, f"{channel}:{value}"),
        sealed=seal(value),
        conversation_id=conversation_id,
        # Erased once, after a STOP that still counts.
        opted_out_at=await stopped_since(connection, channel, value),
    )
    made = (await connection.execute(row.on_conflict_do_nothing().returning(addresses.c.id))).scalar_one_or_none()
    if made is None:
        await connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
    found = await find(connection, channel, value)
    assert found is not None
    return found, made is not None


async def find(connection: AsyncConnection, channel: str, value: str) -> Address | None:
    """The address if it ever wrote."""
    known = fingerprints(PURPOSE, f"{channel}:{value}")
    row = (await connection.execute(_FIND, {"channel": channel, "known": known})).mappings().one_or_none()
    return _address(row) if row else None


async def addresses_of(connection: AsyncConnection, conversation_id: UUID) -> list[Address]:
    """The addresses of a conversation, the one that wrote last first."""
    query = (
        select(addresses)
        .where(addresses.c.conversation_id == conversation_id)
        .order_by(addresses.c.last_inbound_at.desc().nulls_last())
    )
    return [_address(row) for row in (await connection.execute(query)).mappings()]


async def wrote(connection: AsyncConnection, address_id: UUID) -> None:
    """The person wrote just now: the window is open, and whoever writes has not blocked us."""
    await connection.execute(_WROTE, {"address": address_id})


async def opt_out(connection: AsyncConnection, address_id: UUID, *, out: bool) -> None:
    """STOP, or START again."""
    value = func.now() if out else None
    changing = update(addresses).where(addresses.c.id == address_id).values(opted_out_at=value)
    row = (await connection.execute(changing.returning(addresses.c.channel, addresses.c.sealed))).one_or_none()
    if row is not None and not out:
        await forget_stop(connection, row.channel, unseal(row.sealed))


async def block(connection: AsyncConnection, address_id: UUID) -> None:
    """The provider says that this person does not want to be written to, or that the address does not exist."""
    await connection.execute(update(addresses).where(addresses.c.id == address_id).values(blocked_at=func.now()))


def _address(row) -> Address:  # type: ignore[no-untyped-def]
    return Address(
        id=row["id"],
        channel=row["channel"],
        value=unseal(row["sealed"]),
        conversation_id=row["conversation_id"],
        opted_out_at=row["opted_out_at"],
        blocked_at=row["blocked_at"],
        last_inbound_at=row["last_inbound_at"],
    )

"""Who said STOP and was then erased: only the keyed hash of the address is kept, so that nobody writes to them first again.

Without the secret nobody can tell whose it is, nor try numbers out. It goes when the person says START.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.sealing import fingerprints
from bot.storage.tables import addresses, metadata

ADDRESS = "channel address"
"""The purpose under which addresses are hashed."""

stopped_addresses = Table(
    "stopped_addresses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address_hash", LargeBinary, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)


async def remember_stops(connection: AsyncConnection, conversation_ids: Sequence[UUID]) -> int:
    """Keep the hashes of the addresses of these conversations that said STOP, before they are erased; how many."""
    said = (addresses.c.conversation_id.in_(conversation_ids), addresses.c.opted_out_at.is_not(None))
    columns = ("channel", "address_hash", "since")
    theirs = select(addresses.c.channel, addresses.c.address_hash, addresses.c.opted_out_at).where(*said)
    count = (await connection.execute(select(func.count()).select_from(addresses).where(*said))).scalar_one()
    await connection.execute(insert(stopped_addresses).from_select(columns, theirs).on_conflict_do_nothing())
    return int(count)


async def stopped_since(connection: AsyncConnection, channel: str, value: str) -> datetime | None:
    """When whoever has this address said STOP, before they were erased; None when they did not."""
    query = select(func.min(stopped_addresses.c.since)).where(*_is(channel, value))
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def forget_stop(connection: AsyncConnection, channel: str, value: str) -> None:
    """They said START."""
    await connection.execute(delete(stopped_addresses).where(*_is(channel, value)))


def _is(channel: str, value: str):  # type: ignore[no-untyped-def]
    hashes = fingerprints(ADDRESS, f"{channel}:{value}")
    return stopped_addresses.c.channel == channel, stopped_addresses.c.address_hash.in_(hashes)

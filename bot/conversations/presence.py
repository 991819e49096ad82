"""Whose turn it is in a conversation, and who is writing just now. Nothing here is kept for long.

`operator_types` and `citizen_types` also tell whoever is listening. Lengths are in seconds from now, so that no clock
but the database's is asked.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID
from zlib import crc32

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.store import NEW_MESSAGES
from bot.storage.tables import conversations

TYPING_SECONDS = 6.0


@dataclass(frozen=True, kw_only=True)
class Presence:
    """`owner` answers the next message; an operator may have a name, and may be writing for some seconds more."""

    owner: Literal["bot", "operator"]
    operator: str | None
    typing: float
    version: str
    """Changes when the rest does, but for seconds that pass."""


async def presence_of(connection: AsyncConnection, conversation_id: UUID) -> Presence | None:
    """The conversation as it is now; None when there is none."""
    left = func.extract("epoch", conversations.c.operator_typing_until - func.clock_timestamp())
    query = select(
        conversations.c.owner, conversations.c.operator_name, conversations.c.operator_typing_until, left.label("left")
    ).where(conversations.c.id == conversation_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    human = row.owner == "operator"
    typing = max(0.0, float(row.left)) if human and row.left is not None else 0.0
    until = row.operator_typing_until.timestamp() if typing else 0
    return Presence(
        owner=row.owner,
        operator=row.operator_name if human else None,
        typing=typing,
        version=f"{row.owner}-{crc32((row.operator_name or '').encode()):x}-{until:.1f}",
    )


async def operator_types(connection: AsyncConnection, conversation_id: UUID) -> None:
    """The operator is writing, for some seconds from now; call it again while they go on."""
    await _types(connection, conversation_id, "operator_typing_until")


async def citizen_types(connection: AsyncConnection, conversation_id: UUID) -> None:
    """The citizen is writing, for some seconds from now."""
    await _types(connection, conversation_id, "citizen_typing_until")


async def _types(connection: AsyncConnection, conversation_id: UUID, which: str) -> None:
    until = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, TYPING_SECONDS)
    await connection.execute(update(conversations).where(conversations.c.id == conversation_id).values({which: until}))
    await tell(connection, conversation_id)


async def tell(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Wake whoever follows the conversation, when the transaction commits: its turn, or its end, has changed."""
    await connection.execute(select(func.pg_notify(NEW_MESSAGES, str(conversation_id))))

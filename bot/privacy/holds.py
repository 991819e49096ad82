"""Legal holds: conversations that must be kept for now, whoever asks for their erasure and however old they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.tables import legal_holds
from bot.storage.tables import conversations


class HeldError(Exception):
    """Some of what was to be erased is held; `conversations` says which."""

    def __init__(self, held: Sequence[UUID]) -> None:
        super().__init__(", ".join(map(str, held)))
        self.conversations = held


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why, by whom and since when a conversation is held."""

    conversation_id: UUID
    reason: str
    placed_by: str
    placed_at: datetime


async def place_hold(connection: AsyncConnection, conversation_id: UUID, *, reason: str, by: str) -> bool:
    """Hold a conversation; again changes only the reason. False when there is no such conversation."""
    if not reason.strip():
        raise ValueError("a hold needs a reason")
    known = select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update(key_share=True)
    if (await connection.execute(known)).first() is None:
        return False
    row = insert(legal_holds).values(conversation_id=conversation_id, reason=reason.strip(), placed_by=by)
    again = {"reason": row.excluded.reason, "placed_by": row.excluded.placed_by}
    await connection.execute(row.on_conflict_do_update(index_elements=["conversation_id"], set_=again))
    return True


async def lift_hold(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Let it go; whether it was held."""
    gone = delete(legal_holds).where(legal_holds.c.conversation_id == conversation_id)
    return bool((await connection.execute(gone)).rowcount)


async def holds_among(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Hold]:
    """Those of these conversations that are held."""
    query = select(legal_holds).where(legal_holds.c.conversation_id.in_(list(ids)))
    return {row["conversation_id"]: Hold(**row) for row in (await connection.execute(query)).mappings()}


async def is_held(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Whether this one is."""
    return bool(await holds_among(connection, [conversation_id]))

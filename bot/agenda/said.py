"""What a message written first is about, kept beside it: what cannot be seen in its words or buttons."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import said

Kind = Literal["freed_place", "missed"]


@dataclass(frozen=True)
class About:
    """A place that freed up, by its offer; or an appointment nobody came to."""

    kind: Kind
    id: UUID


async def keep_said(connection: AsyncConnection, message_id: UUID, about: About) -> None:
    """Keep what a message is about, for as long as the message is there."""
    await connection.execute(insert(said).values(message_id=message_id, kind=about.kind, about=about.id))


async def said_about(connection: AsyncConnection, message_id: UUID) -> About | None:
    """What a message is about, if it was kept."""
    row = (await connection.execute(select(said.c.kind, said.c.about).where(said.c.message_id == message_id))).first()
    return About(row.kind, row.about) if row is not None else None

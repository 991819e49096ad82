"""Noting what was not there, once a day for each person and thing."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import ROME
from bot.demand.model import Lack
from bot.demand.tables import unmet_demand


async def note_lacks(connection: AsyncConnection, conversation_id: UUID, lacks: Iterable[Lack], *, at: datetime) -> int:
    """Keep what was not there; told again on the same day it is not kept twice. Returns how many were new."""
    rows = [
        {"id": uuid4(), "at": at, "day": at.astimezone(ROME).date(), "conversation_id": conversation_id} | asdict(lack)
        for lack in lacks
    ]
    if not rows:
        return 0
    made = insert(unmet_demand).values(rows).on_conflict_do_nothing().returning(unmet_demand.c.id)
    return len((await connection.execute(made)).all())

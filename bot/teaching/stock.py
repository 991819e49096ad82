"""The models there are, the newest first, and where they are served."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.launch.model import program
from bot.settings import Settings
from bot.teaching.live import live_choice, previous_model
from bot.teaching.model_tables import models, runs, servers
from bot.teaching.runs import DEAD_AFTER


@dataclass(frozen=True, kw_only=True)
class Stocked:
    """A model whose file is kept. `compared`: its last comparison with the live one, if there was any."""

    id: str
    trained_at: datetime
    examples: int
    topics: int
    fits: bool
    is_live: bool
    is_previous: bool
    compared: dict[str, Any] | None


async def stocked(connection: AsyncConnection, settings: Settings) -> list[Stocked]:
    """Every model that is kept."""
    now, previous = await live_choice(connection), await previous_model(connection)
    last = (
        select(runs.c.model_id, func.max(runs.c.ended_at).label("at"))
        .where(runs.c.state == "done", runs.c.live_id == (now.model_id if now else None))
        .group_by(runs.c.model_id)
        .subquery()
    )
    query = (
        select(models, runs.c.id.label("run"), runs.c.regression)
        .outerjoin(last, last.c.model_id == models.c.id)
        .outerjoin(runs, (runs.c.model_id == last.c.model_id) & (runs.c.ended_at == last.c.at))
        .where(models.c.removed_at.is_(None))
        .order_by(models.c.trained_at.desc())
    )
    own = program(settings)
    return [
        Stocked(
            id=row.id,
            trained_at=row.trained_at,
            examples=row.examples,
            topics=len(row.topics),
            fits=row.program == own,
            is_live=now is not None and row.id == now.model_id,
            is_previous=row.id == previous,
            compared={"run": row.run, **row.regression} if row.regression else None,
        )
        for row in await connection.execute(query)
    ]


async def places_serving(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Each place that serves models and was heard of lately: `{place, model_id, step}`."""
    fresh = servers.c.seen_at > func.clock_timestamp() - DEAD_AFTER
    query = select(servers.c.place, servers.c.model_id, servers.c.step).where(fresh).order_by(servers.c.place)
    return [dict(row) for row in (await connection.execute(query)).mappings()]

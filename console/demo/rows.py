"""Everything a made-up month is, gathered row by row and stored at once, in an order the database accepts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments, claims, waiting
from bot.conversations.desk_tables import call_backs, handoff_steps, handoffs, promises
from bot.demand.tables import unmet_demand
from bot.storage.tables import (
    addresses,
    conversations,
    deliveries,
    feedback,
    incidents,
    messages,
    parses,
    private_answers,
)
from console.tables import notes, reads, tags, work

ORDER: tuple[Table, ...] = (
    conversations,
    addresses,
    messages,
    parses,
    private_answers,
    deliveries,
    feedback,
    incidents,
    claims,
    appointments,
    waiting,
    handoffs,
    handoff_steps,
    call_backs,
    promises,
    unmet_demand,
    work,
    notes,
    tags,
    reads,
)
BATCH = 2000


class Rows:
    """Rows by table. Those of one table have the same columns."""

    def __init__(self) -> None:
        self._of: dict[Table, list[dict[str, Any]]] = {table: [] for table in ORDER}

    def add(self, table: Table, **values: Any) -> None:
        """One more row."""
        self._of[table].append(values)

    def count(self, table: Table) -> int:
        """How many there are."""
        return len(self._of[table])

    def conversation_ids(self) -> list[UUID]:
        """The conversations, in the order they were made."""
        return [row["id"] for row in self._of[conversations]]

    async def store(self, connection: AsyncConnection) -> None:
        """Write all."""
        for table in ORDER:
            rows = self._of[table]
            for start in range(0, len(rows), BATCH):
                await connection.execute(insert(table), rows[start : start + BATCH])

"""Past messages of citizens, as the dialogue saw them, to try a new model on. They are read and kept nowhere else."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.masking import mask
from bot.storage.tables import messages, parses
from bot.teaching.comparison import Past

LATEST = 1000
"""So many different messages are replayed."""
READ_AT_MOST = 10_000


async def latest_distinct(connection: AsyncConnection, most: int = LATEST) -> list[Past]:
    """The latest different messages that were understood from their words: no buttons, no private answers."""
    query = (
        select(messages.c.id, messages.c.text)
        .join(parses, parses.c.message_id == messages.c.id)
        .where(messages.c.sender == "citizen", messages.c.payload.is_(None), messages.c.sealed.is_(None))
        .where(messages.c.text != "")
        .order_by(messages.c.created_at.desc())
        .limit(READ_AT_MOST)
    )
    rows = [(row.id, row.text) for row in await connection.execute(query)]
    return list(_distinct(rows, most))


def _distinct(rows: Iterable[tuple[UUID, str]], most: int) -> Iterator[Past]:
    first: dict[str, tuple[UUID, str]] = {}
    times: dict[str, int] = {}
    for message_id, text in rows:
        seen = mask(text)
        key = " ".join(seen.casefold().split())
        if key not in times and len(times) == most:
            continue
        first.setdefault(key, (message_id, seen))
        times[key] = times.get(key, 0) + 1
    for key, (message_id, seen) in first.items():
        yield Past(message_id=message_id, text=seen, times=times[key])

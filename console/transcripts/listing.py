"""One page of the list of conversations, the latest first, found fast however many there are.

Two ways to search for words: when few messages have them, from the index of words to their conversations; when many have,
from the latest conversation backwards until the page is full. The planner's own estimate chooses.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, column, literal_column, select, table, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.masking import mask
from console.harmless import harmless
from console.operators import Operator
from console.tables import summaries
from console.transcripts.filters import Filters, conditions
from console.transcripts.words import marked, query_of

PAGE = 50
MANY = 20_000
"""With more messages than these having the words, the latest conversations are looked through instead."""
SECONDS_AT_MOST = 8


class NothingToSearchError(Exception):
    """The words typed are too common or no words at all."""


@dataclass(frozen=True)
class Page:
    """Rows as the template shows them, and where the next page starts."""

    rows: list[dict[str, Any]]
    after: str


async def find(
    connection: AsyncConnection, filters: Filters, operator: Operator, *, after: str = "", most: int = PAGE
) -> tuple[list[UUID], str, str | None]:
    """The conversations of one page, where the next starts (empty: there is none), and the query for words.

    Raises `NothingToSearchError`.
    """
    await connection.execute(text(f"SET LOCAL statement_timeout = '{SECONDS_AT_MOST}s'"))
    # A plan for these very values, and without compiling it: the page is made in less time.
    await connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    await connection.execute(text("SET LOCAL jit = off"))
    words = None
    if filters.parole:
        words = await query_of(connection, filters.parole)
        if words is None:
            raise NothingToSearchError
    s = summaries.c
    query = select(s.conversation_id, s.last_message_at).where(conditions(filters, operator))
    if words is not None:
        query = query.where(await _having_words(connection, words))
    start = _position(after)
    if start:
        query = query.where(tuple_(s.last_message_at, s.conversation_id) < start)
    query = query.order_by(s.last_message_at.desc(), s.conversation_id.desc()).limit(most + 1)
    rows = (await connection.execute(query)).all()
    ids = [row.conversation_id for row in rows[:most]]
    last = rows[most - 1] if len(rows) > most else None
    return ids, f"{last.last_message_at.astimezone(UTC).isoformat()}_{last.conversation_id}" if last else "", words


def _position(after: str) -> tuple[datetime, UUID] | None:
    try:
        at, _, conversation_id = after.partition("_")
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), UUID(conversation_id)
    except ValueError:
        return None


async def _having_words(connection: AsyncConnection, words: str) -> Any:
    m = table("messages", column("conversation_id"), column("words"))
    fits = m.c.words.op("@@")(text("CAST(:words AS tsquery)").bindparams(words=words))
    explain = text("EXPLAIN (FORMAT JSON) SELECT 1 FROM messages WHERE words @@ CAST(:words AS tsquery)")
    plan = (await connection.execute(explain, {"words": words})).scalar_one()
    rows = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]
    if rows < MANY:
        hits = select(m.c.conversation_id).where(fits).distinct().cte("hits").prefix_with("MATERIALIZED")
        return summaries.c.conversation_id.in_(select(hits.c.conversation_id))
    # OFFSET keeps the planner from turning it round.
    each: Select[Any] = (
        select(literal_column("1")).select_from(m).where(m.c.conversation_id == summaries.c.conversation_id, fits)
    )
    return each.offset(text("0")).exists()


_ROWS = text("""
SELECT s.*, c.owner, c.operator_name, c.last_seq, last.text AS last_text, last.sender AS last_sender,
       hit.text AS hit_text, hit.sender AS hit_sender,
       extract(epoch FROM clock_timestamp() - waits.since) AS waiting_seconds,
       h.state AS handoff, extract(epoch FROM clock_timestamp() - h.requested_at) AS person_seconds,
       greatest(c.last_seq - coalesce(r.seq, 0), 0) AS unread,
       a.name AS assigned_name, rated.rating,
       ARRAY(SELECT tag FROM console_tags t WHERE t.conversation_id = s.conversation_id ORDER BY tag) AS tags
FROM unnest(:ids) WITH ORDINALITY AS wanted (id, place)
JOIN console_summaries s ON s.conversation_id = wanted.id
JOIN conversations c ON c.id = wanted.id
LEFT JOIN LATERAL (
    SELECT text, sender FROM messages WHERE conversation_id = c.id ORDER BY seq DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT text, sender FROM messages
    WHERE CAST(:words AS tsquery) IS NOT NULL AND conversation_id = c.id AND words @@ CAST(:words AS tsquery)
    ORDER BY seq DESC LIMIT 1
) hit ON true
LEFT JOIN LATERAL (
    SELECT min(created_at) AS since FROM messages
    WHERE conversation_id = c.id AND sender = 'citizen' AND answered_at IS NULL
) waits ON true
LEFT JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL
LEFT JOIN console_reads r ON r.conversation_id = c.id AND r.account_id = :account
LEFT JOIN console_work w ON w.conversation_id = c.id
LEFT JOIN console_accounts a ON a.id = w.assigned_to
LEFT JOIN feedback rated ON rated.conversation_id = c.id
ORDER BY wanted.place
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def page_of(connection: AsyncConnection, filters: Filters, operator: Operator, *, after: str = "") -> Page:
    """One page, personal data masked. Raises `NothingToSearchError`."""
    ids, next_after, words = await find(connection, filters, operator, after=after)
    values = {"ids": ids, "words": words, "account": operator.id}
    rows = [dict(row) for row in (await connection.execute(_ROWS, values)).mappings()]
    for row in rows:
        said, sender = row["last_text"] or "", row["last_sender"]
        if row["hit_text"] is not None:
            said, sender = row["hit_text"], row["hit_sender"]
        row["sender"] = sender
        row["pieces"] = marked(harmless(mask(said)), filters.parole if words else "")
    return Page(rows, next_after)

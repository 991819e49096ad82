"""One page of the list of conversations, the latest first, found fast however many there are.

Words are looked for in two ways: words that few messages have, in the index of words; words that many have, by reading
through the latest conversations, which fill the page soon. What is between takes both.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.masking import mask
from console.harmless import harmless
from console.operators import Operator
from console.tables import summaries
from console.transcripts.filters import Filters, conditions
from console.transcripts.words import marked, query_of

PAGE = 50
NEAR = 2000
"""So many of the latest conversations are read through."""
FEW = 2000
"""So many messages are taken from the index of words, wherever they are."""
MANY = 50_000
"""When the planner expects more messages than these, the index is not asked first."""
SECONDS_AT_MOST = 8
AROUND, SHORT = 90, 50
"""Characters shown of a message: on each side of the words found, and three times as many of one that is only the last."""


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
    start = _position(after)
    if start:
        query = query.where(tuple_(s.last_message_at, s.conversation_id) < start)
    rows = await _rows(connection, query, words, most + 1)
    last = rows[most - 1] if len(rows) > most else None
    next_after = f"{last.last_message_at.astimezone(UTC).isoformat()}_{last.conversation_id}" if last else ""
    return [row.conversation_id for row in rows[:most]], next_after, words


async def _rows(connection: AsyncConnection, query: Select[Any], words: str | None, most: int) -> Sequence[Row[Any]]:
    s = summaries.c
    latest = (s.last_message_at.desc(), s.conversation_id.desc())
    if words is None:
        return list(await connection.execute(query.order_by(*latest).limit(most)))
    common = await _likely(connection, words) > MANY
    if not common:
        few = select(_M.c.conversation_id).where(_fits(_M.c.words, words)).limit(FEW + 1)
        ids = list((await connection.execute(few)).scalars())
        common = len(ids) > FEW
    if not common:
        having = s.conversation_id == any_(literal(sorted(set(ids)), ARRAY(Uuid)))
        return list(await connection.execute(query.where(having).order_by(*latest).limit(most)))
    rows, looked = await _near(connection, query.order_by(*latest).limit(NEAR), words, most)
    if len(rows) == most or looked < NEAR:
        return rows
    hits = select(_M.c.conversation_id).where(_fits(_M.c.words, words)).distinct().cte("hits")
    hits = hits.prefix_with("MATERIALIZED")
    query = query.where(s.conversation_id.in_(select(hits.c.conversation_id)))
    return list(await connection.execute(query.order_by(*latest).limit(most)))


async def _near(
    connection: AsyncConnection, latest: Select[Any], words: str, most: int
) -> tuple[Sequence[Row[Any]], int]:
    """Those of the latest that have the words, and how many there were to look through."""
    recent = latest.cte("recent").prefix_with("MATERIALIZED")
    # OFFSET keeps the planner from asking the index of words for each conversation.
    said = select(_M.c.words).where(_M.c.conversation_id == recent.c.conversation_id).offset(0).subquery()
    having = select(literal_column("1")).select_from(said).where(_fits(said.c.words, words)).exists()
    order = (recent.c.last_message_at.desc(), recent.c.conversation_id.desc())
    found = select(recent).where(having).order_by(*order).limit(most).subquery()
    looked = select(func.count().label("looked")).select_from(recent).subquery()
    query = select(looked.c.looked, found).select_from(looked.outerjoin(found, true()))
    rows = (await connection.execute(query)).all()
    kept = [row for row in rows if row.conversation_id is not None]
    return sorted(kept, key=lambda row: (row.last_message_at, row.conversation_id), reverse=True), rows[0].looked


_M = table("messages", column("conversation_id"), column("words"))


def _fits(words: ColumnElement[Any], wanted: str) -> ColumnElement[bool]:
    return words.op("@@", is_comparison=True)(cast(wanted, TSQUERY))


async def _likely(connection: AsyncConnection, words: str) -> float:
    """How many messages the planner thinks have the words."""
    explain = text("EXPLAIN (FORMAT JSON) SELECT 1 FROM messages WHERE words @@ CAST(:words AS tsquery)")
    plan = (await connection.execute(explain, {"words": words})).scalar_one()
    return float((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _position(after: str) -> tuple[datetime, UUID] | None:
    try:
        at, _, conversation_id = after.partition("_")
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), UUID(conversation_id)
    except ValueError:
        return None


_ROWS = text("""
SELECT s.*, c.sample, c.owner, c.operator_name, c.last_seq, last.text AS last_text, last.sender AS last_sender,
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
    SELECT text, sender FROM (
        SELECT text, sender, seq, words FROM messages
        WHERE CAST(:words AS tsquery) IS NOT NULL AND conversation_id = c.id OFFSET 0
    ) own
    WHERE words @@ CAST(:words AS tsquery) ORDER BY seq DESC LIMIT 1
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
        row["pieces"] = marked(harmless(mask(said)), filters.parole if words else "", around=AROUND if words else SHORT)
    return Page(rows, next_after)

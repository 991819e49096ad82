"""Messages that may have been misunderstood: looked for in the transcript, put into clusters of the same question.

What was decided about a cluster holds for what is said later in the same words, so that it does not come back; unless a
later model still does not understand what was taught. Texts stay in the transcript: here are only references to them, so
that what is erased there is erased.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Text, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.answers import SHOWN
from bot.privacy.masking import mask
from bot.privacy.showing import PLACEHOLDERS
from bot.teaching.clustering import CLOSE, ENOUGH, Groups
from bot.teaching.tables import review_clusters, review_items
from bot.teaching.wording import same

DAYS = 60
"""Older messages are not looked at: what people ask has changed since, and so has the model."""
SURE = 0.75
"""Below this confidence about one answer in four is wrong."""
MOST_AT_ONCE = 5000

REASONS = {
    "not_understood": "non capito",
    "unsure": "capito con poca sicurezza",
    "protest": "subito dopo ha protestato",
    "person_after": "subito dopo ha chiesto una persona",
    "thumbs_down": "voto «non utile»",
    "flagged": "segnalato da un operatore",
}
"""Why a message is to be reviewed."""

# A word in a talk about an appointment is that talk's own matter; what is declined as nobody's business was understood.
_CANDIDATES = text("""
WITH doubtful AS (
    SELECT message_id AS id,
           CASE WHEN fallback AND NOT (intent = 'out_of_scope' AND confidence >= :decided) THEN 'not_understood'
                ELSE 'unsure' END AS reason
    FROM parses
    WHERE created_at > :since AND (fallback OR confidence < 0.75)
      AND NOT (fallback AND intent = 'out_of_scope' AND confidence >= :sure)
      AND NOT actions @> ARRAY['appointment_form']
), protest AS (
    SELECT before.id, CASE WHEN p.intent = 'talk_to_operator' THEN 'person_after' ELSE 'protest' END AS reason
    FROM parses p JOIN messages m ON m.id = p.message_id
    CROSS JOIN LATERAL (
        SELECT b.id, b.created_at FROM messages b
        WHERE b.conversation_id = m.conversation_id AND b.seq < m.seq AND b.sender = 'citizen'
        ORDER BY b.seq DESC LIMIT 1
    ) before
    WHERE p.created_at > :since AND p.intent IN ('complaint', 'insult', 'deny', 'talk_to_operator')
      AND NOT p.actions @> ARRAY['appointment_form'] AND (p.intent <> 'deny' OR length(m.text) > 6)
      AND m.payload IS NULL AND m.created_at < before.created_at + interval '10 minutes'
), disliked AS (
    SELECT last.id, 'thumbs_down' AS reason FROM feedback f
    CROSS JOIN LATERAL (
        SELECT m.id FROM messages m JOIN parses p ON p.message_id = m.id
        WHERE m.conversation_id = f.conversation_id AND m.sender = 'citizen' AND m.payload IS NULL
          AND p.intent <> ALL (:small_talk)
        ORDER BY m.seq DESC LIMIT 1
    ) last
    WHERE f.rating = 'down' AND f.changed_at > :since
), wanted AS (
    SELECT last.id, 'person_after' AS reason FROM handoffs h
    CROSS JOIN LATERAL (
        SELECT m.id, m.created_at FROM messages m JOIN parses p ON p.message_id = m.id
        WHERE m.conversation_id = h.conversation_id AND m.sender = 'citizen' AND m.payload IS NULL
          AND m.created_at <= h.requested_at AND p.intent <> ALL (:small_talk)
        ORDER BY m.seq DESC LIMIT 1
    ) last
    WHERE h.reason <> 'operator' AND h.requested_at > :since AND last.created_at > h.requested_at - interval '10 minutes'
), flagged AS (
    SELECT message_id AS id, 'flagged' AS reason FROM review_flags
), candidates AS (
    SELECT id, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM (
        SELECT * FROM doubtful UNION ALL SELECT * FROM protest UNION ALL SELECT * FROM disliked
        UNION ALL SELECT * FROM wanted UNION ALL SELECT * FROM flagged
    ) every GROUP BY id
)
SELECT m.id, m.text, m.created_at AS said_at, p.model, c.reasons, i.cluster_id, i.reasons AS known_reasons
FROM candidates c JOIN messages m ON m.id = c.id LEFT JOIN parses p ON p.message_id = m.id
LEFT JOIN review_items i ON i.message_id = m.id
WHERE m.sender = 'citizen' AND m.payload IS NULL AND m.sealed IS NULL
  AND (m.created_at > :since OR 'flagged' = ANY (c.reasons))
  AND (p.intent IS NULL OR p.intent NOT IN ('complaint', 'insult', 'deny', 'talk_to_operator')
       OR c.reasons && ARRAY['not_understood', 'flagged'])
  AND (i.message_id IS NULL OR NOT i.reasons @> c.reasons)
ORDER BY m.created_at DESC LIMIT :most
""").bindparams(bindparam("small_talk", type_=ARRAY(Text)))
_KNOWN = text("""
SELECT c.id, c.status, m.text, p.model, c.lesson_id IS NOT NULL AS taught
FROM review_items i JOIN review_clusters c ON c.id = i.cluster_id JOIN messages m ON m.id = i.message_id
LEFT JOIN parses p ON p.message_id = m.id
WHERE i.said_at > :since
ORDER BY i.said_at
""")
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('sportello review queue'))")
_EMPTY = text("""
DELETE FROM review_clusters c WHERE NOT EXISTS (SELECT 1 FROM review_items i WHERE i.cluster_id = c.id)
  AND (status = 'open' OR decided_at < now() - make_interval(days => :days))
""")
SMALL_TALK = (
    "greet goodbye affirm deny thanks choose inform restart repeat nlu_fallback ask_aspect feedback_positive insult "
    "complaint talk_to_operator bot_challenge ask_help"
).split()


@dataclass
class _Cluster:
    status: str
    models: set[str | None]


def shown(said: str) -> str:
    """A stored text without personal data: what the queue compares and shows."""
    for placeholder, kind in PLACEHOLDERS.items():
        said = said.replace(placeholder, f"[{SHOWN[kind]}]")
    return mask(said)


async def collect(connection: AsyncConnection, telling: Mapping[str, float], *, since: datetime) -> tuple[int, bool]:
    """Look for messages to review said after `since`. Returns how many were new and whether there may be more.

    Does nothing while another process is at it. `telling`: see `clustering.rarity`.
    """
    if not (await connection.execute(_LOCK)).scalar_one():
        return 0, False
    values = {"since": since, "decided": 0.6, "sure": 0.6, "small_talk": SMALL_TALK, "most": MOST_AT_ONCE}
    rows = [dict(row) for row in (await connection.execute(_CANDIDATES, values)).mappings()]
    rows = [row for row in rows if any(one.isalpha() for one in row["text"])]
    fresh = [row for row in rows if row["cluster_id"] is None]
    for row in rows:
        if row["cluster_id"] is not None:
            known = update(review_items).where(review_items.c.message_id == row["id"])
            await connection.execute(known.values(reasons=sorted({*row["reasons"], *row["known_reasons"]})))
    if fresh:
        await _assign(connection, fresh, telling, since)
    await connection.execute(_EMPTY, {"days": DAYS})
    return len(fresh), len(rows) == MOST_AT_ONCE


async def _assign(
    connection: AsyncConnection, fresh: list[dict[str, Any]], telling: Mapping[str, float], since: datetime
) -> None:
    known = [dict(row) for row in (await connection.execute(_KNOWN, {"since": since})).mappings()]
    new, items = await asyncio.to_thread(_sorted_out, fresh, known, telling)
    if new:
        await connection.execute(insert(review_clusters), [{"id": one} for one in new])
    await connection.execute(insert(review_items), items)


def _sorted_out(
    fresh: list[dict[str, Any]], known: Sequence[Mapping[str, Any]], telling: Mapping[str, float]
) -> tuple[list[UUID], list[dict[str, Any]]]:
    """The clusters to make and the rows to store: each message to the cluster it is likest to."""
    groups: Groups[UUID] = Groups(telling)
    clusters: dict[UUID, _Cluster] = {}
    for row in known:
        clusters.setdefault(row["id"], _Cluster(row["status"], set())).models.add(row["model"])
        groups.add(row["id"], shown(row["text"]))
    texts = {row["id"]: shown(row["text"]) for row in fresh}
    often: dict[str, int] = defaultdict(int)
    for said in texts.values():
        often[same(said)] += 1
    new: list[UUID] = []
    items = []
    # Those that come often first: groups form round them.
    for row in sorted(fresh, key=lambda one: (-often[same(texts[one["id"]])], one["said_at"])):
        said = texts[row["id"]]
        near = groups.nearest(said, partial(_belongs, clusters, row))
        cluster = near[0] if near else uuid4()
        if near is None:
            new.append(cluster)
            clusters[cluster] = _Cluster("open", set())
        clusters[cluster].models.add(row["model"])
        groups.add(cluster, said)
        items.append(
            {"message_id": row["id"], "cluster_id": cluster, "reasons": row["reasons"], "said_at": row["said_at"]}
        )
    return new, items


def _belongs(clusters: Mapping[UUID, _Cluster], row: Mapping[str, Any], key: UUID, likeness: float) -> bool:
    cluster = clusters[key]
    if cluster.status == "open":
        return likeness >= ENOUGH
    if likeness < CLOSE or "flagged" in row["reasons"]:
        return False
    # What was taught and is still not understood by a later model is to be seen again.
    return cluster.status == "ignored" or row["model"] in cluster.models


async def decide(
    connection: AsyncConnection, cluster_id: UUID, status: str, *, by: str, at: datetime, lesson_id: UUID | None = None
) -> bool:
    """Mark an open cluster as taught or ignored. False when somebody decided before."""
    row = update(review_clusters).where(review_clusters.c.id == cluster_id, review_clusters.c.status == "open")
    done = await connection.execute(row.values(status=status, decided_by=by, decided_at=at, lesson_id=lesson_id))
    return done.rowcount == 1


async def reopen(connection: AsyncConnection, cluster_id: UUID) -> bool:
    """Take back that a cluster was ignored. False when it was not."""
    row = update(review_clusters).where(review_clusters.c.id == cluster_id, review_clusters.c.status == "ignored")
    return (await connection.execute(row.values(status="open", decided_by=None, decided_at=None))).rowcount == 1


async def propose(connection: AsyncConnection, cluster_id: UUID, intent: str, *, by: str, at: datetime) -> bool:
    """Keep what an operator thinks an open cluster means, for whoever may teach it. False when it is not open."""
    row = update(review_clusters).where(review_clusters.c.id == cluster_id, review_clusters.c.status == "open")
    return (await connection.execute(row.values(proposed_intent=intent, proposed_by=by, proposed_at=at))).rowcount == 1


async def split_off(connection: AsyncConnection, cluster_id: UUID, message_ids: Sequence[UUID]) -> UUID | None:
    """Move messages that do not belong out of an open cluster into one of their own. None when nothing was moved."""
    own = (review_items.c.cluster_id == cluster_id, review_items.c.message_id.in_(message_ids))
    open_one = select(review_clusters.c.id).where(
        review_clusters.c.id == cluster_id, review_clusters.c.status == "open"
    )
    moved = (await connection.execute(select(review_items.c.message_id).where(*own))).scalars().all()
    if not moved or (await connection.execute(open_one.with_for_update())).first() is None:
        return None
    new = uuid4()
    await connection.execute(insert(review_clusters).values(id=new))
    await connection.execute(update(review_items).where(*own).values(cluster_id=new))
    return new


async def forget(connection: AsyncConnection, message_id: UUID) -> None:
    """Take a message out of the queue: it is looked for again, and stays out unless there is another reason."""
    await connection.execute(delete(review_items).where(review_items.c.message_id == message_id))

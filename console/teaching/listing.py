"""Rows of the review queue: how often and how lately a cluster was said, in which words, what the model made of it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.teaching.clustering import Groups
from bot.teaching.queue import shown
from bot.teaching.wording import same
from console.harmless import harmless
from console.operators import Operator

PAGE = 30
WORDINGS = 12
LIKELY = 6
NEVER_SUGGESTED = frozenset({"nlu_fallback", "ask_aspect", "choose", "inform"})

# A message counts half as much after ten days.
_PAGE = text("""
SELECT c.id, c.proposed_intent, c.proposed_by, c.decided_by, c.decided_at, c.lesson_id, count(*) AS messages,
       count(DISTINCT s.conversation_id) AS conversations, max(i.said_at) AS latest, min(i.said_at) AS first,
       sum(power(0.5, extract(epoch FROM now() - i.said_at) / 864000.0)) AS weight,
       count(*) OVER () AS clusters
FROM review_clusters c JOIN review_items i ON i.cluster_id = c.id JOIN messages m ON m.id = i.message_id
JOIN console_summaries s ON s.conversation_id = m.conversation_id
WHERE c.status = :status AND (CAST(:every AS boolean) OR s.centre IS NULL OR s.centre = ANY (:centres))
  AND (CAST(:reason AS text) = ''
       OR c.id IN (SELECT cluster_id FROM review_items WHERE reasons @> ARRAY[CAST(:reason AS text)]))
GROUP BY c.id
ORDER BY CASE WHEN c.status = 'open' THEN NULL ELSE c.decided_at END DESC, weight DESC, c.id
LIMIT :most OFFSET :skipped
""")
_ITEMS = text("""
SELECT i.cluster_id, i.message_id, i.reasons, i.said_at, m.text, m.seq, m.conversation_id, p.intent, p.confidence, p.ranking,
       p.entities, s.channel, s.centre, f.flagged_by
FROM review_items i JOIN messages m ON m.id = i.message_id
JOIN console_summaries s ON s.conversation_id = m.conversation_id
LEFT JOIN parses p ON p.message_id = m.id LEFT JOIN review_flags f ON f.message_id = m.id
WHERE i.cluster_id = ANY(:clusters) AND (CAST(:every AS boolean) OR s.centre IS NULL OR s.centre = ANY (:centres))
ORDER BY i.said_at DESC
""").bindparams(bindparam("clusters", type_=ARRAY(Uuid)))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cluster as it is shown. `wordings`: each different text, masked, with how often it was said, the likest first."""

    id: UUID
    messages: int
    conversations: int
    first: datetime
    latest: datetime
    reasons: list[str]
    wordings: list[tuple[str, int]]
    suggestions: list[str]  # intents
    proposed_intent: str | None
    proposed_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    lesson_id: UUID | None
    items: list[dict[str, Any]]

    @property
    def words(self) -> str:
        """The text that stands for the cluster."""
        return self.wordings[0][0]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One page, and how many clusters there are in all."""

    rows: list[Row]
    clusters: int
    page: int

    @property
    def more(self) -> bool:
        """Whether a page follows."""
        return (self.page + 1) * PAGE < self.clusters


def _reach(operator: Operator) -> dict[str, object]:
    return {"every": not operator.centres, "centres": list(operator.centres)}


async def page_of(
    connection: AsyncConnection, operator: Operator, *, status: str = "open", reason: str = "", page: int = 0
) -> Queue:
    """What the operator may see of the queue: conversations of the operator's centres, and of none."""
    values = {"status": status, "reason": reason, "most": PAGE, "skipped": page * PAGE, **_reach(operator)}
    heads = (await connection.execute(_PAGE, values)).mappings().all()
    items = await _items(connection, operator, [head["id"] for head in heads])
    rows = [_row(head, items[head["id"]]) for head in heads]
    return Queue(rows=rows, clusters=heads[0]["clusters"] if heads else 0, page=page)


async def one(connection: AsyncConnection, operator: Operator, cluster_id: UUID) -> tuple[Row, str] | None:
    """One cluster and its state; None when there is none that the operator may see."""
    query = text("SELECT * FROM review_clusters WHERE id = :id")
    head = (await connection.execute(query, {"id": cluster_id})).mappings().one_or_none()
    items = (await _items(connection, operator, [cluster_id]))[cluster_id]
    if head is None or not items:
        return None
    times = [item["said_at"] for item in items]
    counted = {
        "messages": len(items),
        "conversations": len({item["conversation_id"] for item in items}),
        "latest": max(times),
        "first": min(times),
    }
    return _row({**head, **counted}, items), head["status"]


async def _items(
    connection: AsyncConnection, operator: Operator, clusters: Sequence[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if clusters:
        for row in (await connection.execute(_ITEMS, {"clusters": clusters, **_reach(operator)})).mappings():
            found[row["cluster_id"]].append({**row, "text": harmless(shown(row["text"]))})
    return found


def _row(head: Any, items: list[dict[str, Any]]) -> Row:
    names = "id messages conversations first latest proposed_intent proposed_by decided_by decided_at lesson_id".split()
    return Row(
        **{name: head[name] for name in names},
        reasons=[reason for reason, _ in Counter(one for item in items for one in item["reasons"]).most_common()],
        wordings=_wordings([item["text"] for item in items]),
        suggestions=_suggestions(items),
        items=items,
    )


def _wordings(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Each different text once, those first that are likest to all of them; those with personal data last."""
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    for said in texts:
        spelt[same(said)][said] += 1
    every: Groups[int] = Groups({})
    for said in spelt:
        every.add(0, said)

    def rank(pair: tuple[str, int]) -> tuple[bool, float, str]:
        near = every.nearest(f"{same(pair[0])} §")  # not its own spelling, which is always the likest
        return "[" in pair[0], -(near[1] if near else 0) * (1 + min(pair[1], 20) / 10), pair[0]

    found = [(counts.most_common(1)[0][0], sum(counts.values())) for counts in spelt.values()]
    return sorted(found, key=rank)


def _suggestions(items: Sequence[dict[str, Any]]) -> list[str]:
    """What the model would have said next, all messages together."""
    weights: dict[str, float] = defaultdict(float)
    for item in items:
        ranking = item["ranking"] or [{"name": item["intent"], "confidence": item["confidence"]}]
        for likely in ranking[:4]:
            weights[likely.get("name") or ""] += likely.get("confidence") or 0.0
    return [name for name in sorted(weights, key=lambda one: -weights[one]) if name and name not in NEVER_SUGGESTED][
        :LIKELY
    ]

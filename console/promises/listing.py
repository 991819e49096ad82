"""Questions left, as operators see them listed: of their centres and of none; personal data masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.desk_tables import promises
from bot.storage.tables import conversations, messages
from console.harmless import harmless
from console.operators import Operator
from console.tables import accounts, summaries
from console.transcripts.filters import within_reach
from console.transcripts.reading import masked

MOST_CHARS = 160
MOST_LISTED = 300
LATELY = 30
"""So many of those closed last are shown."""
NOT_ARRIVED = ("failed", "undeliverable")


@dataclass(frozen=True)
class Waiting:
    """How many questions wait for an answer, and how many of them past their time."""

    open: int
    late: int


_answer = messages.alias("answer")
_question = messages.alias("question")
_elsewhere = messages.alias("elsewhere")


def _visible(operator: Operator) -> ColumnElement[bool]:
    return or_(summaries.c.conversation_id.is_(None), within_reach(operator))


async def how_many(connection: AsyncConnection, operator: Operator, *, now: datetime) -> Waiting:
    """For the menu."""
    query = (
        select(func.count(), func.count().filter(promises.c.due_at < now))
        .select_from(promises)
        .outerjoin(summaries, summaries.c.conversation_id == promises.c.conversation_id)
        .where(promises.c.done_at.is_(None), _visible(operator))
    )
    row = (await connection.execute(query)).one()
    return Waiting(row[0], row[1])


async def listed(connection: AsyncConnection, operator: Operator, *, done: bool, now: datetime) -> list[dict[str, Any]]:
    """The open ones, those due first before others; or those closed lately."""
    helped = select(_elsewhere.c.id).where(_elsewhere.c.instead_of == promises.c.answer_id).exists()
    query = (
        select(
            promises,
            conversations.c.channel,
            summaries.c.centre,
            func.coalesce(_question.c.text, "").label("question"),
            accounts.c.name.label("assigned_name"),
            _answer.c.delivery,
            helped.label("elsewhere"),
        )
        .join(conversations, conversations.c.id == promises.c.conversation_id)
        .outerjoin(summaries, summaries.c.conversation_id == promises.c.conversation_id)
        .outerjoin(_question, _question.c.id == promises.c.question_id)
        .outerjoin(_answer, _answer.c.id == promises.c.answer_id)
        .outerjoin(accounts, cast(accounts.c.id, Text) == func.coalesce(promises.c.done_by, promises.c.assigned_to))
        .where(_visible(operator))
    )
    if done:
        query = query.where(promises.c.done_at.is_not(None)).order_by(promises.c.done_at.desc()).limit(LATELY)
    else:
        query = query.where(promises.c.done_at.is_(None)).order_by(promises.c.due_at).limit(MOST_LISTED)
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    for row in rows:
        row["question"] = short(row["question"])
        row["late"] = (row["done_at"] or now) > row["due_at"]
        row["lost"] = row["delivery"] in NOT_ARRIVED and not row["elsewhere"]
    return rows


def short(words: str) -> str:
    """The beginning of a question, without personal data."""
    said = harmless(masked(words))
    return said if len(said) <= MOST_CHARS else said[: MOST_CHARS - 1] + "…"


def parted(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Those past their time, and the others."""
    return [row for row in rows if row["late"]], [row for row in rows if not row["late"]]

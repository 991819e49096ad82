"""Ready-made answers of the operators: searched by words, put into the reply box, never sent by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.desk_tables import canned_answers

MOST = 50
MOST_TITLE, MOST_TEXT = 80, 2000


@dataclass(frozen=True, kw_only=True)
class Canned:
    """A title to find it by, and the words."""

    id: UUID
    title: str
    text: str


async def search(connection: AsyncConnection, words: str = "") -> Sequence[Canned]:
    """Those with every word in title or text, whatever its case; all without words."""
    query = select(canned_answers.c.id, canned_answers.c.title, canned_answers.c.text).order_by(canned_answers.c.title)
    for word in words.split()[:10]:
        has = (column.icontains(word, autoescape=True) for column in (canned_answers.c.title, canned_answers.c.text))
        query = query.where(or_(*has))
    return [Canned(**row) for row in (await connection.execute(query.limit(MOST))).mappings()]


async def keep(connection: AsyncConnection, *, title: str, text: str, canned_id: UUID | None = None) -> UUID:
    """Add one, or change the one of that id. Raises `ValueError` for an empty or over-long title or text."""
    title, text = " ".join(title.split()), text.strip()
    if not 0 < len(title) <= MOST_TITLE or not 0 < len(text) <= MOST_TEXT:
        raise ValueError(f"title 1 to {MOST_TITLE} characters, text 1 to {MOST_TEXT}")
    chosen = canned_id or uuid4()
    row = insert(canned_answers).values(id=chosen, title=title, text=text)
    values = {"title": title, "text": text, "changed_at": func.now()}
    await connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    return chosen


async def throw_away(connection: AsyncConnection, canned_id: UUID) -> None:
    """Delete one; one that is not there is no error."""
    await connection.execute(delete(canned_answers).where(canned_answers.c.id == canned_id))

"""Striking out words of a message for ever: nothing that is stored says them any more.

The words are looked for in the whole conversation, whatever their case and spaces: messages and the buttons shown, how they
were understood, sealed answers, notes, comments, failures, and the dialogue's own memory (Rasa's tracker). The index of
words follows by itself. What stands in their place says that something was taken out, and the conversation stays readable.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.desk_tables import attachments, call_backs
from bot.conversations.presence import tell
from bot.privacy.masking import mask
from bot.privacy.sealing import SealError, unseal
from bot.storage.tables import conversations, feedback, incidents, messages, parses, private_answers
from console.audit import erase_notes
from console.tables import notes
from console.transcripts.forgetting import Strike, overlaps, spans_of, strike_tracker, within
from console.transcripts.summaries import summarise

OMITTED = "[omissis]"
MIN_CHARS, MIN_PART = 2, 4


def pattern_of(words: str, *, whole: bool = True) -> re.Pattern[str]:
    """These words however they are spaced and capitalised, with their accents in one character or in two.

    `whole`: not as a part of longer words. Raises `ValueError` when there is too little to look for.
    """
    pieces = words.split()
    if sum(len(one) for one in pieces) < (MIN_CHARS if whole else MIN_PART):
        raise ValueError("too short")
    forms = []
    for form in ("NFC", "NFD"):
        joined = r"\s+".join(re.escape(unicodedata.normalize(form, one)) for one in pieces)
        before = r"(?<!\w)" if whole and pieces[0][0].isalnum() else ""
        after = r"(?!\w)" if whole and pieces[-1][-1].isalnum() else ""
        forms.append(f"{before}{joined}{after}")
    return re.compile("|".join(dict.fromkeys(forms)), re.IGNORECASE)


async def strike_out(connection: AsyncConnection, message_id: UUID, words: str) -> tuple[int, re.Pattern[str]]:
    """Take the words out of the message and of its whole conversation.

    Returns how many places held them, and what was looked for. Raises `ValueError` when they are too short or the message
    does not hold them, `LookupError` when there is no message.
    """
    row = (await connection.execute(select(messages).where(messages.c.id == message_id))).mappings().one_or_none()
    if row is None:
        raise LookupError(message_id)
    pattern = _found_in(row, pattern_of(words)) or _found_in(row, pattern_of(words, whole=False))
    if pattern is None:
        raise ValueError("not in the message")
    conversation_id: UUID = row["conversation_id"]
    # As every message does: nothing is added meanwhile.
    own = select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update()
    await connection.execute(own)
    return await sweep(connection, conversation_id, pattern), pattern


def _found_in(row: RowMapping, pattern: re.Pattern[str]) -> re.Pattern[str] | None:
    return pattern if pattern.search(row["text"]) or (row["sealed"] and _holds(row["sealed"], pattern)) else None


async def sweep(connection: AsyncConnection, conversation_id: UUID, pattern: re.Pattern[str]) -> int:
    """Take the words out wherever the conversation holds them."""

    def strike(words: str) -> str:
        return pattern.sub(OMITTED, words)

    mine = messages.c.conversation_id == conversation_id
    said = {row.id: row.text for row in await connection.execute(select(messages.c.id, messages.c.text).where(mine))}
    ids = list(said)
    await _unread(connection, {one: spans_of(mask(text), pattern) for one, text in said.items()})
    places = await _rewrite(connection, messages, mine, ("text", "payload", "buttons", "links"), strike)
    about = parses.c.message_id.in_(ids)
    places += await _rewrite(connection, parses, about, ("entities", "ranking"), strike, key="message_id")
    for table, columns in ((notes, ("text",)), (feedback, ("comment",))):
        key = "conversation_id" if table is feedback else "id"
        whose = table.c.conversation_id == conversation_id
        places += await _rewrite(connection, table, whose, columns, strike, key=key)
    places += await _rewrite(connection, attachments, attachments.c.message_id.in_(ids), ("name",), strike)
    places += await _rewrite(connection, incidents, incidents.c.message_id.in_(ids), ("what",), strike)
    places += await _sealed(connection, conversation_id, pattern)
    places += await strike_tracker(connection, conversation_id, pattern, OMITTED)
    # Reasons given for reading may quote what was read.
    await erase_notes(connection, f"conversation:{conversation_id}")
    await summarise(connection, [conversation_id])
    await tell(connection, conversation_id)
    return places


async def _unread(connection: AsyncConnection, spans: dict[UUID, list[tuple[int, int]]]) -> None:
    """Take away what was understood of the words that go: places are counted in what the dialogue saw."""
    touched = parses.c.message_id.in_([one for one, found in spans.items() if found])
    for row in (await connection.execute(select(parses.c.message_id, parses.c.entities).where(touched))).all():
        kept = [one for one in row.entities if not overlaps(one, spans[row.message_id])]
        await connection.execute(update(parses).where(parses.c.message_id == row.message_id).values(entities=kept))


async def _rewrite(
    connection: AsyncConnection,
    table: Table,
    whose: Any,
    columns: Iterable[str],
    strike: Strike,
    *,
    key: str = "id",
) -> int:
    places = 0
    shown = [table.c[key], *(table.c[name] for name in columns)]
    for row in (await connection.execute(select(*shown).where(whose))).mappings().all():
        changed = {name: struck for name in columns if (struck := within(row[name], strike)) != row[name]}
        if changed:
            places += 1
            await connection.execute(update(table).where(table.c[key] == row[key]).values(changed))
    return places


def _holds(sealed: bytes, pattern: re.Pattern[str]) -> bool:
    try:
        return pattern.search(unseal(sealed)) is not None
    except SealError:
        return False


async def _sealed(connection: AsyncConnection, conversation_id: UUID, pattern: re.Pattern[str]) -> int:
    """Sealed words go whole: their kind stays in the transcript."""
    places = 0
    mine = messages.c.conversation_id == conversation_id
    kept = select(messages.c.id, messages.c.sealed).where(mine, messages.c.sealed.is_not(None))
    for row in (await connection.execute(kept)).all():
        if _holds(row.sealed, pattern):
            places += 1
            await connection.execute(update(messages).where(messages.c.id == row.id).values(sealed=None))
    for table, key in ((private_answers, "kind"), (call_backs, "id")):
        whose = table.c.conversation_id == conversation_id
        for row in (await connection.execute(select(table.c[key], table.c.sealed).where(whose))).all():
            if _holds(row.sealed, pattern):
                places += 1
                await connection.execute(delete(table).where(whose, table.c[key] == row[0]))
    return places


async def clean_up(engine: AsyncEngine) -> None:
    """Have the database give up the old versions of the rows, which it keeps for a while."""
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("messages", "parses"):
            await alone.execute(text(f"VACUUM {table}"))
        if (await alone.execute(text("SELECT to_regclass('events') IS NOT NULL"))).scalar_one():
            await alone.execute(text("VACUUM events"))

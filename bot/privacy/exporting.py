"""Everything kept about a person, opened, as data and as a page that anybody can read."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from sqlalchemy import RowMapping, Table, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments, claimed_by, waiting
from bot.clock import ROME
from bot.conversations.desk_tables import attachments, call_backs, handoffs, promises
from bot.privacy.erasing import table_exists
from bot.privacy.sealing import SealError, unseal
from bot.privacy.showing import filled_in
from bot.storage.tables import (
    addresses,
    conversations,
    deliveries,
    feedback,
    messages,
    parses,
    private_answers,
)

Export = dict[str, Any]
HIDDEN = frozenset({"token_hash", "address_hash", "surname_fingerprints", "words"})
"""Columns that say nothing to anybody."""
UNREADABLE = "(cifrato con una chiave che non c'è più)"

_EVENTS = text("SELECT type_name, timestamp, data FROM events WHERE sender_id = :id ORDER BY id")
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


async def export(
    connection: AsyncConnection, *, conversation_ids: Sequence[UUID], appointment_ids: Sequence[UUID] = ()
) -> Export:
    """All there is, sealed values opened: whoever calls this has been allowed to, and says so in the audit log."""
    made = appointments.c.conversation_id.in_(list(conversation_ids))
    claimed = select(claimed_by.c.appointment_id).where(claimed_by.c.conversation_id.in_(list(conversation_ids)))
    theirs = or_(made, appointments.c.id.in_(list(appointment_ids)), appointments.c.id.in_(claimed))
    return {
        "made_at": datetime.now(UTC).isoformat(),
        "conversations": [await _conversation(connection, one) for one in conversation_ids],
        "appointments": await _rows(connection, appointments, theirs),
    }


async def _conversation(connection: AsyncConnection, conversation_id: UUID) -> Export:
    [about] = await _rows(connection, conversations, conversations.c.id == conversation_id) or [{}]
    parts: Export = {"messages": await _messages(connection, conversation_id)}
    for table in (private_answers, addresses, handoffs, call_backs, promises, feedback, waiting):
        parts[table.name] = await _rows(connection, table, table.c.conversation_id == conversation_id)
    mine = select(messages.c.id).where(messages.c.conversation_id == conversation_id)
    for table in (parses, deliveries):
        parts[table.name] = await _rows(connection, table, table.c.message_id.in_(mine))
    # The file itself was given to them, and is opened by the link in its message.
    about_files = [one for one in attachments.c if one.name != "sealed"]
    files = await connection.execute(select(*about_files).where(attachments.c.message_id.in_(mine)))
    parts["attachments"] = [_opened(row) for row in files.mappings()]
    if await table_exists(connection, "events"):
        events = (await connection.execute(_EVENTS, {"id": str(conversation_id)})).mappings()
        parts["dialogue_events"] = [dict(row) | {"data": json.loads(row["data"])} for row in events]
    return about | parts


async def _messages(connection: AsyncConnection, conversation_id: UUID) -> list[Export]:
    query = select(messages).where(messages.c.conversation_id == conversation_id).order_by(messages.c.seq)
    rows = (await connection.execute(query)).mappings().all()
    said = await filled_in(connection, conversation_id, [(row["text"], row["sealed"]) for row in rows])
    return [_opened(row) | {"text": words} for row, words in zip(rows, said, strict=True)]


async def _rows(connection: AsyncConnection, table: Table, which: Any) -> list[Export]:
    return [_opened(row) for row in (await connection.execute(select(table).where(which))).mappings()]


def _opened(row: RowMapping | Mapping[str, Any]) -> Export:
    return {name: _plain(name, value) for name, value in row.items() if name not in HIDDEN and value is not None}


def _plain(name: str, value: Any) -> Any:
    if name in ("sealed", "citizen"):
        try:
            opened = unseal(bytes(value))
        except SealError:
            return UNREADABLE
        return json.loads(opened) if name == "citizen" else opened
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def as_json(exported: Export) -> str:
    """The data, for machines."""
    return json.dumps(exported, ensure_ascii=False, indent=2, default=str)


def as_html(exported: Export) -> str:
    """The same for people: one page without scripts, to be read or printed."""
    return _PAGES.get_template("export.html").render(exported=exported, moment=_moment)


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(ROME).strftime("%d/%m/%Y %H:%M")

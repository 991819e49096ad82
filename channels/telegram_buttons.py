"""What a button of ours carries on Telegram, where 64 bytes are allowed: a digest of the payload it stands for.

It says nothing by itself: it is looked for among the buttons this very conversation was shown, so a made-up one, or one of
another conversation, leads nowhere.
"""

import hashlib
import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversations.model import Link
from bot.storage.tables import deliveries, messages

PREFIX = "b:"
DIGITS = 32
DONE = "done"
"""Carried by what is left of a question that was answered."""
_REFERENCE = re.compile(rf"{PREFIX}[0-9a-f]{{{DIGITS}}}")


def reference(payload: str) -> str:
    """What stands for the payload: 34 bytes, always the same."""
    return PREFIX + hashlib.sha256(payload.encode()).hexdigest()[:DIGITS]


_said = messages.alias("said")
_SAID_BEFORE = (
    select(_said.c.id, _said.c.buttons, _said.c.links)
    .join(messages, messages.c.conversation_id == _said.c.conversation_id)
    .where(messages.c.id == bindparam("answer"), _said.c.seq < messages.c.seq, _said.c.sender != "citizen")
    .order_by(_said.c.seq.desc())
    .limit(1)
)


async def payload_of(connection: AsyncConnection, conversation_id: UUID, data: str) -> str | None:
    """The payload a reference stands for in this conversation, or None when nothing like it was shown there."""
    if not _REFERENCE.fullmatch(data):
        return None
    button = func.jsonb_array_elements(messages.c.buttons).table_valued(column("value", JSONB)).render_derived()
    payload = button.c.value["payload"].astext
    digest = func.encode(func.sha256(func.convert_to(payload, "UTF8")), "hex")
    query = (
        select(payload)
        .select_from(messages)
        .join(button, true())
        .where(messages.c.conversation_id == conversation_id, messages.c.sender != "citizen")
        .where(func.left(digest, DIGITS) == data.removeprefix(PREFIX))
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def question_before(connection: AsyncConnection, answer: UUID) -> tuple[int, list[Link]] | None:
    """The message whose choices an answer in words made useless, with its links; None when no choice was asked for."""
    row = (await connection.execute(_SAID_BEFORE, {"answer": answer})).one_or_none()
    if row is None or not any("/choose" in button["payload"] for button in row.buttons):
        return None
    shown = (
        select(deliveries.c.provider_id)
        .where(deliveries.c.message_id == row.id, deliveries.c.provider_id.is_not(None))
        .order_by(deliveries.c.part.desc())
        .limit(1)
    )
    provider_id = (await connection.execute(shown)).scalar_one_or_none()
    return (int(provider_id.rpartition(":")[2]), [Link(**link) for link in row.links]) if provider_id else None


def answered(rows: Iterable[Iterable[InlineKeyboardButton]], data: str) -> InlineKeyboardMarkup | None:
    """The keyboard of a question that was answered: the choice made, which does nothing any more, and the links."""
    left: list[list[InlineKeyboardButton]] = []
    for row in rows:
        for button in row:
            if button.callback_data == data:
                left.insert(0, [InlineKeyboardButton(f"✓ {button.text}", callback_data=DONE)])
            elif button.url:
                left.append([button])
    return InlineKeyboardMarkup(left) if left else None

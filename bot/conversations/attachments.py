"""Files kept with the message they were sent with: sealed, opened by a token that only the citizen is given."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.desk_tables import attachments
from bot.conversations.model import Link, Upload
from bot.conversations.uploads import size_words
from bot.privacy.id_tokens import read_token, token_of
from bot.privacy.sealing import seal_bytes, unseal_bytes
from bot.settings import get_settings
from bot.storage.tables import messages

PURPOSE = "attachment"
PATH = "/allegati/"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file as it was sent. `conversation_id`: where."""

    id: UUID
    conversation_id: UUID
    name: str
    media_type: str
    content: bytes


def link_to(attachment_id: UUID, upload: Upload) -> Link:
    """What the citizen gets: whoever has this address can open the file."""
    base = get_settings().public_url.rstrip("/")
    title = f"Scarica {upload.name} ({size_words(len(upload.content))})"
    return Link(title=title, url=f"{base}{PATH}{token_of(PURPOSE, attachment_id)}")


def linked(url: str) -> UUID | None:
    """The attachment an address of ours leads to, there still or not; None when it leads elsewhere."""
    try:
        path = urlsplit(url).path
        return read_token(PURPOSE, path.removeprefix(PATH)) if path.startswith(PATH) else None
    except ValueError:
        return None


def read_attachment_token(token: str) -> UUID:
    """The attachment a token names. Raises `TokenError`."""
    return read_token(PURPOSE, token)


async def keep(connection: AsyncConnection, attachment_id: UUID, message_id: UUID, upload: Upload) -> None:
    """Store a file with its message, sealed."""
    row = {"id": attachment_id, "message_id": message_id, "name": upload.name, "media_type": upload.media_type}
    # Sealing megabytes is work for a processor: others are served meanwhile.
    sealed = await asyncio.to_thread(seal_bytes, upload.content)
    await connection.execute(insert(attachments).values(row | {"size": len(upload.content), "sealed": sealed}))


async def read_attachment(connection: AsyncConnection, attachment_id: UUID) -> Attachment | None:
    """The file; None when it went with its message. Raises `SealError`."""
    query = (
        select(attachments, messages.c.conversation_id)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(attachments.c.id == attachment_id)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    content = await asyncio.to_thread(unseal_bytes, bytes(row["sealed"]))
    known = {name: row[name] for name in ("id", "conversation_id", "name", "media_type")}
    return Attachment(content=content, **known)

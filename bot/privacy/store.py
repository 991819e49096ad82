"""Private answers as they are kept: sealed, one of a kind a conversation, gone when no longer needed."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.answers import SHOWN, Kind
from bot.privacy.sealing import seal, unseal
from bot.storage.tables import messages, private_answers


async def keep_answer(
    connection: AsyncConnection,
    *,
    conversation_id: UUID,
    message_id: UUID,
    kind: Kind,
    value: str | None,
    original: str,
    payload: str,
) -> None:
    """Seal the message, and the value read from it if there is one; from now on the message reads as a button press.

    `value` None: the text may be personal but was not understood; nothing is kept but the sealed message.
    """
    if value is not None:
        row = pg_insert(private_answers).values(conversation_id=conversation_id, kind=kind, sealed=seal(value))
        await connection.execute(
            row.on_conflict_do_update(
                index_elements=["conversation_id", "kind"],
                set_={"sealed": row.excluded.sealed, "kept_at": row.excluded.kept_at},
            )
        )
    await connection.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(text=f"({SHOWN[kind]})", sealed=seal(original), payload=payload)
    )


async def answers_of(connection: AsyncConnection, conversation_id: UUID) -> dict[Kind, str]:
    """The private answers of a conversation, opened."""
    query = select(private_answers.c.kind, private_answers.c.sealed).where(
        private_answers.c.conversation_id == conversation_id
    )
    return {row.kind: unseal(row.sealed) for row in await connection.execute(query)}


async def forget_answers(connection: AsyncConnection, conversation_id: UUID, *kinds: Kind) -> None:
    """Erase private answers: those kinds, or all when none is named. The sealed messages stay in the transcript."""
    statement = delete(private_answers).where(private_answers.c.conversation_id == conversation_id)
    if kinds:
        statement = statement.where(private_answers.c.kind.in_(kinds))
    await connection.execute(statement)

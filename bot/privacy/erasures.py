"""Erasures from the asking to the receipt: asked for in the chat, done by the worker, looked at once more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.erasing import erase, erase_events
from bot.privacy.holds import HeldError
from bot.privacy.receipts import Receipt, new_number, read_receipt, sign
from bot.privacy.tables import erasures
from bot.storage.tables import outbox

AskedBy = Literal["citizen", "operator", "command"]

SWEEP_AFTER = timedelta(minutes=1)
"""Longer than a turn of the dialogue that was under way may last."""
MOST_PATIENCE = timedelta(minutes=10)
"""How long the last words to the citizen may take to leave before they are erased unsent."""
HELD_AGAIN = timedelta(days=1)


async def ask_erasure(
    connection: AsyncConnection,
    *,
    conversations: Sequence[UUID],
    appointments: Sequence[UUID] = (),
    asked_by: AskedBy,
    operator: str | None = None,
    grace: float = 0,
) -> str:
    """Note an erasure to be done by the worker after `grace` seconds; its number. Asked for again, the same number."""
    same = select(erasures.c.number).where(
        erasures.c.done_at.is_(None), erasures.c.conversations == list(conversations), erasures.c.asked_by == asked_by
    )
    known: str | None = (await connection.execute(same.limit(1))).scalar_one_or_none()
    if known is not None:
        return known
    now = datetime.now(UTC)
    number = new_number(now)
    await connection.execute(
        insert(erasures).values(
            number=number,
            asked_by=asked_by,
            operator=operator,
            conversations=list(conversations),
            appointments=list(appointments),
            asked_at=now,
            due_at=now + timedelta(seconds=grace),
        )
    )
    return number


async def do_erasure(connection: AsyncConnection, number: str, *, agenda_now: datetime) -> Receipt:
    """Erase what was asked for and sign the receipt. Raises `HeldError`, having erased nothing."""
    query = select(erasures).where(erasures.c.number == number).with_for_update()
    row = (await connection.execute(query)).mappings().one()
    if row["done_at"] is None:
        erased = await erase(
            connection,
            conversation_ids=row["conversations"],
            appointment_ids=row["appointments"],
            now=agenda_now,
        )
        done = datetime.now(UTC)
        values = {
            "done_at": done,
            "due_at": done + SWEEP_AFTER,
            "erased": erased,
            "signature": sign(number, row["asked_by"], row["asked_at"], done, erased),
        }
        await connection.execute(update(erasures).where(erasures.c.number == number).values(values))
    receipt = await read_receipt(connection, number)
    assert receipt is not None  # written above, or before
    return receipt


async def do_next_erasure(connection: AsyncConnection, *, agenda_now: datetime) -> bool:
    """Do the next erasure that is due; whether there was one. One whose last words are still leaving is left a while."""
    leaving = select(outbox.c.message_id).where(outbox.c.conversation_id == func.any(erasures.c.conversations)).exists()
    patience = erasures.c.due_at > func.clock_timestamp() - MOST_PATIENCE
    due = (
        select(erasures.c.number)
        .where(erasures.c.done_at.is_(None), erasures.c.due_at <= func.clock_timestamp(), ~(leaving & patience))
        .order_by(erasures.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    number = (await connection.execute(due)).scalar_one_or_none()
    if number is None:
        return False
    try:
        async with connection.begin_nested():
            await do_erasure(connection, number, agenda_now=agenda_now)
    except HeldError:
        later = func.clock_timestamp() + HELD_AGAIN
        await connection.execute(update(erasures).where(erasures.c.number == number).values(due_at=later))
    return True


async def sweep_next(connection: AsyncConnection) -> bool:
    """Look once more at what an erasure left: a turn of the dialogue under way may have written after it."""
    due = (
        select(erasures.c.number, erasures.c.conversations)
        .where(
            erasures.c.done_at.is_not(None),
            erasures.c.swept_at.is_(None),
            erasures.c.due_at <= func.clock_timestamp(),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await connection.execute(due)).one_or_none()
    if row is None:
        return False
    await erase_events(connection, row.conversations)
    values = {"swept_at": func.clock_timestamp(), "conversations": [], "appointments": []}
    await connection.execute(update(erasures).where(erasures.c.number == row.number).values(values))
    return True

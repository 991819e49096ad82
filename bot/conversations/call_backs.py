"""Citizens who want to be telephoned: the number sealed, one call open a conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.desk_tables import call_backs
from bot.privacy.sealing import seal, unseal

Outcome = Literal["spoken", "no_answer", "wrong_number"]
OUTCOMES: dict[Outcome, str] = {
    "spoken": "Ci abbiamo parlato",
    "no_answer": "Non risponde",
    "wrong_number": "Numero sbagliato",
}
PURPOSE = "call back"


@dataclass(frozen=True, kw_only=True)
class CallBack:
    """A call to make. `phone` in E.164: never logged."""

    id: UUID
    conversation_id: UUID
    phone: str
    requested_at: datetime
    promised_from: datetime

    def __repr__(self) -> str:
        return f"CallBack({self.id})"


async def ask_call(connection: AsyncConnection, conversation_id: UUID, phone: str, *, promised_from: datetime) -> None:
    """Note a call to make; asked for again, the number is the one given last."""
    row = insert(call_backs).values(
        id=uuid4(), conversation_id=conversation_id, sealed=seal(phone), promised_from=promised_from
    )
    again = {"sealed": row.excluded.sealed, "promised_from": row.excluded.promised_from}
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["conversation_id"], index_where=call_backs.c.done_at.is_(None), set_=again
        )
    )


async def give_up_call(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """The citizen does not want to be called any more: the number goes; whether a call was to be made."""
    gone = delete(call_backs).where(call_backs.c.conversation_id == conversation_id, call_backs.c.done_at.is_(None))
    return (await connection.execute(gone.returning(call_backs.c.id))).first() is not None


async def has_open_call(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Whether a call is to be made."""
    query = select(call_backs.c.id).where(
        call_backs.c.conversation_id == conversation_id, call_backs.c.done_at.is_(None)
    )
    return (await connection.execute(query)).first() is not None


async def calls_to_make(connection: AsyncConnection) -> list[CallBack]:
    """All that are open, the oldest first, their numbers opened."""
    query = select(call_backs).where(call_backs.c.done_at.is_(None)).order_by(call_backs.c.requested_at)
    return [
        CallBack(
            id=row["id"],
            conversation_id=row["conversation_id"],
            phone=unseal(row["sealed"]),
            requested_at=row["requested_at"],
            promised_from=row["promised_from"],
        )
        for row in (await connection.execute(query)).mappings()
    ]


async def called(connection: AsyncConnection, call_id: UUID, *, operator: str, outcome: Outcome) -> UUID | None:
    """Note how a call went; the conversation it is about, None when it was noted before or withdrawn."""
    done = {"done_at": func.clock_timestamp(), "operator": operator, "outcome": outcome}
    noting = update(call_backs).where(call_backs.c.id == call_id, call_backs.c.done_at.is_(None)).values(**done)
    found: UUID | None = (await connection.execute(noting.returning(call_backs.c.conversation_id))).scalar_one_or_none()
    return found

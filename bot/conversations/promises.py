"""Questions left when nobody was there: a task with a due time the citizen was told, answered in writing where they asked.

Every function takes an open connection: the caller decides the transaction. Moments given are those of `bot.clock`, which
people are told. An answer is said once, and not over the head of a colleague who has the conversation just then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.addresses import addresses_of
from bot.conversations.desk_tables import promises
from bot.conversations.handoff import MOST_CHARS, open_handoff, own
from bot.conversations.handoff_model import GoneError, Operator, TakenError
from bot.conversations.model import Reply, Upload
from bot.conversations.office import Office
from bot.conversations.store import add_outgoing
from bot.settings import get_settings
from bot.storage.tables import conversations, messages

Outcome = Literal["answered", "phoned", "elsewhere", "not_needed", "withdrawn"]
OUTCOMES: dict[Outcome, str] = {
    "answered": "Risposto per iscritto",
    "phoned": "Risposto al telefono",
    "elsewhere": "Competenza di un altro ufficio",
    "not_needed": "Non serve più",
    "withdrawn": "Ritirata dal cittadino",
}
CLOSED_BY_HAND: tuple[Outcome, ...] = ("phoned", "elsewhere", "not_needed")
"""How an operator may close one without writing."""


QUARTER = 15
"""Due times are said to the quarter of an hour."""


class DoneError(Exception):
    """The question was answered, closed or withdrawn meanwhile, or is gone."""


class StoppedError(Exception):
    """The citizen wrote STOP: nothing is written to them unasked."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One question left. `question_id` None: the message was too old to be kept."""

    id: UUID
    conversation_id: UUID
    question_id: UUID | None
    asked_at: datetime
    due_at: datetime
    assigned_to: str | None
    late_told_at: datetime | None
    answer_id: UUID | None
    done_at: datetime | None
    done_by: str | None
    outcome: str | None

    def is_late(self, now: datetime) -> bool:
        """Whether it is open past its time."""
        return self.done_at is None and self.due_at < now


def due_from(now: datetime) -> datetime:
    """By when a question left now is answered: so many opening hours on, never sooner than that."""
    due = Office().after(now, get_settings().promise_hours)
    late = timedelta(minutes=due.minute % QUARTER, seconds=due.second, microseconds=due.microsecond)
    return due - late + timedelta(minutes=QUARTER) if late else due


async def leave_question(
    connection: AsyncConnection, conversation_id: UUID, question_id: UUID, *, now: datetime, due_at: datetime
) -> tuple[Promise, bool]:
    """Keep a question to be answered; and whether it is a new task: what is added to an open one keeps its time.

    Raises `GoneError`.
    """
    await own(connection, conversation_id)
    known = await open_promise(connection, conversation_id)
    if known is not None:
        return known, False
    values: dict[str, Any] = {"id": uuid4(), "conversation_id": conversation_id, "question_id": question_id}
    values |= {"asked_at": now, "due_at": due_at}
    row = (await connection.execute(promises.insert().values(values).returning(promises))).mappings().one()
    return Promise(**row), True


async def open_promise(connection: AsyncConnection, conversation_id: UUID) -> Promise | None:
    """The question of a conversation that waits for its answer."""
    query = select(promises).where(promises.c.conversation_id == conversation_id, promises.c.done_at.is_(None))
    return _promise((await connection.execute(query)).mappings().one_or_none())


async def promise_of(connection: AsyncConnection, promise_id: UUID) -> Promise | None:
    """One question, open or not."""
    query = select(promises).where(promises.c.id == promise_id)
    return _promise((await connection.execute(query)).mappings().one_or_none())


async def withdraw_question(connection: AsyncConnection, conversation_id: UUID, *, now: datetime) -> bool:
    """The citizen needs no answer any more; whether one was waited for."""
    await own(connection, conversation_id)
    known = await open_promise(connection, conversation_id)
    if known is not None:
        await _done(connection, known, "withdrawn", now=now, by=None)
    return known is not None


async def assign(connection: AsyncConnection, promise_id: UUID, to: str | None) -> None:
    """Make it somebody's, or nobody's. Raises `DoneError`."""
    mine = (promises.c.id == promise_id, promises.c.done_at.is_(None))
    made = update(promises).where(*mine).values(assigned_to=to).returning(promises.c.id)
    if (await connection.execute(made)).first() is None:
        raise DoneError


async def answer(
    connection: AsyncConnection,
    promise_id: UUID,
    operator: Operator,
    text: str,
    *,
    lead: str,
    now: datetime,
    attachment: Upload | None = None,
) -> Promise:
    """Say the answer where it was asked, after `lead`, and close the task; then the assistant goes on.

    Raises `DoneError` (answered twice is said once), `TakenError` when a colleague has the conversation just now,
    `StoppedError`, `ValueError` for an empty or too long text.
    """
    if not text.strip() or len(text) > MOST_CHARS:
        raise ValueError(f"from 1 to {MOST_CHARS} characters")
    known = await _held(connection, promise_id)
    handoff = await open_handoff(connection, known.conversation_id)
    if handoff is not None and handoff.state == "taken" and handoff.operator != operator.key:
        raise TakenError(handoff.operator_name or "")
    if await has_stopped(connection, known.conversation_id):
        raise StoppedError
    said = Reply(text=f"{lead}\n\n{text.strip()}", attachment=attachment)
    reply_to = known.question_id
    await add_outgoing(
        connection, known.conversation_id, [said], sender="operator", author=operator.name, in_reply_to=reply_to
    )
    mine = messages.c.conversation_id == known.conversation_id
    last = select(conversations.c.last_seq).where(conversations.c.id == known.conversation_id).scalar_subquery()
    answer_id = (await connection.execute(select(messages.c.id).where(mine, messages.c.seq == last))).scalar_one()
    return await _done(connection, known, "answered", now=now, by=operator.key, answer_id=answer_id)


async def close_by_hand(
    connection: AsyncConnection, promise_id: UUID, operator: Operator, outcome: Outcome, *, now: datetime
) -> Promise:
    """Close it without writing: the citizen was answered otherwise. Raises `DoneError`, `ValueError`."""
    if outcome not in CLOSED_BY_HAND:
        raise ValueError(outcome)
    return await _done(connection, await _held(connection, promise_id), outcome, now=now, by=operator.key)


async def has_stopped(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Whether the citizen wrote STOP where they would be written to."""
    return any(one.opted_out_at for one in await addresses_of(connection, conversation_id))


async def next_late(connection: AsyncConnection, *, now: datetime) -> Promise | None:
    """A question past its time whose citizen was not told so, its conversation held; told from then on."""
    late = (promises.c.done_at.is_(None), promises.c.due_at < now, promises.c.late_told_at.is_(None))
    query = select(promises).where(*late).order_by(promises.c.due_at).limit(1)
    seen = _promise((await connection.execute(query)).mappings().one_or_none())
    if seen is None or not await _hold(connection, seen):
        return None
    told = update(promises).where(promises.c.id == seen.id, *late).values(late_told_at=now).returning(promises)
    return _promise((await connection.execute(told)).mappings().one_or_none())


async def _held(connection: AsyncConnection, promise_id: UUID) -> Promise:
    """The open question, with its conversation's row held: whoever else changes it waits."""
    known = await promise_of(connection, promise_id)
    if known is None or known.done_at is not None:
        raise DoneError
    again = await promise_of(connection, promise_id) if await _hold(connection, known) else None
    if again is None or again.done_at is not None:
        raise DoneError
    return again


async def _hold(connection: AsyncConnection, known: Promise) -> bool:
    """Hold the conversation's row; whether the conversation is still there."""
    try:
        await own(connection, known.conversation_id)
    except GoneError:
        return False
    return True


async def _done(
    connection: AsyncConnection, known: Promise, outcome: Outcome, *, now: datetime, by: str | None, **more: Any
) -> Promise:
    values = {"outcome": outcome, "done_at": now, "done_by": by} | more
    done = update(promises).where(promises.c.id == known.id).values(**values).returning(promises)
    return Promise(**(await connection.execute(done)).mappings().one())


def _promise(row: RowMapping | None) -> Promise | None:
    return Promise(**row) if row else None

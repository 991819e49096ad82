"""Passing a conversation to a person and back. Every function takes an open connection: the caller decides the transaction.

A conversation has at most one open request, kept so by the schema; whoever changes it holds the conversation's row, which
every message takes too. So a conversation has one owner at any moment, and nothing is said by two at once.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.answers import people as words
from bot.conversations.desk_tables import handoff_steps, handoffs
from bot.conversations.handoff_model import (
    OUTCOMES,
    GoneError,
    Handoff,
    NotYoursError,
    Operator,
    Reason,
    TakenError,
    UnseenError,
)
from bot.conversations.model import Reply
from bot.conversations.store import add_outgoing
from bot.storage.tables import conversations, messages

MOST_CHARS = 4000


async def open_handoff(connection: AsyncConnection, conversation_id: UUID) -> Handoff | None:
    """The request that waits, or is being answered."""
    query = select(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    return Handoff(**row) if row else None


async def request_person(connection: AsyncConnection, conversation_id: UUID, reason: Reason) -> tuple[Handoff, bool]:
    """Put the conversation in the queue; and whether it was not there yet. Raises `GoneError`."""
    await own(connection, conversation_id)
    known = await open_handoff(connection, conversation_id)
    if known is not None:
        return known, False
    row = await _opened(connection, conversation_id, {"state": "waiting", "reason": reason})
    await _step(connection, row, "waiting")
    return row, True


async def withdraw(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """The citizen does not want to wait any more; whether they were waiting."""
    await own(connection, conversation_id)
    known = await open_handoff(connection, conversation_id)
    if known is None or known.state != "waiting":
        return False
    await _end(connection, known, "withdrawn")
    return True


async def take(connection: AsyncConnection, conversation_id: UUID, operator: Operator) -> Handoff:
    """Make the conversation the operator's own and tell the citizen who writes now; again, nothing changes.

    Raises `TakenError` when somebody else has it, `GoneError`.
    """
    await own(connection, conversation_id)
    known = await open_handoff(connection, conversation_id)
    if known is not None and known.state == "taken":
        if known.operator != operator.key:
            raise TakenError(known.operator_name or "")
        return known
    if known is None:
        known = await _opened(connection, conversation_id, {"state": "waiting", "reason": "operator"})
        await _step(connection, known, "waiting")
    taken = await _given_to(connection, known, operator, state="taken", taken_at=func.clock_timestamp())
    await _step(connection, taken, "taken")
    await add_outgoing(connection, conversation_id, [Reply(text=words.TAKEN.format(name=operator.name))])
    return taken


async def transfer(connection: AsyncConnection, conversation_id: UUID, operator: Operator, to: Operator) -> Handoff:
    """Pass the conversation to a colleague; the citizen hears it. Raises `NotYoursError`, `GoneError`."""
    known = await _held_by(connection, conversation_id, operator)
    if to.key == operator.key:
        return known
    passed = await _given_to(connection, known, to)
    await _step(connection, passed, "transferred")
    said = words.TRANSFERRED.format(before=operator.name, name=to.name)
    await add_outgoing(connection, conversation_id, [Reply(text=said)])
    return passed


async def reply(
    connection: AsyncConnection,
    conversation_id: UUID,
    operator: Operator,
    said: Reply,
    *,
    reply_id: UUID,
    seen: int,
) -> None:
    """Say what the operator wrote, once for each `reply_id`; messages up to number `seen` count as answered.

    Raises `NotYoursError`, `GoneError`; `ValueError` for an empty or too long text.
    """
    if not said.text.strip() or len(said.text) > MOST_CHARS:
        raise ValueError(f"from 1 to {MOST_CHARS} characters")
    await _held_by(connection, conversation_id, operator)
    mine = messages.c.conversation_id == conversation_id
    marker = f"console:{reply_id}"
    before = select(messages.c.id).where(mine, messages.c.channel_message_id == marker)
    if (await connection.execute(before)).first() is not None:
        return
    said = replace(said, text=said.text.strip())
    await add_outgoing(connection, conversation_id, [said], sender="operator", author=operator.name)
    last = select(conversations.c.last_seq).where(conversations.c.id == conversation_id).scalar_subquery()
    await connection.execute(update(messages).where(mine, messages.c.seq == last).values(channel_message_id=marker))
    await settle(connection, conversation_id, up_to=seen)
    await connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(operator_typing_until=None)
    )


async def close(
    connection: AsyncConnection, conversation_id: UUID, operator: Operator, *, outcome: str, seen: int
) -> None:
    """End it: the citizen hears that the assistant is back. Raises `NotYoursError`, `UnseenError`, `GoneError`."""
    if outcome not in OUTCOMES:
        raise ValueError(outcome)
    known = await _held_by(connection, conversation_id, operator)
    unseen = select(messages.c.id).where(
        messages.c.conversation_id == conversation_id, messages.c.sender == "citizen", messages.c.seq > seen
    )
    if (await connection.execute(unseen.limit(1))).first() is not None:
        raise UnseenError
    await give_back(connection, known, "closed", Reply(text=words.BACK.format(name=operator.name)), outcome=outcome)


async def give_back(
    connection: AsyncConnection, handoff: Handoff, state: str, said: Reply, *, outcome: str | None = None
) -> None:
    """End a request and let the assistant answer again; the caller holds the conversation's row (`own`)."""
    await _end(connection, handoff, state, outcome=outcome)
    # Before the owner changes: what was written to the person is nothing the assistant is late with.
    await settle(connection, handoff.conversation_id)
    await _owner(connection, handoff.conversation_id, "bot", None)
    await add_outgoing(connection, handoff.conversation_id, [said])


async def settle(connection: AsyncConnection, conversation_id: UUID, *, up_to: int | None = None) -> None:
    """Count the citizen's messages as answered: up to a number, or all."""
    waiting = update(messages).where(
        messages.c.conversation_id == conversation_id,
        messages.c.sender == "citizen",
        messages.c.answered_at.is_(None),
    )
    if up_to is not None:
        waiting = waiting.where(messages.c.seq <= up_to)
    await connection.execute(waiting.values(answered_at=func.clock_timestamp()))


async def own(connection: AsyncConnection, conversation_id: UUID) -> None:
    """Hold the conversation's row until the transaction ends. Raises `GoneError`."""
    query = select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update()
    if (await connection.execute(query)).first() is None:
        raise GoneError


async def _held_by(connection: AsyncConnection, conversation_id: UUID, operator: Operator) -> Handoff:
    await own(connection, conversation_id)
    known = await open_handoff(connection, conversation_id)
    if known is None or known.state != "taken" or known.operator != operator.key:
        raise NotYoursError
    return known


async def _opened(connection: AsyncConnection, conversation_id: UUID, values: dict[str, Any]) -> Handoff:
    row = {"id": uuid4(), "conversation_id": conversation_id} | values
    made = (await connection.execute(insert(handoffs).values(row).returning(handoffs))).mappings().one()
    return Handoff(**made)


async def _given_to(connection: AsyncConnection, known: Handoff, operator: Operator, **values: Any) -> Handoff:
    whose = {"operator": operator.key, "operator_name": operator.name}
    changing = update(handoffs).where(handoffs.c.id == known.id).values(**whose, **values).returning(handoffs)
    row = (await connection.execute(changing)).mappings().one()
    await _owner(connection, known.conversation_id, "operator", operator.name)
    return Handoff(**row)


async def _owner(connection: AsyncConnection, conversation_id: UUID, owner: str, name: str | None) -> None:
    # A private answer that was being asked for is not awaited from a talk with a person, nor after it.
    values = {"owner": owner, "operator_name": name, "operator_typing_until": None, "expects": None}
    await connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(values))


async def _end(connection: AsyncConnection, known: Handoff, state: str, *, outcome: str | None = None) -> None:
    values = {"state": state, "outcome": outcome, "ended_at": func.clock_timestamp()}
    await connection.execute(update(handoffs).where(handoffs.c.id == known.id).values(values))
    await _step(connection, known, state)


async def _step(connection: AsyncConnection, known: Handoff, what: str) -> None:
    count = select(func.count() + 1).where(handoff_steps.c.handoff_id == known.id).scalar_subquery()
    who = {"operator": known.operator, "operator_name": known.operator_name}
    await connection.execute(insert(handoff_steps).values(handoff_id=known.id, number=count, what=what, **who))

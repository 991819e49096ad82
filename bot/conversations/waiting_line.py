"""Those who wait for a person: their place in the line, how long it usually takes, who waited too long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.desk_tables import handoff_steps, handoffs
from bot.conversations.handoff_model import Handoff
from bot.settings import get_settings
from bot.storage.tables import conversations, messages

USUAL_OF = 50
"""The usual wait is the middle one of so many."""
MINUTES_STEP = 5
MOST_LISTED = 200


@dataclass(frozen=True, kw_only=True)
class InLine:
    """A request as operators see it listed. `unread`: messages nobody answered; `last` is the citizen's last message."""

    handoff: Handoff
    channel: str
    unread: int
    last: str
    last_at: datetime | None


async def position(connection: AsyncConnection, handoff: Handoff) -> int:
    """The place in the queue; 1 is next."""
    before = select(func.count()).where(handoffs.c.state == "waiting", handoffs.c.requested_at < handoff.requested_at)
    return int((await connection.execute(before)).scalar_one()) + 1


async def usual_minutes(connection: AsyncConnection) -> int:
    """How long people lately waited for an answer, rounded up to five minutes; before there are any, our patience."""
    waits = (
        select(func.extract("epoch", handoffs.c.taken_at - handoffs.c.requested_at).label("seconds"))
        .where(handoffs.c.taken_at.is_not(None), handoffs.c.reason != "operator")
        .order_by(handoffs.c.taken_at.desc())
        .limit(USUAL_OF)
        .subquery()
    )
    middle = select(func.percentile_cont(0.5).within_group(waits.c.seconds))
    seconds = (await connection.execute(middle)).scalar_one()
    minutes = get_settings().handoff_patience if seconds is None else float(seconds) / 60
    return max(MINUTES_STEP, -int(-minutes // MINUTES_STEP) * MINUTES_STEP)


async def waiting_line(connection: AsyncConnection) -> list[InLine]:
    """Everybody who waits, the longest first."""
    return await _listed(connection, _with_conversation().where(handoffs.c.state == "waiting"))


async def held_by(connection: AsyncConnection, operator: str | None = None) -> list[InLine]:
    """The conversations an operator has; with None, those of all operators."""
    query = _with_conversation().where(handoffs.c.state == "taken")
    return await _listed(connection, query if operator is None else query.where(handoffs.c.operator == operator))


async def next_given_up(connection: AsyncConnection, *, closed: bool) -> Handoff | None:
    """A request nobody took in time, with its conversation held; when the desk is `closed`, any that waits."""
    query = select(handoffs).where(handoffs.c.state == "waiting").order_by(handoffs.c.requested_at).limit(1)
    if not closed:
        query = query.where(handoffs.c.requested_at < _minutes_ago(get_settings().handoff_patience))
    return await _alone_with(connection, query)


async def next_abandoned(connection: AsyncConnection) -> Handoff | None:
    """A conversation whose operator leaves the citizen without an answer for too long, held."""
    late = (
        select(messages.c.id)
        .where(
            messages.c.conversation_id == handoffs.c.conversation_id,
            messages.c.sender == "citizen",
            messages.c.answered_at.is_(None),
            messages.c.created_at < _minutes_ago(get_settings().handoff_idle),
        )
        .exists()
    )
    # Whoever has just taken it, or was passed it, has time to read.
    lately = select(handoff_steps.c.number).where(
        handoff_steps.c.handoff_id == handoffs.c.id, handoff_steps.c.at > _minutes_ago(get_settings().handoff_idle)
    )
    rested = ~lately.exists()
    return await _alone_with(connection, select(handoffs).where(handoffs.c.state == "taken", rested, late).limit(1))


def _minutes_ago(minutes: float) -> ColumnElement[datetime]:
    return func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, minutes * 60)


async def _alone_with(connection: AsyncConnection, query: Select[Any]) -> Handoff | None:
    """What the query finds, looked at again once its conversation is held by nobody else."""
    seen = (await connection.execute(query)).mappings().one_or_none()
    if seen is None:
        return None
    held = select(conversations.c.id).where(conversations.c.id == seen["conversation_id"]).with_for_update()
    await connection.execute(held)
    again = query.where(handoffs.c.id == seen["id"])
    row = (await connection.execute(again)).mappings().one_or_none()
    return Handoff(**row) if row else None


def _with_conversation() -> Select[Any]:
    mine = messages.c.conversation_id == handoffs.c.conversation_id
    citizens = (mine, messages.c.sender == "citizen")
    unread = select(func.count()).where(*citizens, messages.c.answered_at.is_(None)).scalar_subquery()
    newest = select(messages).where(*citizens).order_by(messages.c.seq.desc()).limit(1).lateral()
    return (
        select(
            handoffs,
            conversations.c.channel,
            unread.label("unread"),
            func.coalesce(newest.c.text, "").label("last"),
            newest.c.created_at.label("last_at"),
        )
        .join(conversations, conversations.c.id == handoffs.c.conversation_id)
        .outerjoin(newest, newest.c.conversation_id == handoffs.c.conversation_id)
        .order_by(handoffs.c.requested_at)
        .limit(MOST_LISTED)
    )


async def _listed(connection: AsyncConnection, query: Select[Any]) -> list[InLine]:
    columns = [column.name for column in handoffs.c]
    return [
        InLine(
            handoff=Handoff(**{name: row[name] for name in columns}),
            channel=row["channel"],
            unread=row["unread"],
            last=row["last"],
            last_at=row["last_at"],
        )
        for row in (await connection.execute(query)).mappings()
    ]

"""Erasing people's data everywhere at once. The caller decides the transaction; nothing of it is half done.

Locks are taken in the agenda's order, then the conversations, then what is on its way out: a message being sent is waited
for. What Rasa keeps in memory is dropped by its process when it hears `FORGET` (see bot/dialogue/forgetting.py).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.changes import cancel
from bot.agenda.model import NotFoundError, NotMovableError
from bot.agenda.tables import appointments, claimed_by, claims, lapsed_holds, reminders, waiting, wrong_codes
from bot.agenda.transactions import lock
from bot.agenda.waiting import leave
from bot.conversations.desk_tables import attachments, call_backs, handoffs, promises
from bot.conversations.presence import tell
from bot.conversations.stopped import remember_stops
from bot.privacy.holds import HeldError, holds_among
from bot.storage.tables import addresses, conversations, deliveries, messages, outbox, parses, private_answers

FORGET = "sportello_forget"
"""PostgreSQL notification channel: the conversation of this id exists no more."""

Counts = dict[str, int]

_EVENTS = text("DELETE FROM events WHERE sender_id = ANY(:ids)")
_JOBS = text("DELETE FROM procrastinate_jobs WHERE lock = ANY(:ids) AND status <> 'doing'")
# What operators wrote down when they read a conversation; the entry itself stays, its chain unbroken.
_AUDIT_NOTES = text("UPDATE console_audit SET note = NULL WHERE note IS NOT NULL AND subject = ANY(:subjects)")


async def erase(
    connection: AsyncConnection,
    *,
    conversation_ids: Collection[UUID],
    appointment_ids: Collection[UUID] = (),
    now: datetime,
) -> Counts:
    """Erase conversations with all that hangs on them, and who appointments were for; returns how many of each kind.

    The appointments made in a conversation go with it. Those to come are cancelled: nobody would be expected. An
    appointment stays as a number: service, place, time and how it ended. Raises `HeldError`, having erased nothing.
    """
    ids = sorted(set(conversation_ids))
    for one in ids:
        await lock(connection, one, ())
    found = await _appointments_of(connection, ids, appointment_ids)
    erased: Counts = {}
    erased["cancelled"] = await _cancel_coming(connection, found, now=now)
    await _hold_rows(connection, ids)
    if held := await holds_among(connection, ids):
        raise HeldError(sorted(held))
    erased["waiting"] = await _leave_agenda(connection, ids, now=now)
    erased["appointments"] = await make_anonymous(connection, found)
    ids += await _copies(connection, ids)
    erased |= await _counted(connection, ids)
    erased["stops_kept"] = await remember_stops(connection, ids)
    erased["dialogue_events"] = await erase_events(connection, ids)
    erased["jobs"] = (await connection.execute(_JOBS, {"ids": [str(one) for one in ids]})).rowcount
    subjects = [f"conversation:{one}" for one in ids] + [f"appointment:{one}" for one in found]
    if subjects and await table_exists(connection, "console_audit"):
        await connection.execute(_AUDIT_NOTES, {"subjects": subjects})
    gone = await connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))
    erased["conversations"] = gone.rowcount
    for one in ids:
        await tell(connection, one)
    return erased


async def erase_events(connection: AsyncConnection, ids: Sequence[UUID]) -> int:
    """Erase what the dialogue stored of these conversations, and tell its process to forget them; how many steps."""
    for one in ids:
        await connection.execute(select(func.pg_notify(FORGET, str(one))))
    if not await table_exists(connection, "events"):
        return 0  # Rasa makes its table when it first starts
    # Rasa takes any text for the sender: ours are ids, written with hyphens or without.
    names = [*(str(one) for one in ids), *(one.hex for one in ids)]
    return (await connection.execute(_EVENTS, {"ids": names})).rowcount


async def make_anonymous(connection: AsyncConnection, appointment_ids: Collection[UUID]) -> int:
    """Take the person out of appointments; how many had one."""
    mine = appointments.c.id.in_(list(appointment_ids))
    somebodys = or_(appointments.c.citizen.is_not(None), appointments.c.conversation_id.is_not(None))
    values: dict[str, Any] = {
        "citizen": None,
        "surname_fingerprints": cast([], ARRAY(appointments.c.citizen.type)),
        "conversation_id": None,
        # nobody can type this one
        "code": literal("~").concat(cast(appointments.c.id, Text)),
    }
    await connection.execute(delete(claimed_by).where(claimed_by.c.appointment_id.in_(list(appointment_ids))))
    await connection.execute(delete(reminders).where(reminders.c.appointment_id.in_(list(appointment_ids))))
    await connection.execute(update(claims).where(claims.c.id.in_(list(appointment_ids))).values(conversation_id=None))
    return (await connection.execute(update(appointments).where(mine, somebodys).values(values))).rowcount


async def _appointments_of(
    connection: AsyncConnection, ids: Sequence[UUID], chosen: Collection[UUID]
) -> Sequence[UUID]:
    """Those made in the conversations and those chosen, with what they were moved from and to."""
    first = select(appointments.c.id).where(
        or_(appointments.c.conversation_id.in_(ids), appointments.c.id.in_(list(chosen)))
    )
    found = set((await connection.execute(first)).scalars())
    more = found
    while more:
        linked = select(appointments.c.id).where(
            or_(appointments.c.moved_from.in_(list(more)), appointments.c.moved_to.in_(list(more)))
        )
        more = set((await connection.execute(linked)).scalars()) - found
        found |= more
    return sorted(found)


async def _cancel_coming(connection: AsyncConnection, found: Sequence[UUID], *, now: datetime) -> int:
    coming = select(appointments.c.id).where(
        appointments.c.id.in_(found), appointments.c.state == "da_erogare", appointments.c.ends > now
    )
    cancelled = 0
    for one in (await connection.execute(coming.order_by(appointments.c.id))).scalars().all():
        try:
            await cancel(connection, one, reason="altro", now=now, by="citizen")
        except NotMovableError:
            await cancel(connection, one, reason="altro", now=now, by="operator")
        except NotFoundError:
            continue  # ended, or cancelled, meanwhile
        cancelled += 1
    return cancelled


async def _hold_rows(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Nothing more comes into these conversations, and what is being sent has left."""
    own = select(conversations.c.id).where(conversations.c.id.in_(ids)).order_by(conversations.c.id).with_for_update()
    await connection.execute(own)
    await connection.execute(select(outbox.c.message_id).where(outbox.c.conversation_id.in_(ids)).with_for_update())


async def _leave_agenda(connection: AsyncConnection, ids: Sequence[UUID], *, now: datetime) -> int:
    for one in ids:
        await leave(connection, one, now=now)
    gone = await connection.execute(delete(waiting).where(waiting.c.conversation_id.in_(ids)))
    held = (claims.c.conversation_id.in_(ids), claims.c.expires_at.is_not(None))
    await connection.execute(delete(claims).where(*held))
    for table in (lapsed_holds, claimed_by, wrong_codes):
        await connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    return gone.rowcount


async def _copies(connection: AsyncConnection, ids: Sequence[UUID]) -> list[UUID]:
    """Erase what was said as a text message in place of these conversations; those left without a word go as well."""
    original = messages.alias("original")
    mine = select(original.c.id).where(original.c.conversation_id.in_(ids))
    elsewhere = messages.c.conversation_id.not_in(ids)
    gone = delete(messages).where(messages.c.instead_of.in_(mine), elsewhere).returning(messages.c.conversation_id)
    told = set((await connection.execute(gone)).scalars())
    left = select(messages.c.conversation_id).where(messages.c.conversation_id.in_(list(told))).distinct()
    empty = sorted(told - set((await connection.execute(left)).scalars()))
    await _hold_rows(connection, empty)
    held = await holds_among(connection, empty)
    return [one for one in empty if one not in held]


async def _counted(connection: AsyncConnection, ids: Sequence[UUID]) -> Counts:
    """What goes with its conversation."""
    counts: Counts = {}
    tables = {"messages": messages, "private_answers": private_answers, "addresses": addresses}
    tables |= {"handoffs": handoffs, "call_backs": call_backs, "promises": promises}
    for kind, table in tables.items():
        query = select(func.count()).where(table.c.conversation_id.in_(ids))
        counts[kind] = (await connection.execute(query)).scalar_one()
    theirs = select(messages.c.id).where(messages.c.conversation_id.in_(ids))
    for kind, table in {"understood": parses, "deliveries": deliveries, "attachments": attachments}.items():
        query = select(func.count()).where(table.c.message_id.in_(theirs))
        counts[kind] = (await connection.execute(query)).scalar_one()
    return counts


async def table_exists(connection: AsyncConnection, table: str) -> bool:
    """Whether a table that others make is there yet."""
    found = await connection.execute(select(func.to_regclass(f"public.{table}")))
    return found.scalar_one() is not None

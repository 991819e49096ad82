"""Changing when desks receive: weekly hours, extra openings, closures, desks switched off. Nobody is cancelled silently.

Every change goes through `change`: with the sites locked it is made and looked at; when people are booked where nobody would
receive them, it is undone and `PeopleBookedError` says who, until it is said what is to become of them. Places that
somebody is just deciding about are given back.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import notices
from bot.agenda.calendar import Desk, WeeklyHours, instant, local_day, openings
from bot.agenda.catalogue import read_desks
from bot.agenda.changes import cancel_all
from bot.agenda.model import AgendaError, Appointment, Mode, NotFoundError
from bot.agenda.records import appointment_of
from bot.agenda.tables import appointments, desks, exceptions, hours, sites
from bot.agenda.transactions import lock
from bot.clock import ROME

Decision = Literal["keep", "cancel"]
"""What is to become of those who are booked: received all the same, or cancelled and told."""

# A hold whose place is no more becomes a lapsed one: a late yes then looks for the place anew and finds there is none.
LAPSE = text("""
WITH gone AS (DELETE FROM agenda_claims WHERE id = ANY(:ids) AND expires_at IS NOT NULL RETURNING *)
INSERT INTO agenda_lapsed_holds (id, desk_id, starts, ends, service_id, mode, conversation_id, offered, created_at)
SELECT id, desk_id, lower(during), upper(during), service_id, mode, conversation_id, offered, created_at FROM gone
ON CONFLICT DO NOTHING
""")
HELD = text("""
SELECT id, desk_id, service_id, mode, lower(during) AS starts, upper(during) AS ends FROM agenda_claims
WHERE desk_id = ANY(:desks) AND expires_at > :now
""")


WHAT_CLOSES = ("site_id", "desk_id", "first_day", "last_day", "closed", "opens", "closes")


class PeopleBookedError(AgendaError):
    """People are booked where nobody would receive them; nothing was changed. `affected`: by start."""

    def __init__(self, affected: Sequence[Appointment]) -> None:
        super().__init__(str(len(affected)))
        self.affected = affected


class OverlapError(AgendaError):
    """The desk has weekly hours at that time already."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was decided about those shown. `reason`: as they read it."""

    decision: Decision
    shown: frozenset[UUID]
    reason: str = ""


Change = Callable[[AsyncConnection], Awaitable[None]]


async def change(
    connection: AsyncConnection,
    site_ids: Collection[str],
    make: Change,
    *,
    now: datetime,
    answer: Answer | None = None,
    days: tuple[date, date] | None = None,
) -> list[Appointment]:
    """Make a change to the calendars of some sites; returns whom it concerns, as they are afterwards.

    `days`: the first and the last that the change is about, when it is not about all.

    Raises `PeopleBookedError` when it concerns people and the answer is missing or was given about others: somebody may
    have booked meanwhile. What `make` raises passes.
    """
    await lock(connection, None, site_ids)
    left_before = {one.id for one in await _unreceived(connection, site_ids, days, now=now)}
    await make(connection)
    affected = [one for one in await _unreceived(connection, site_ids, days, now=now) if one.id not in left_before]
    if affected and (answer is None or {one.id for one in affected} != answer.shown):
        raise PeopleBookedError(affected)
    await _give_back_holds(connection, site_ids, now=now)
    if answer is None or answer.decision == "keep":
        return affected
    gone = await cancel_all(connection, [one.id for one in affected], reason="chiusura", now=now)
    await notices.note(connection, [one.id for one in gone], "cancelled", now=now, reason=answer.reason)
    return gone


async def _unreceived(
    connection: AsyncConnection, site_ids: Collection[str], days: tuple[date, date] | None, *, now: datetime
) -> list[Appointment]:
    """Appointments to come at a time when the desk, by its calendar, does not receive for that."""
    by_id = await _desks(connection, site_ids, now=now)
    query = (
        select(appointments)
        .where(appointments.c.desk_id.in_(by_id), appointments.c.starts > now, appointments.c.state == "da_erogare")
        .order_by(appointments.c.starts, appointments.c.id)
    )
    if days is not None:
        first, last = (datetime.combine(day, time.min, tzinfo=ROME) for day in (days[0], days[1] + timedelta(days=1)))
        query = query.where(appointments.c.starts >= first, appointments.c.starts < last)
    rows = (await connection.execute(query)).mappings()
    return [appointment_of(row, with_citizen=False) for row in rows if not _receives(by_id[row["desk_id"]], row)]


async def _give_back_holds(connection: AsyncConnection, site_ids: Collection[str], *, now: datetime) -> None:
    by_id = await _desks(connection, site_ids, now=now)
    held = (await connection.execute(HELD, {"desks": list(by_id), "now": now})).mappings()
    gone = [row["id"] for row in held if not _receives(by_id[row["desk_id"]], row)]
    if gone:
        await connection.execute(LAPSE, {"ids": gone})


async def _desks(connection: AsyncConnection, site_ids: Collection[str], *, now: datetime) -> dict[int, Desk]:
    return {one.id: one for one in await read_desks(connection, site_ids, from_day=local_day(now), inactive=True)}


def _receives(desk: Desk, row: RowMapping) -> bool:
    start, end = int(row["starts"].timestamp()), int(row["ends"].timestamp())
    open_then = any(one.starts <= start and end <= one.ends for one in openings(desk, local_day(row["starts"])))
    return open_then and desk.serves(row["service_id"], row["mode"])


# --- what can be changed ----------------------------------------------------------------------------------------------


async def all_site_ids(connection: AsyncConnection) -> list[str]:
    """Every site, for what concerns everything."""
    return list((await connection.execute(select(sites.c.id).order_by(sites.c.id))).scalars())


def add_exception(**values: Any) -> Change:
    """A closure, or an opening besides the weekly hours; the columns of the table. The same closure again is one.

    Raises `OverlapError` when the desk receives already at some time of an opening.
    """

    async def make(connection: AsyncConnection) -> None:
        if values["closed"]:
            same = [exceptions.c[name].is_not_distinct_from(values.get(name)) for name in WHAT_CLOSES]
            if (await connection.execute(select(exceptions.c.id).where(*same).limit(1))).first():
                return
        else:
            await _must_be_apart(connection, values)
        await connection.execute(insert(exceptions).values(values))

    return make


async def _must_be_apart(connection: AsyncConnection, opening: Mapping[str, Any]) -> None:
    first, last = opening["first_day"], opening["last_day"]
    site = select(desks.c.site_id).where(desks.c.id == opening["desk_id"])
    found = await read_desks(
        connection, (await connection.execute(site)).scalars().all(), from_day=first, inactive=True
    )
    desk = next(one for one in found if one.id == opening["desk_id"])
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        starts, ends = instant(day, opening["opens"]), instant(day, opening["closes"])
        if any(one.starts < ends and starts < one.ends for one in openings(desk, day)):
            raise OverlapError


def remove_exception(exception_id: int) -> Change:
    """Take one away. Raises `NotFoundError`."""

    async def make(connection: AsyncConnection) -> None:
        gone = delete(exceptions).where(exceptions.c.id == exception_id).returning(exceptions.c.id)
        if (await connection.execute(gone)).first() is None:
            raise NotFoundError(str(exception_id))

    return make


def add_hours(desk_id: int, lines: Sequence[WeeklyHours]) -> Change:
    """Weekly hours of a desk. Raises `OverlapError` when it has others at one of those times."""

    async def make(connection: AsyncConnection) -> None:
        for line in lines:
            others = [hours.c.desk_id == desk_id, hours.c.weekday == line.weekday]
            others += [hours.c.opens < line.closes, hours.c.closes > line.opens]
            if line.valid_from is not None:
                others.append(or_(hours.c.valid_to.is_(None), hours.c.valid_to >= line.valid_from))
            if line.valid_to is not None:
                others.append(or_(hours.c.valid_from.is_(None), hours.c.valid_from <= line.valid_to))
            if (await connection.execute(select(hours.c.id).where(*others).limit(1))).first():
                raise OverlapError
            await connection.execute(insert(hours).values(asdict(line) | {"desk_id": desk_id}))

    return make


def end_hours(hours_id: int, last_day: date) -> Change:
    """Weekly hours count for the last time on that day; not at all when they began later. Raises `NotFoundError`."""

    async def make(connection: AsyncConnection) -> None:
        line = hours.c.id == hours_id
        began = or_(hours.c.valid_from.is_(None), hours.c.valid_from <= last_day)
        ended = update(hours).where(line, began).values(valid_to=last_day).returning(hours.c.id)
        never = delete(hours).where(line, ~began).returning(hours.c.id)
        if (await connection.execute(ended)).first() is None and (await connection.execute(never)).first() is None:
            raise NotFoundError(str(hours_id))

    return make


def change_desk(
    desk_id: int, *, title: str, active: bool, modes: Sequence[Mode], service_ids: Sequence[str] | None
) -> Change:
    """What a desk offers, its name, and whether it receives at all. Raises `NotFoundError`."""

    async def make(connection: AsyncConnection) -> None:
        values = {"title": title, "active": active, "modes": list(modes)}
        values["service_ids"] = None if service_ids is None else list(service_ids)
        changed = update(desks).where(desks.c.id == desk_id).values(values).returning(desks.c.id)
        if (await connection.execute(changed)).first() is None:
            raise NotFoundError(str(desk_id))

    return make

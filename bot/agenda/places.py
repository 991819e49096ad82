"""Taking a place: the one way a claim comes to be. The site must be locked (`transactions.lock`) by the caller."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import Desk, local_day, places_at
from bot.agenda.catalogue import read_desks, read_service
from bot.agenda.model import Actor, NotBookableError, Service, Slot, SlotTakenError

PURGE = text("""
WITH gone AS (
    DELETE FROM agenda_claims WHERE desk_id = ANY(:desks) AND during && tstzrange(:starts, :ends) AND expires_at <= :now
    RETURNING *
)
INSERT INTO agenda_lapsed_holds (id, desk_id, starts, ends, service_id, mode, conversation_id, offered, created_at)
SELECT id, desk_id, lower(during), upper(during), service_id, mode, conversation_id, offered, created_at FROM gone
ON CONFLICT DO NOTHING
""")

# The free lanes of the desks that can take the slot. What has expired does not count, nor this conversation's own hold,
# which it would give back. A claim in a lane that is no more, since there were more places once, takes one of today's.
ROOM = """
WITH taken AS (
    SELECT desk_id, lane FROM agenda_claims
    WHERE desk_id = ANY(:desks) AND during && tstzrange(:starts, :ends)
        AND lower(during) > CAST(:starts AS timestamptz) - interval '1 day' AND lower(during) < :ends
        AND (expires_at IS NULL
            OR expires_at > :now AND (offered OR conversation_id IS DISTINCT FROM :conversation_id))
), room AS (
    SELECT desk.id AS desk_id, desk.places, desk.turn, lane, count(*) OVER (PARTITION BY desk.id) AS free
    FROM unnest(CAST(:desks AS bigint[]), CAST(:places AS integer[])) WITH ORDINALITY AS desk(id, places, turn),
        generate_series(1, desk.places) AS place(lane)
    WHERE (desk.id, lane) NOT IN (SELECT desk_id, lane FROM taken)
), place AS (
    SELECT desk_id, lane FROM room
    WHERE free > (
        SELECT count(DISTINCT taken.lane) FROM taken WHERE taken.desk_id = room.desk_id AND taken.lane > room.places
    )
    ORDER BY turn, lane LIMIT 1
)
"""

HAS_PLACE = text(ROOM + "TABLE place")

TAKE = text(
    ROOM
    + """
INSERT INTO agenda_claims
    (id, desk_id, lane, during, service_id, mode, conversation_id, expires_at, offered, created_at)
SELECT :id, desk_id, lane, tstzrange(:starts, :ends), :service_id, :mode, :conversation_id, :expires_at, :offered, :now
FROM place
ON CONFLICT DO NOTHING
RETURNING desk_id
"""
)

CLAIM = text("""
SELECT c.id, c.desk_id, d.site_id, c.service_id, c.mode, lower(c.during) AS starts, upper(c.during) AS ends,
    c.conversation_id, c.expires_at, c.offered, true AS present
FROM agenda_claims c JOIN agenda_desks d ON d.id = c.desk_id WHERE c.id = :id
UNION ALL
SELECT l.id, l.desk_id, d.site_id, l.service_id, l.mode, l.starts, l.ends,
    l.conversation_id, NULL, l.offered, false
FROM agenda_lapsed_holds l JOIN agenda_desks d ON d.id = l.desk_id WHERE l.id = :id
""")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A place taken or, when not `present`, one that was and that somebody else has taken since its hold expired."""

    id: UUID
    slot: Slot
    conversation_id: UUID | None
    expires_at: datetime | None  # None: an appointment's
    offered: bool
    present: bool


async def read_claim(connection: AsyncConnection, claim_id: UUID) -> Claim | None:
    """The claim or lapsed hold of that id."""
    row = (await connection.execute(CLAIM, {"id": claim_id})).mappings().first()
    if row is None:
        return None
    kept = {key: row[key] for key in ("id", "conversation_id", "expires_at", "offered", "present")}
    return Claim(slot=slot_of(row), **kept)


def slot_of(row: RowMapping) -> Slot:
    """The slot in a row that has its columns."""
    kept = {key: row[key] for key in ("site_id", "desk_id", "service_id", "mode")}
    return Slot(starts=row["starts"].astimezone(UTC), ends=row["ends"].astimezone(UTC), **kept)


async def bookable(connection: AsyncConnection, slot: Slot, *, now: datetime, by: Actor = "citizen") -> Service:
    """The service of a slot, when its rules allow the slot now; to operators its notice does not apply.

    Raises `NotBookableError` with rule blocked, mode, notice or ahead.
    """
    found = await read_service(connection, slot.service_id)
    if found is None or found[1]:
        raise NotBookableError("blocked")
    service = found[0]
    if slot.mode not in service.modes:
        raise NotBookableError("mode")
    if slot.starts < (now + service.min_notice if by == "citizen" else now):
        raise NotBookableError("notice")
    if slot.starts > now + service.max_ahead:
        raise NotBookableError("ahead")
    return service


@dataclass(frozen=True, kw_only=True)
class Room:
    """Where a slot can be: the desks of its site and how many places each has, in the order to try them."""

    slot: Slot
    desks: list[int]
    places: list[int]

    def values(self, now: datetime) -> dict[str, Any]:
        """The parameters that statements about it share."""
        when = {"starts": self.slot.starts, "ends": self.slot.ends, "now": now}
        return {"desks": self.desks, "places": self.places} | when


async def room_for(connection: AsyncConnection, slot: Slot, *, now: datetime, by: Actor = "citizen") -> Room:
    """Where the slot can be by the calendar: at its desk or, when that is full, at another of its site.

    Raises as `bookable`, and `SlotTakenError` when the calendar has no such slot.
    """
    service = await bookable(connection, slot, now=now, by=by)
    desks = await read_desks(connection, [slot.site_id], from_day=local_day(slot.starts), service_id=service.id)
    places = {desk.id: _places(desk, slot, service) for desk in desks}
    turn = sorted((desk_id for desk_id, count in places.items() if count), key=lambda one: (one != slot.desk_id, one))
    if not turn:
        raise SlotTakenError
    wanted = replace(slot, ends=slot.starts + service.duration)
    return Room(slot=wanted, desks=turn, places=[places[desk_id] for desk_id in turn])


async def has_place(connection: AsyncConnection, room: Room, *, conversation_id: UUID, now: datetime) -> bool:
    """Whether there is a place just now, that conversation's own hold not counted. Needs no lock and promises nothing."""
    values = room.values(now) | {"conversation_id": conversation_id}
    return (await connection.execute(HAS_PLACE, values)).first() is not None


async def take(
    connection: AsyncConnection,
    claim_id: UUID,
    room: Room,
    *,
    conversation_id: UUID,
    expires_at: datetime | None,
    now: datetime,
    offered: bool = False,
) -> Slot:
    """Claim a place and return the slot with its desk. Raises `SlotTakenError` when there is none."""
    await connection.execute(PURGE, room.values(now))
    values = {
        "id": claim_id,
        "service_id": room.slot.service_id,
        "mode": room.slot.mode,
        "conversation_id": conversation_id,
        "expires_at": expires_at,
        "offered": offered,
    }
    desk_id = (await connection.execute(TAKE, room.values(now) | values)).scalar_one_or_none()
    if desk_id is None:
        raise SlotTakenError
    return replace(room.slot, desk_id=desk_id)


def _places(desk: Desk, slot: Slot, service: Service) -> int:
    if not desk.serves(service.id, slot.mode):
        return 0
    return places_at(desk, int(slot.starts.timestamp()), int(service.duration.total_seconds()))

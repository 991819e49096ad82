"""What the desks of a centre do over some days, to be looked at: openings, who is booked, what is held, what is free."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.availability import free_places
from bot.agenda.calendar import DayException, Desk, Opening, closed_reason, local_day, openings
from bot.agenda.catalogue import read_desks
from bot.agenda.model import Mode, State
from bot.clock import ROME

# As in availability: the lower bound lets the index on (desk_id, lower(during)) be used.
TAKEN = text("""
SELECT c.id, c.desk_id, c.lane, lower(c.during) AS starts, upper(c.during) AS ends, c.service_id, c.mode, c.expires_at,
    a.code, a.state, a.sample, a.attendance_confirmed, a.changed_at, a.citizen
FROM agenda_claims c LEFT JOIN agenda_appointments a ON a.id = c.id
WHERE c.desk_id = ANY(:desks) AND lower(c.during) > CAST(:starts AS timestamptz) - interval '1 day'
    AND lower(c.during) < :ends AND upper(c.during) > :starts AND (c.expires_at IS NULL OR c.expires_at > :now)
ORDER BY starts, c.lane
""")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One place that is taken: by an appointment, or held for somebody who is deciding when it has no state."""

    id: UUID
    lane: int
    starts: datetime
    ends: datetime
    service_id: str
    mode: Mode
    state: State | None = None
    code: str = ""
    sample: bool = False
    attendance_confirmed: bool = False
    changed_at: datetime | None = None
    expires_at: datetime | None = None  # of a place that is held
    sealed: bytes | None = None  # who it is for


@dataclass(frozen=True, kw_only=True)
class DeskDay:
    """One desk on one local day. `free` counts, for each start in seconds since 1970, the places free of one step."""

    desk: Desk
    day: date
    openings: Sequence[Opening]
    closed: str  # why it does not receive that day: a holiday, a reason, the day of the week; empty when it does
    taken: Sequence[Taken]
    free: Counter[int]

    @property
    def appointments(self) -> list[Taken]:
        """Those who are or were booked."""
        return [one for one in self.taken if one.state is not None]

    @property
    def held(self) -> list[Taken]:
        """Places kept for somebody who is deciding just now."""
        return [one for one in self.taken if one.state is None]

    @property
    def parts_closed(self) -> list[DayException]:
        """The closures of some hours of the day."""
        return [one for one in self.desk.exceptions if one.closed and one.opens is not None and one.applies(self.day)]

    def free_from(self, now: datetime) -> int:
        """How many places are free from a moment on."""
        least = now.timestamp()
        return sum(places for start, places in self.free.items() if places > 0 and start >= least)


async def read_timetable(
    connection: AsyncConnection, site_id: str, days: Sequence[date], *, now: datetime, desk_id: int | None = None
) -> list[DeskDay]:
    """Every desk of a site, or the one asked for, on each of the days: by desk, then by day. They follow one another."""
    desks = await read_desks(connection, [site_id], from_day=days[0], inactive=True)
    desks = [desk for desk in desks if desk_id is None or desk.id == desk_id]
    taken = defaultdict[tuple[int, date], list[Taken]](list)
    for row in (await connection.execute(TAKEN, _bounds(desks, days, now))).mappings():
        taken[row["desk_id"], local_day(row["starts"])].append(_taken(row))
    return [_desk_day(desk, day, taken[desk.id, day]) for desk in desks for day in days]


def _bounds(desks: Sequence[Desk], days: Sequence[date], now: datetime) -> dict[str, Any]:
    return {
        "desks": [desk.id for desk in desks],
        "starts": datetime.combine(days[0], time.min, tzinfo=ROME),
        "ends": datetime.combine(days[-1] + timedelta(days=1), time.min, tzinfo=ROME),
        "now": now,
    }


def _desk_day(desk: Desk, day: date, taken: Sequence[Taken]) -> DeskDay:
    lanes = defaultdict[int, tuple[list[int], list[int]]](lambda: ([], []))
    for one in taken:
        begins, ends = lanes[one.lane]
        begins.append(int(one.starts.timestamp()))
        ends.append(int(one.ends.timestamp()))
    opened = openings(desk, day)
    return DeskDay(
        desk=desk,
        day=day,
        openings=opened,
        closed="" if opened else _why_closed(desk, day),
        taken=taken,
        free=free_places(desk, day, None, lanes),
    )


def _why_closed(desk: Desk, day: date) -> str:
    return closed_reason([desk], day) or "" if desk.active else "sportello spento"


def _taken(row: RowMapping) -> Taken:
    return Taken(
        id=row["id"],
        lane=row["lane"],
        starts=row["starts"],
        ends=row["ends"],
        service_id=row["service_id"],
        mode=row["mode"],
        state=row["state"],
        code=row["code"] or "",
        sample=bool(row["sample"]),
        attendance_confirmed=bool(row["attendance_confirmed"]),
        changed_at=row["changed_at"],
        expires_at=row["expires_at"],
        sealed=row["citizen"],
    )

"""Plausible appointments of people who do not exist, for the sample agenda."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
from psycopg.types.range import Range
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import Desk, openings
from bot.agenda.catalogue import read_desks, read_services
from bot.agenda.citizens import name_fingerprints, sealed
from bot.agenda.codes import new_code
from bot.agenda.model import Citizen, Service
from bot.agenda.tables import appointments, claims, desks
from bot.clock import ROME
from bot.storage.engine import driver_connection

PAST_DAYS = 10
AHEAD_DAYS = 61
CLAIM = "id uuid, desk_id int8, lane int4, during tstzrange, service_id text, mode text, created_at timestamptz"
APPOINTMENT = (
    "id uuid, claim_id uuid, code text, state text, service_id text, site_id text, desk_id int8, mode text,"
    "starts timestamptz, ends timestamptz, missed_told bool, sample bool, citizen bytea, surname_fingerprints bytea[],"
    "created_at timestamptz, changed_at timestamptz"
)

Intervals = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One made-up appointment."""

    id: UUID
    desk: Desk
    lane: int
    service: Service
    mode: str
    starts: datetime
    ends: datetime
    state: str
    made_at: datetime


async def fill(connection: AsyncConnection, sample: Mapping[str, Any], *, now: datetime) -> int:
    """Give appointments to the sample desks that have no sample appointment to come; returns how many were made."""
    to_come = select(appointments.c.desk_id).where(appointments.c.sample, appointments.c.starts > now)
    empty = select(desks.c.id, desks.c.site_id).where(desks.c.sample, desks.c.id.not_in(to_come))
    found = {row.id: row.site_id for row in await connection.execute(empty)}
    first = now.astimezone(ROME).date() - timedelta(days=PAST_DAYS)
    calendars = [one for one in await read_desks(connection, set(found.values()), from_day=first) if one.id in found]
    services = list((await read_services(connection)).values())
    taken = await _taken(connection, set(found), now - timedelta(days=PAST_DAYS + 1))
    visits = [visit for desk in calendars for visit in _visits(desk, services, sample, taken=taken[desk.id], now=now)]
    codes = {row.code for row in await connection.execute(select(appointments.c.code))}
    await _copy(connection, "agenda_claims", CLAIM, map(_claim, visits))
    await _copy(connection, "agenda_appointments", APPOINTMENT, (_appointment(one, codes, sample) for one in visits))
    return len(visits)


async def _taken(
    connection: AsyncConnection, desk_ids: set[int], since: datetime
) -> Mapping[int, list[tuple[datetime, datetime]]]:
    start, end = func.lower(claims.c.during), func.upper(claims.c.during)
    query = select(claims.c.desk_id, start, end).where(claims.c.desk_id.in_(desk_ids), start > since)
    taken = defaultdict[int, list[tuple[datetime, datetime]]](list)
    for desk_id, starts, ends in await connection.execute(query):
        taken[desk_id].append((starts, ends))
    return taken


def _visits(
    desk: Desk, services: Sequence[Service], sample: Mapping[str, Any], *, taken: Intervals, now: datetime
) -> Iterator[Visit]:
    chance = random.Random(f"{desk.site_id} {desk.id}")  # noqa: S311 - not a secret: the same at every run
    terms = sample["centres"].get(desk.site_id, sample["centres"]["default"])
    usual = random.Random(desk.site_id).uniform(0.4, 0.75)  # noqa: S311
    today = now.astimezone(ROME).date()
    for ahead in range(-PAST_DAYS, AHEAD_DAYS):
        full = 0 <= ahead <= terms.get("full_days", -1)
        # The further ahead, the less is booked.
        share = 1.0 if full else usual * max(0.15, 1 - max(0, ahead) / 60)
        for start, end, lane, service in _day(desk, today + timedelta(days=ahead), services, share, sample, chance):
            if not any(begins < end and start < ends for begins, ends in taken):
                made_at = min(start, now) - timedelta(hours=chance.randint(30, 400))
                yield Visit(
                    id=uuid4(),
                    desk=desk,
                    lane=lane,
                    service=service,
                    mode=chance.choice([mode for mode in service.modes if mode in desk.modes]),
                    starts=start,
                    ends=end,
                    state="da_erogare" if end > now else chance.choices(("erogato", "non_presentato"), (93, 7))[0],
                    made_at=made_at,
                )


def _day(
    desk: Desk,
    day: date,
    services: Sequence[Service],
    share: float,
    sample: Mapping[str, Any],
    chance: random.Random,
) -> Iterator[tuple[datetime, datetime, int, Service]]:
    weights = {one["id"]: one["weight"] for one in sample["services"]}
    offered = [one for one in services if any(desk.serves(one.id, mode) for mode in one.modes) and one.id in weights]
    for opening in openings(desk, day):
        for lane in range(1, opening.places + 1):
            start = opening.starts
            while fitting := [one for one in offered if start + one.duration.total_seconds() <= opening.ends]:
                steps = 1
                if chance.random() < share:
                    service = chance.choices(fitting, [weights[one.id] for one in fitting])[0]
                    starts_at = datetime.fromtimestamp(start, UTC)
                    yield starts_at, starts_at + service.duration, lane, service
                    steps = -(-int(service.duration.total_seconds()) // opening.step)
                start += steps * opening.step


def _claim(visit: Visit) -> tuple[object, ...]:
    during = Range(visit.starts, visit.ends)
    return visit.id, visit.desk.id, visit.lane, during, visit.service.id, visit.mode, visit.made_at


def _appointment(visit: Visit, codes: set[str], sample: Mapping[str, Any]) -> tuple[object, ...]:
    code = next(code for code in iter(new_code, None) if code not in codes)
    codes.add(code)
    chance = random.Random(visit.id.int)  # noqa: S311
    names = sample["people"]
    citizen, prints = _person(f"{chance.choice(names['first'])} {chance.choice(names['last'])}")
    return (
        *(visit.id, visit.id, code, visit.state, visit.service.id, visit.desk.site_id, visit.desk.id, visit.mode),
        *(visit.starts, visit.ends, visit.state == "non_presentato", True, citizen, prints),
        *(visit.made_at, visit.made_at),
    )


@lru_cache(maxsize=2048)
def _person(name: str) -> tuple[bytes, list[bytes]]:
    return sealed(Citizen(name=name)), name_fingerprints(name)


async def _copy(connection: AsyncConnection, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Add rows in bulk; `columns` names them with their types."""
    names, types = zip(*(one.split() for one in columns.split(",")), strict=True)
    driver = cast(psycopg.AsyncConnection[Any], await driver_connection(connection))
    statement = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)

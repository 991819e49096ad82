"""What can be booked and where: services, sites, and desks with their calendars, read from the database."""

import json
from collections.abc import Collection, Mapping
from datetime import date, time
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import DayException, Desk, WeeklyHours
from bot.agenda.model import Category, Mode, Service, Site
from bot.agenda.tables import categories, services, sites

# One statement: a search must not cost a round trip for each kind of row.
DESKS = text("""
SELECT d.id, d.site_id, d.title, s.municipality, d.modes, d.service_ids, d.active,
    (SELECT json_agg(h) FROM agenda_hours h WHERE h.desk_id = d.id)::text AS hours,
    (SELECT json_agg(e) FROM agenda_exceptions e
     WHERE e.last_day >= :from_day AND (e.desk_id = d.id OR e.site_id = d.site_id
        OR (e.desk_id IS NULL AND e.site_id IS NULL)))::text AS exceptions
FROM agenda_desks d JOIN agenda_sites s ON s.id = d.site_id
WHERE d.site_id = ANY(:site_ids) AND (d.active OR :inactive) AND (CAST(:service_id AS text) IS NULL OR d.service_ids IS NULL
    OR CAST(:service_id AS text) = ANY(d.service_ids))
ORDER BY d.id
""")


async def read_categories(connection: AsyncConnection) -> dict[str, Category]:
    """All categories, in the order to show."""
    rows = await connection.execute(select(categories).order_by(categories.c.position, categories.c.id))
    return {row.id: Category(id=row.id, title=row.title) for row in rows}


async def read_services(connection: AsyncConnection, *, blocked: bool = False) -> dict[str, Service]:
    """All services that are not blocked, in the order to show; the blocked ones, too, when asked for."""
    query = select(services).order_by(services.c.position, services.c.id)
    if not blocked:
        query = query.where(~services.c.blocked)
    return {row["id"]: _service(row) for row in (await connection.execute(query)).mappings()}


async def read_service(connection: AsyncConnection, service_id: str) -> tuple[Service, bool] | None:
    """One service and whether it is blocked, or None when there is none of that name."""
    query = select(services).where(services.c.id == service_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return (_service(row), row["blocked"]) if row else None


async def read_sites(connection: AsyncConnection) -> dict[str, Site]:
    """All sites, by title."""
    rows = (await connection.execute(select(sites).order_by(sites.c.title))).mappings()
    return {row["id"]: Site(**row) for row in rows}


async def read_desks(
    connection: AsyncConnection,
    site_ids: Collection[str],
    *,
    from_day: date,
    service_id: str | None = None,
    inactive: bool = False,
) -> list[Desk]:
    """The desks of some sites, by id; only those that serve a service, when it is given.

    Exceptions that ended before `from_day` are left out; so are desks that are switched off, unless asked for.
    """
    values = {"site_ids": list(site_ids), "from_day": from_day, "service_id": service_id, "inactive": inactive}
    return [
        _desk(
            row.id,
            row.site_id,
            row.title,
            row.municipality,
            tuple(row.modes),
            None if row.service_ids is None else tuple(row.service_ids),
            row.active,
            row.hours,
            row.exceptions,
        )
        for row in await connection.execute(DESKS, values)
    ]


def _service(row: RowMapping) -> Service:
    values: dict[str, Any] = {key: value for key, value in row.items() if key not in ("position", "blocked")}
    for key in ("modes", "reminders", "topics"):
        values[key] = tuple(values[key])
    return Service(**values)


@lru_cache(maxsize=1024)
def _desk(  # noqa: PLR0913, PLR0917 - each is a column
    desk_id: int,
    site_id: str,
    title: str,
    municipality: str,
    modes: tuple[Mode, ...],
    service_ids: tuple[str, ...] | None,
    active: bool,
    hours: str | None,
    exceptions: str | None,
) -> Desk:
    # Kept by everything it is made from: what the database says is always asked, and read anew only when it differs.
    return Desk(
        id=desk_id,
        site_id=site_id,
        municipality=municipality,
        modes=modes,
        hours=tuple(_hours(one) for one in json.loads(hours or "[]")),
        exceptions=tuple(_exception(one) for one in json.loads(exceptions or "[]")),
        service_ids=service_ids,
        active=active,
        title=title,
    )


def _hours(row: Mapping[str, Any]) -> WeeklyHours:
    return WeeklyHours(
        weekday=row["weekday"],
        opens=time.fromisoformat(row["opens"]),
        closes=time.fromisoformat(row["closes"]),
        slot_minutes=row["slot_minutes"],
        places=row["places"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _exception(row: Mapping[str, Any]) -> DayException:
    return DayException(
        first_day=date.fromisoformat(row["first_day"]),
        last_day=date.fromisoformat(row["last_day"]),
        closed=row["closed"],
        opens=_time(row["opens"]),
        closes=_time(row["closes"]),
        places=row["places"],
        slot_minutes=row["slot_minutes"],
        reason=row["reason"],
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _time(written: str | None) -> time | None:
    return time.fromisoformat(written) if written else None

"""A fictitious agenda for every centre of the knowledge, to try the assistant with. All of it is marked as sample data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.sample_appointments import fill
from bot.agenda.tables import categories, desks, exceptions, hours, services, sites
from bot.clock import ROME
from bot.knowledge import get_knowledge

FILE = Path(__file__).parent / "data" / "sample.yml"
GRID_MINUTES = 30
SEEDING = text("SELECT pg_advisory_xact_lock(7406903)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """How much was made; all zero when it was there already."""

    sites: int
    desks: int
    appointments: int


async def seed(connection: AsyncConnection, *, now: datetime) -> Seeded:
    """Make what is missing of the sample agenda, with appointments around `now`.

    Services, sites and desks that exist are left alone. Desks without sample appointments to come get some.
    """
    await connection.execute(SEEDING)
    sample = load()
    await _add_services(connection, sample)
    new_sites = await _add_sites(connection)
    new_desks = 0
    for site_id in new_sites:
        new_desks += await _add_desks(connection, site_id, sample)
    await _add_exceptions(connection, new_sites, sample, today=now.astimezone(ROME).date())
    return Seeded(sites=len(new_sites), desks=new_desks, appointments=await fill(connection, sample, now=now))


@lru_cache
def load() -> Mapping[str, Any]:
    """The file the sample agenda is made from."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


async def _add_services(connection: AsyncConnection, sample: Mapping[str, Any]) -> None:
    groups = [{"position": place} | one for place, one in enumerate(sample["categories"])]
    await connection.execute(pg_insert(categories).values(groups).on_conflict_do_nothing())
    rows = [_service(place, sample["rules"] | one) for place, one in enumerate(sample["services"])]
    await connection.execute(pg_insert(services).values(rows).on_conflict_do_nothing())


def _service(place: int, terms: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": terms["id"],
        "category_id": terms["category"],
        "title": terms["title"],
        "position": place,
        "duration": _span(terms["duration"]),
        "modes": terms["modes"],
        "audience": terms.get("audience", "citizens"),
        "min_notice": _span(terms["min_notice"]),
        "max_ahead": _span(terms["max_ahead"]),
        "movable_until": _span(terms["movable_until"]),
        "reminders": [_span(one) for one in terms["reminders"]],
        "needs_codice_fiscale": terms.get("needs_codice_fiscale", False),
        "topics": terms["topics"],
        "sample": True,
    }


def _span(written: str) -> timedelta:
    return timedelta(**{UNITS[written[-1]]: int(written[:-1])})


async def _add_sites(connection: AsyncConnection) -> list[str]:
    rows = [
        {
            "id": centre.id,
            "title": centre.name,
            "municipality": centre.municipality,
            "province": centre.province,
            "address": centre.address,
            "lat": centre.lat,
            "lon": centre.lon,
            "sample": True,
        }
        for centre in get_knowledge().centres.values()
        if centre.is_job_centre
    ]
    adding = pg_insert(sites).values(rows).on_conflict_do_nothing().returning(sites.c.id)
    return sorted(row.id for row in await connection.execute(adding))


async def _add_desks(connection: AsyncConnection, site_id: str, sample: Mapping[str, Any]) -> int:
    terms = sample["centres"].get(site_id, sample["centres"]["default"])
    chosen = sample["desks"][: terms["desks"]]
    for desk in chosen:
        values = {
            "site_id": site_id,
            "title": desk["title"],
            "service_ids": desk.get("services"),
            "modes": desk["modes"],
            "sample": True,
        }
        desk_id = (await connection.execute(insert(desks).values(values).returning(desks.c.id))).scalar_one()
        rows = [
            {
                "desk_id": desk_id,
                "weekday": weekday,
                "opens": time.fromisoformat(line["opens"]),
                "closes": time.fromisoformat(line["closes"]),
                "places": line.get("places", 1),
                "slot_minutes": GRID_MINUTES,
            }
            for line in desk["hours"]
            for weekday in line["days"]
        ]
        await connection.execute(insert(hours).values(rows))
    return len(chosen)


async def _add_exceptions(
    connection: AsyncConnection, new_sites: list[str], sample: Mapping[str, Any], *, today: date
) -> None:
    for one in sample["exceptions"]:
        if one["centre"] in new_sites:
            day = today + timedelta(days=one["in_days"])
            day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
            values = {
                "site_id": one["centre"],
                "first_day": day,
                "last_day": day,
                "closed": True,
                "opens": time.fromisoformat(one["opens"]) if "opens" in one else None,
                "closes": time.fromisoformat(one["closes"]) if "closes" in one else None,
                "reason": one["reason"],
                "sample": True,
            }
            await connection.execute(insert(exceptions).values(values))

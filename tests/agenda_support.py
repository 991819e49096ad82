"""A small agenda for tests, made of rows: services, sites, desks and hours as each test needs them."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.agenda.model import Appointment, Citizen, Mode, Slot, SlotQuery
from bot.agenda.postgres import PostgresBook
from bot.agenda.tables import categories, desks, exceptions, hours, services, sites
from bot.clock import ROME
from bot.storage.engine import create_engine

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=ROME)  # a Monday
ANNA = Citizen(name="Anna Rossi", contact="+393331234567")


class Agenda:
    """The book under test and the rows it reads."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.book = PostgresBook(engine)

    async def add_service(self, service_id: str = "cv", **terms: Any) -> None:
        values = {
            "id": service_id,
            "category_id": "all",
            "title": service_id,
            "duration": timedelta(minutes=30),
            "modes": ["video", "phone"],
            "audience": "citizens",
            "min_notice": timedelta(days=1),
            "max_ahead": timedelta(days=60),
            "movable_until": timedelta(hours=24),
            "reminders": [timedelta(hours=48), timedelta(hours=3)],
        }
        async with self.engine.begin() as connection:
            await connection.execute(pg_insert(categories).values(id="all", title="Tutto").on_conflict_do_nothing())
            await connection.execute(insert(services).values(values | terms))

    async def add_site(self, site_id: str = "susa", *, municipality: str = "Susa") -> None:
        values = {"id": site_id, "title": site_id, "municipality": municipality, "province": "TO", "lat": 45, "lon": 7}
        async with self.engine.begin() as connection:
            await connection.execute(insert(sites).values(values))

    async def add_desk(
        self,
        site_id: str = "susa",
        *,
        weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
        opens: str = "09:00",
        closes: str = "10:00",
        places: int = 1,
        slot_minutes: int = 30,
        modes: tuple[Mode, ...] = ("video", "phone", "in_person"),
        service_ids: list[str] | None = None,
    ) -> int:
        values = {"site_id": site_id, "title": "desk", "modes": list(modes), "service_ids": service_ids}
        async with self.engine.begin() as connection:
            desk_id = (await connection.execute(insert(desks).values(values).returning(desks.c.id))).scalar_one()
            for weekday in weekdays:
                line = {"desk_id": desk_id, "weekday": weekday, "places": places, "slot_minutes": slot_minutes}
                line |= {"opens": time.fromisoformat(opens), "closes": time.fromisoformat(closes)}
                await connection.execute(insert(hours).values(line))
        return int(desk_id)

    async def set_places(self, desk_id: int, places: int) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(update(hours).where(hours.c.desk_id == desk_id).values(places=places))

    async def add_exception(self, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(insert(exceptions).values(values))

    async def free(
        self, service_id: str = "cv", *site_ids: str, now: datetime = NOW, limit: int = 1000, **narrowed: Any
    ) -> list[Slot]:
        query = SlotQuery(service_id=service_id, site_ids=site_ids or ("susa",), now=now, **narrowed)
        return await self.book.free_slots(query, limit=limit)

    async def booked(self, slot: Slot | None = None, *, now: datetime = NOW, **citizen: Any) -> Appointment:
        """An appointment in a conversation of its own, at the first free slot unless one is given."""
        slot = slot or (await self.free(now=now))[0]
        held = await self.book.hold(uuid4(), slot, now=now)
        return await self.book.confirm(held.id, Citizen(**citizen) if citizen else ANNA, now=now)

    async def moved(self, made: Appointment, slot: Slot) -> Appointment:
        """The appointment after a move to that slot."""
        assert made.conversation_id
        held = await self.book.hold(made.conversation_id, slot, now=NOW)
        return await self.book.move(made.id, held.id, now=NOW)


@pytest.fixture
async def small_agenda(database: str) -> AsyncIterator[Agenda]:
    """A service and a desk in Susa, Monday to Friday from nine to ten: two slots a day."""
    engine = create_engine()
    ready = Agenda(engine)
    await ready.add_service()
    await ready.add_site()
    await ready.add_desk()
    yield ready
    await engine.dispose()


@pytest.fixture
def small_book(agenda: Agenda) -> PostgresBook:
    """The book over the agenda of the file that asks."""
    return agenda.book


def local(slot: Slot) -> str:
    """The start in Italian time, as `2027-03-02 09:00`."""
    return f"{slot.starts.astimezone(ROME):%Y-%m-%d %H:%M}"


async def count(connection: AsyncConnection, table: str) -> int:
    return int((await connection.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


async def slot_at(agenda: Agenda, starts: str, service: str = "cv") -> Slot:
    """The free slot that starts then, in Italian time."""
    return next(slot for slot in await agenda.free(service) if local(slot) == starts)

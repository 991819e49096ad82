"""The sample agenda and the commands."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from agenda_support import NOW, Agenda
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from bot.agenda.model import SlotQuery
from bot.agenda.postgres import PostgresBook
from bot.agenda.sample import load, seed
from bot.agenda.tables import appointments, desks, exceptions, services, sites
from bot.cli import app
from bot.knowledge import get_knowledge
from bot.storage.engine import create_engine

AT = "2027-03-01T08:00"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    ready = create_engine()
    yield ready
    await ready.dispose()


@pytest.fixture
async def seeded(engine: AsyncEngine) -> PostgresBook:
    async with engine.begin() as connection:
        await seed(connection, now=NOW)
    return PostgresBook(engine)


def test_the_topics_are_entries_of_the_knowledge_that_can_be_booked() -> None:
    known = get_knowledge().services
    topics = [topic for service in load()["services"] for topic in service["topics"]]
    assert [topic for topic in topics if not known[topic].bookable] == []
    assert len(topics) == len(set(topics))


async def test_every_open_confirmed_centre_has_desks_and_everything_is_marked(
    seeded: PostgresBook, engine: AsyncEngine
) -> None:
    open_centres = {centre.id for centre in get_knowledge().centres.values() if centre.is_job_centre}
    assert set(await seeded.sites()) == open_centres
    async with engine.connect() as connection:
        numbers = select(func.count()).select_from(desks).group_by(desks.c.site_id)
        assert {2, 3, 4, 5} == {row[0] for row in await connection.execute(numbers)}
        for table in (services, sites, desks, exceptions, appointments):
            assert (await connection.execute(select(func.bool_and(table.c.sample)))).scalar_one(), table.name
        made = select(func.count()).select_from(appointments)
        assert (await connection.execute(made)).scalar_one() > 5000


async def test_seeding_takes_seconds_and_again_changes_nothing(engine: AsyncEngine) -> None:
    begun = time.monotonic()
    async with engine.begin() as connection:
        first = await seed(connection, now=NOW)
    assert time.monotonic() - begun < 30
    assert first.sites == 31
    for later in (NOW, NOW + timedelta(days=3)):
        async with engine.begin() as connection:
            again = await seed(connection, now=later)
        assert (again.sites, again.desks, again.appointments) == (0, 0, 0)


async def test_months_later_there_are_appointments_again(seeded: PostgresBook, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        later = await seed(connection, now=NOW + timedelta(days=90))
    assert (later.sites, later.desks) == (0, 0)
    assert later.appointments > 5000


async def test_some_centres_are_full_for_weeks_and_every_service_has_places_somewhere(seeded: PostgresBook) -> None:
    def asked(service: str, *centres: str) -> SlotQuery:
        return SlotQuery(service_id=service, site_ids=centres, now=NOW)

    first_free = (await seeded.free_slots(asked("accoglienza-did", "moncalieri"), limit=1))[0]
    assert first_free.starts > NOW + timedelta(days=24)
    everywhere = tuple(await seeded.sites())
    for service in await seeded.services():
        assert await seeded.free_slots(asked(service, *everywhere), limit=3)
    free = await seeded.free_slots(asked("accoglienza-did", "chieri"), limit=10_000)
    assert 50 < len(free) < 800


async def test_sample_appointments_are_plausible(seeded: PostgresBook, engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        states = dict(
            (await connection.execute(select(appointments.c.state, func.count()).group_by(appointments.c.state))).all()
        )
        assert set(states) == {"da_erogare", "erogato", "non_presentato"}
        strange = text(
            "SELECT count(*) FROM agenda_appointments a JOIN agenda_services s ON s.id = service_id"
            " JOIN agenda_desks d ON d.id = desk_id"
            " WHERE a.ends - a.starts <> s.duration OR NOT a.mode = ANY(s.modes) OR NOT a.mode = ANY(d.modes)"
            " OR a.site_id <> d.site_id OR a.conversation_id IS NOT NULL OR a.created_at >= a.starts"
        )
        assert (await connection.execute(strange)).scalar_one() == 0
        row = (await connection.execute(select(appointments).where(appointments.c.starts > NOW).limit(1))).one()
    made = await seeded.get(row.id)
    assert made.citizen
    assert (await seeded.claim(uuid4(), row.code, made.citizen.name.split()[-1], now=NOW)).id == row.id


async def test_real_appointments_are_left_alone(engine: AsyncEngine, database: str) -> None:
    agenda = Agenda(engine)
    await agenda.add_service()
    await agenda.add_site()
    await agenda.add_desk()
    made = await agenda.booked()
    async with engine.begin() as connection:
        assert (await seed(connection, now=NOW)).sites == 30  # Susa has its own already
    assert await agenda.book.get(made.id)
    assert (await agenda.book.get(made.id)).state == "da_erogare"


# --- commands ---------------------------------------------------------------------------------------------------------


def sportello(*arguments: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["agenda", *arguments])
    assert (result.exit_code == 1) if fails else (result.exit_code == 0), result.output
    return result.output.strip()


def test_the_commands_seed_list_free_places_make_a_feed_and_record_outcomes(
    database: str, query: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clock.now", lambda: NOW)
    assert sportello("seed", "--now", AT).startswith("sedi: 31, sportelli:")
    assert sportello("seed", "--now", AT) == "sedi: 0, sportelli: 0, appuntamenti: 0"
    lines = sportello("free", "chieri", "accoglienza-did").splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("2027-03-0")
    assert sportello("free", "chieri", "unknown") == "nessun posto libero"
    assert sportello("feed", "1") != sportello("feed", "1")
    assert sportello("feed", "99999", fails=True).startswith("non trovato")
    ((code,),) = query("SELECT code FROM agenda_appointments WHERE state = 'da_erogare' LIMIT 1")  # type: ignore[operator]
    assert sportello("outcome", code, "non_presentato") == ""
    assert sportello("outcome", code, "erogato", fails=True).startswith("non trovato")

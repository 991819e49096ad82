"""The agenda with 100,000 appointments stored: finding the next free places, and many people wanting the same one.

python -m bench.agenda [--quick]
"""

import argparse
import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.types.range import Range
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.processes import end_cleanly_when_told
from bench.report import heading, percentile, table
from bot.agenda.calendar import openings
from bot.agenda.catalogue import read_desks
from bot.agenda.codes import new_code
from bot.agenda.model import AgendaError, Citizen, Slot, SlotQuery, SlotTakenError
from bot.agenda.postgres import PostgresBook
from bot.clock import ROME
from bot.settings import get_settings
from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.engine import create_engine
from bot.storage.migrate import upgrade

APPOINTMENTS = 100_000
SITES = 31
DESKS = 6
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=ROME)
DAYS = 60
TYPICAL, FULL, ONE_PLACE = "site-0", "site-1", "one-place"
FREE_SHARE = 0.3  # of a typical centre

Interval = tuple[int, datetime, datetime]


def calendar(connection: psycopg.Connection) -> None:
    """Sites with desks open 9-13 and 14-17 on working days, every 30 minutes; and one with a single place."""
    connection.execute("INSERT INTO agenda_categories (id, title) VALUES ('c', 'c')")
    connection.execute(
        "INSERT INTO agenda_services (id, category_id, title, duration, modes, audience, min_notice, max_ahead)"
        " VALUES ('s', 'c', 's', '30 min', '{video,phone}', 'citizens', '1 day', '60 days')"
    )
    names = [*(f"site-{number}" for number in range(SITES)), ONE_PLACE]
    for name in names:
        connection.execute("INSERT INTO agenda_sites VALUES (%s, %s, 'Susa', 'TO', null, 45, 7)", (name, name))
    connection.execute(
        "INSERT INTO agenda_desks (site_id, title, modes) SELECT id, 'd', '{video,phone}' FROM agenda_sites,"
        " generate_series(1, %s) n WHERE n = 1 OR id <> %s",
        (DESKS, ONE_PLACE),
    )
    connection.execute(
        "INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes) SELECT d.id, weekday, opens, closes, 30"
        " FROM agenda_desks d, generate_series(0, 4) weekday,"
        " (VALUES (time '9:00', time '13:00'), (time '14:00', time '17:00')) h(opens, closes) WHERE site_id <> %s",
        (ONE_PLACE,),
    )
    connection.execute(
        "INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes) SELECT id, 2, '9:00', '9:30', 30"
        " FROM agenda_desks WHERE site_id = %s",
        (ONE_PLACE,),
    )


async def intervals(engine: AsyncEngine) -> dict[str, list[Interval]]:
    """By site, every slot of the calendar over the days."""
    found: dict[str, list[Interval]] = {}
    async with engine.connect() as connection:
        for number in range(SITES):
            desks = await read_desks(connection, [f"site-{number}"], from_day=NOW.date())
            found[f"site-{number}"] = [
                (desk.id, datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + 1800, UTC))
                for desk in desks
                for day in _days()
                for opening in openings(desk, day)
                for start in opening.slots(1800)
            ]
    return found


def _days() -> list[date]:
    return [NOW.date() + timedelta(days=number) for number in range(DAYS + 1)]


def booked(slots: dict[str, list[Interval]]) -> Iterator[Interval]:
    """What is taken: some of a typical centre, all but the last two days of a full one, of the others up to the count."""
    chance = random.Random(1)
    typical = [one for one in slots[TYPICAL] if chance.random() > FREE_SHARE]
    last = NOW + timedelta(days=DAYS - 2)
    full = [one for one in slots[FULL] if one[1] < last]
    rest = [one for name, all_of_it in slots.items() if name not in (TYPICAL, FULL) for one in all_of_it]
    missing = APPOINTMENTS - len(typical) - len(full)
    past = [(desk, start - timedelta(weeks=12), end - timedelta(weeks=12)) for desk, start, end in rest]
    yield from (*typical, *full, *(rest + past)[:missing])


def fill(connection: psycopg.Connection, taken: Sequence[Interval]) -> None:
    rows = [(uuid4(), *one) for one in taken]
    made = NOW - timedelta(days=1)
    claims = "COPY agenda_claims (id, desk_id, lane, during, service_id, mode, created_at) FROM STDIN"
    with connection.cursor().copy(claims) as copy:
        for row_id, desk, start, end in rows:
            copy.write_row((row_id, desk, 1, Range(start, end), "s", "video", made))
    appointments = (
        "COPY agenda_appointments (id, claim_id, code, state, service_id, site_id, desk_id, mode, starts, ends,"
        " created_at, changed_at) FROM STDIN"
    )
    sites = dict(connection.execute("SELECT id, site_id FROM agenda_desks").fetchall())
    codes: set[str] = set()
    while len(codes) < len(rows):
        codes.add(new_code())
    with connection.cursor().copy(appointments) as copy:
        for (row_id, desk, start, end), code in zip(rows, codes, strict=True):
            copy.write_row(
                (row_id, row_id, code, "da_erogare", "s", sites[desk], desk, "video", start, end, made, made)
            )
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()


NAIVE = text(
    "SELECT EXISTS (SELECT 1 FROM agenda_claims WHERE desk_id = :desk AND during && tstzrange(:starts, :ends)"
    " AND (expires_at IS NULL OR expires_at > :now))"
)


async def naive(engine: AsyncEngine, slots: Sequence[Interval], limit: int) -> list[datetime]:
    """What the book is compared with: the calendar's slots in order, and for each the question whether it is taken."""
    found: list[datetime] = []
    async with engine.connect() as connection:
        for desk, start, end in sorted(slots, key=lambda one: (one[1], one[0])):
            if len(found) == limit:
                break
            if start < NOW + timedelta(days=1) or start in found or start > NOW + timedelta(days=DAYS):
                continue
            values = {"desk": desk, "starts": start, "ends": end, "now": NOW}
            if not (await connection.execute(NAIVE, values)).scalar_one():
                found.append(start)
    return found


async def timed(work: Callable[[], Awaitable[object]], times: int) -> tuple[float, float, float]:
    """The least, the median and the 95th percentile, in milliseconds. The least is what a quiet machine needs."""
    await work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - begun) * 1000)
    return min(taken), percentile(taken, 0.5) or 0.0, percentile(taken, 0.95) or 0.0


async def search(engine: AsyncEngine, slots: dict[str, list[Interval]], times: int) -> None:
    book = PostgresBook(engine)
    for title, site, limit in (
        ("typical centre (30% free), next 3", TYPICAL, 3),
        ("typical centre, everything free in 60 days", TYPICAL, 10_000),
        ("nearly full centre (two last days free), next 3", FULL, 3),
    ):
        query = SlotQuery(service_id="s", site_ids=(site,), now=NOW)
        ours = [slot.starts for slot in await book.free_slots(query, limit=limit)]
        assert ours == await naive(engine, slots[site], limit), "the two ways must agree"
        fast = await timed(lambda q=query, n=limit: book.free_slots(q, limit=n), times)
        slow = await timed(lambda s=site, n=limit: naive(engine, slots[s], n), max(3, times // 40))
        heading(f"{title}: {len(ours)} found")
        table(
            ["", "least ms", "median ms", "p95 ms"],
            [["free_slots", *fast], ["a query for each slot", *slow]],
            ratios=True,
        )


async def rush(engine: AsyncEngine, people: int) -> None:
    """Everybody books the one place at once."""
    book = PostgresBook(engine)
    (slot,) = await book.free_slots(SlotQuery(service_id="s", site_ids=(ONE_PLACE,), now=NOW), limit=1)
    results = Counter[str]()
    waited: list[float] = []
    begun = time.perf_counter()

    async def one() -> None:
        results[await _outcome(book, slot)] += 1
        waited.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(one() for _ in range(people)))
    heading(f"{people} people, one place, at once")
    rows = [[name, count] for name, count in sorted(results.items())]
    table(["", "people"], rows)
    table(
        ["", "median", "p95", "all"],
        [["answered after, ms", percentile(waited, 0.5), percentile(waited, 0.95), max(waited)]],
    )


async def _outcome(book: PostgresBook, slot: Slot) -> str:
    try:
        held = await book.hold(uuid4(), slot, now=NOW)
        await book.confirm(held.id, Citizen(name="Anna D'Angelo"), now=NOW)
    except SlotTakenError:
        return "told it is taken"
    except AgendaError as error:
        return repr(error)
    return "booked"


async def measure(url: str, *, quick: bool) -> None:
    engine = create_engine()
    try:
        with psycopg.connect(url) as connection:
            calendar(connection)
            connection.commit()
            slots = await intervals(engine)
            begun = time.perf_counter()
            fill(connection, list(booked(slots)))
            count = connection.execute("SELECT count(*) FROM agenda_appointments").fetchone()
        print(f"{count[0] if count else 0} appointments stored in {time.perf_counter() - begun:.0f} s")
        print(f"load average before: {os.getloadavg()[0]:.1f}")
        await search(engine, slots, 40 if quick else 200)
        await rush(engine, 1000)
    finally:
        await engine.dispose()


def main() -> None:
    """Entry point of `python -m bench.agenda`."""
    parser = argparse.ArgumentParser(prog="python -m bench.agenda", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    options = parser.parse_args()
    end_cleanly_when_told()
    folder = Path(tempfile.mkdtemp(prefix="sportello-bench-"))
    folder.chmod(0o755)
    server = start_embedded(folder)
    try:
        os.environ |= {
            "DATABASE_URL": embedded_url(server),
            "SPORTELLO_SECRET_KEY": "a secret for this benchmark alone and nothing else",
        }
        get_settings.cache_clear()
        upgrade()
        asyncio.run(measure(embedded_url(server), quick=options.quick))
    finally:
        server.cleanup()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

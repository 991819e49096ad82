"""Many people at once, and a database that breaks, stands still or is away."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from agenda_support import ANNA, NOW, Agenda, count, small_agenda, small_book
from sqlalchemy import text

from bot.agenda.model import (
    Appointment,
    BookUnavailableError,
    Slot,
    SlotTakenError,
)
from bot.agenda.postgres import PostgresBook
from bot.storage.engine import create_engine

agenda, book = small_agenda, small_book  # the fixtures of this file

T = TypeVar("T")


async def test_a_thousand_people_book_one_place_and_one_has_it(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]

    async def one() -> Appointment:
        held = await book.hold(uuid4(), slot, now=NOW)
        return await book.confirm(held.id, ANNA, now=NOW)

    results = await asyncio.gather(*(one() for _ in range(1000)), return_exceptions=True)
    booked = [result for result in results if isinstance(result, Appointment)]
    assert len(booked) == 1
    assert sum(isinstance(result, SlotTakenError) for result in results) == 999
    async with agenda.engine.connect() as connection:
        assert await count(connection, "agenda_claims") == await count(connection, "agenda_appointments") == 1


async def test_one_conversation_confirming_two_things_at_once_has_one(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_site("rivoli", municipality="Rivoli")
    await agenda.add_desk("rivoli")
    me = uuid4()
    for _ in range(5):
        slots = [(await agenda.free("cv", "susa"))[0], (await agenda.free("cv", "rivoli"))[0]]

        async def one(slot: Slot) -> Appointment:
            held = await book.hold(me, slot, now=NOW)
            return await book.confirm(held.id, ANNA, now=NOW)

        await asyncio.gather(*(one(slot) for slot in slots), return_exceptions=True)
    assert len(await book.of_conversation(me, now=NOW)) == 1


async def test_swapping_places_back_and_forth_never_locks_up(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_site("rivoli", municipality="Rivoli")
    await agenda.add_desk("rivoli")
    here, there = (await agenda.free("cv", "susa"))[0], (await agenda.free("cv", "rivoli"))[0]
    people = [uuid4() for _ in range(8)]

    async def wander(me: UUID) -> None:
        for turn in range(10):
            try:
                await book.hold(me, (here, there)[turn % 2], now=NOW + timedelta(minutes=6 * turn))
            except SlotTakenError:
                continue

    async with asyncio.timeout(30):
        await asyncio.gather(*(wander(me) for me in people))


async def test_a_database_that_is_away_is_said_to_be(monkeypatch: pytest.MonkeyPatch, configure: object) -> None:
    from bot.settings import get_settings

    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    engine = create_engine()
    with pytest.raises(BookUnavailableError):
        await PostgresBook(engine).services()
    with pytest.raises(BookUnavailableError):
        await PostgresBook(engine).cancel(uuid4(), reason="altro", now=NOW)
    await engine.dispose()


async def test_a_stuck_database_is_noticed_and_used_again_when_it_is_not(
    agenda: Agenda, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.agenda.transactions.PATIENCE_SECONDS", 0.6)
    slot = (await agenda.free())[0]
    with psycopg.connect(database) as stuck:
        stuck.execute("LOCK TABLE agenda_claims IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(BookUnavailableError):
            await agenda.book.hold(uuid4(), slot, now=NOW)
        with pytest.raises(BookUnavailableError):
            await agenda.free()
    monkeypatch.undo()
    assert (await agenda.book.hold(uuid4(), slot, now=NOW)).slot == slot


async def test_connections_that_broke_are_replaced(agenda: Agenda, database: str) -> None:
    await asyncio.gather(*(agenda.free() for _ in range(5)))
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    made = await agenda.booked()
    assert made.state == "da_erogare"


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    agenda: Agenda, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.agenda.transactions.SERVER_SIDE_LIMIT", text("SET LOCAL statement_timeout = 200"))
    made = await agenda.booked()
    with psycopg.connect(database) as stuck:
        stuck.execute("LOCK TABLE agenda_appointments IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(BookUnavailableError, match="statement timeout"):
            await agenda.book.cancel(made.id, reason="altro", now=NOW)
    assert (await agenda.book.get(made.id)).state == "da_erogare"


async def test_a_server_that_stands_still_is_noticed_and_used_again_when_it_goes_on(
    agenda: Agenda, query: Callable[..., list[tuple[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.agenda.transactions.PATIENCE_SECONDS", 0.6)
    slot = (await agenda.free())[0]
    still = query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    for (pid,) in still:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(BookUnavailableError):
            await agenda.book.hold(uuid4(), slot, now=NOW)
    finally:
        for (pid,) in still:
            os.kill(pid, signal.SIGCONT)
    monkeypatch.undo()
    assert (await agenda.book.hold(uuid4(), slot, now=NOW)).slot.starts == slot.starts


async def test_whatever_connections_are_killed_asking_again_gives_the_one_appointment(
    agenda: Agenda, query: Callable[..., object]
) -> None:
    slots = (await agenda.free())[:24]

    async def insist(act: Callable[[], Awaitable[T]]) -> T:
        while True:
            with suppress(BookUnavailableError):
                return await act()

    async def book_it(slot: Slot) -> Appointment:
        me = uuid4()
        held = await insist(lambda: agenda.book.hold(me, slot, now=NOW))
        made = await insist(lambda: agenda.book.confirm(held.id, ANNA, now=NOW))
        assert await insist(lambda: agenda.book.confirm(held.id, ANNA, now=NOW)) == made
        return made

    async def kill() -> None:
        for _ in range(30):
            query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
            )
            await asyncio.sleep(0.02)

    killer = asyncio.create_task(kill())
    made = await asyncio.gather(*(book_it(slot) for slot in slots))
    await killer
    assert {one.slot.starts for one in made} == {slot.starts for slot in slots}
    assert query("SELECT count(*), count(DISTINCT id) FROM agenda_claims WHERE expires_at IS NULL") == [(24, 24)]
    assert query("SELECT count(*) FROM agenda_appointments") == [(24,)]

"""Booking while things break: processes killed between the booking and the reply, places taken, the book away."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import aiohttp
import psycopg
import pytest
from psutil import NoSuchProcess
from psycopg import sql
from support import Chat
from talker import Talker
from whole_system import System

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(300)]

KILLED = {"actions.serve": 3, "bot.dialogue.serve": 1, "channels.worker": 2}
"""How many times each is killed; Rasa takes its time to come back."""


@pytest.fixture
async def client(rehearsal: System) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(rehearsal.url, timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


@pytest.fixture
def database(rehearsal: System) -> Iterator[psycopg.Connection]:
    with psycopg.connect(rehearsal.database(), autocommit=True) as connection:
        yield connection


async def up_to_the_summary(client: aiohttp.ClientSession, place: str) -> Talker:
    """A citizen who only has to confirm."""
    talker = Talker(await Chat.open(client))
    await talker.say(text=f"appuntamento in video per il curriculum a {place} il prima possibile")
    # Others choose at the same time: who comes second is offered other places.
    while "A che nome" not in await talker.press(random.choice((1, 2, 3))):
        pass
    await talker.say(text="Anna Prova")
    await talker.say(text="anna@example.org")
    assert "Riassumo" in await talker.say(text="accetto")
    return talker


def booked_by(database: psycopg.Connection, talker: Talker) -> list[str]:
    """The codes of the appointments of this conversation that are to come."""
    query = "SELECT code FROM agenda_appointments WHERE conversation_id = %s AND state = 'da_erogare'"
    return [row[0] for row in database.execute(query, (talker.chat.id,))]


@pytest.mark.parametrize("killed", KILLED)
async def test_killed_between_booking_and_reply_there_is_one_appointment(
    rehearsal: System, client: aiohttp.ClientSession, database: psycopg.Connection, killed: str
) -> None:
    for number, place in zip(range(KILLED[killed]), ("Cuneo", "Asti", "Biella", "Novara"), strict=False):
        talker = await up_to_the_summary(client, place)
        confirming = asyncio.create_task(talker.say(text="confermo"))
        await asyncio.sleep(0.012 * number + 0.004)
        # Still starting after the round before: then there is nothing to kill.
        with suppress(NoSuchProcess, ValueError):
            rehearsal.kill(killed)
        said = await confirming
        assert "Prenotato" in said, said
        assert booked_by(database, talker) == [re.findall(r"codice è (\S{7})", said)[0]]


async def test_when_the_book_is_away_it_is_said_and_nothing_is_half_done(
    rehearsal: System, client: aiohttp.ClientSession, database: psycopg.Connection
) -> None:
    talker = await up_to_the_summary(client, "Alba")
    with psycopg.connect(rehearsal.database()) as other:
        other.execute("LOCK TABLE agenda_claims, agenda_appointments IN ACCESS EXCLUSIVE MODE")
        said = await talker.say(text="sì")
        assert "agenda non risponde" in said
        assert "800 184704" in said
        other.rollback()
    assert booked_by(database, talker) == []
    said = await talker.say(text="sì")
    assert "Prenotato" in said
    assert len(booked_by(database, talker)) == 1


async def test_a_place_taken_meanwhile_is_said_and_others_are_proposed(client: aiohttp.ClientSession) -> None:
    first, second = Talker(await Chat.open(client)), Talker(await Chat.open(client))
    for talker in (first, second):
        await talker.say(text="appuntamento in video per il curriculum a Ivrea il prima possibile")
    assert [one["title"] for one in first.shown[:3]] == [one["title"] for one in second.shown[:3]]
    said = {await first.press(1), await second.press(1)}
    assert any("nome" in one for one in said)
    assert any("preso proprio adesso" in one for one in said)


async def test_many_confirm_at_once_and_nobody_shares_a_place(
    client: aiohttp.ClientSession, database: psycopg.Connection
) -> None:
    talkers = await asyncio.gather(*(up_to_the_summary(client, "Torino") for _ in range(12)))
    answers = await asyncio.gather(*(talker.say(text="confermo") for talker in talkers))
    assert all("Prenotato" in answer for answer in answers)
    shared = database.execute(
        "SELECT count(*) FROM agenda_claims a JOIN agenda_claims b ON a.desk_id = b.desk_id AND a.lane = b.lane"
        " AND a.id < b.id AND a.during && b.during"
    ).fetchone()
    assert shared == (0,)


async def test_what_people_give_of_themselves_is_nowhere_in_clear(
    rehearsal: System, client: aiohttp.ClientSession, database: psycopg.Connection
) -> None:
    talker = Talker(await Chat.open(client))
    await talker.say(text="appuntamento in video per il collocamento mirato a Vercelli il prima possibile")
    await talker.press(1)
    for words in ("Zaccaria Quondamatteo", "zaccaria.q@example.org", "RSSMRA85T10A562S", "accetto"):
        await talker.say(text=words)
    assert "Zaccaria Quondamatteo" in (await talker.chat.messages())[-1]["text"]
    assert "Prenotato" in await talker.say(text="confermo")
    tables = database.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    ).fetchall()
    for (table,) in tables:
        rows = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ~* 'quondamatteo|zaccaria|RSSMRA85'")
        found = database.execute(rows.format(sql.Identifier(table))).fetchone()
        assert found == (0,), table
    for log in (rehearsal.folder / "log").glob("*.log"):
        assert not re.search(r"quondamatteo|zaccaria|RSSMRA85", log.read_text(), re.IGNORECASE), log.name

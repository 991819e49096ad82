"""`cancella i miei dati`, said to the whole system: nothing is left in the database, in its memory, in the logs."""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import psycopg
import pytest
from psycopg import sql
from support import Chat, until
from talker import Talker
from whole_system import System

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(300)]

# Nobody else who talks with this system is called so.
TRACES = "terracciano|melchiorre|342 ?555 ?0188|TRRMCH80"


@pytest.fixture
async def client(rehearsal: System) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(rehearsal.url, timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


def found(database: psycopg.Connection, pattern: str) -> dict[str, int]:
    """In which tables something that matches stands."""
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    counted = {}
    for (table,) in database.execute(tables).fetchall():
        query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ~* {}")
        row = database.execute(query.format(sql.Identifier(table), sql.Literal(pattern))).fetchone()
        if row and row[0]:
            counted[table] = row[0]
    return counted


async def test_who_asks_to_be_erased_is_erased_everywhere(rehearsal: System, client: aiohttp.ClientSession) -> None:
    talker = Talker(await Chat.open(client))
    await talker.say(text="mi chiamo Melchiorre Terracciano, il mio numero è 342 555 0188")
    await talker.say(text="voglio parlare con una persona")
    await talker.say(text="appuntamento in video per il collocamento mirato a Vercelli il prima possibile")
    await talker.press(1)
    for words in ("Melchiorre Terracciano", "melchiorre.t@example.org", "TRRMCH80A01L219R", "accetto"):
        await talker.say(text=words)
    assert "Prenotato" in await talker.say(text="confermo")
    with psycopg.connect(rehearsal.database(), autocommit=True) as database:
        assert set(found(database, TRACES)) >= {"messages"}
        assert "events" in found(database, talker.chat.id)
        question = await talker.say(text="cancella i miei dati")
        assert "lo disdico" in question
        said = await talker.say(text="sì")
        [number] = re.findall(r"RC-2\d{3}-\w{6}", said)

        async def gone() -> bool:
            async with client.get(talker.chat.url, headers=talker.chat.headers) as answer:
                return answer.status == 404

        await until(gone, within=20, every=0.2)
        assert found(database, TRACES) == {}
        assert set(found(database, talker.chat.id)) == {"erasures"}
        async with client.post(
            talker.chat.url, headers=talker.chat.headers, json={"client_message_id": "1", "text": "ci sei?"}
        ) as answer:
            assert answer.status == 404
        # Whatever the dialogue still had in hand is not written after the erasure.
        await asyncio.sleep(2)
        assert "events" not in found(database, talker.chat.id)
        receipt = database.execute("SELECT erased FROM erasures WHERE number = %s", (number,)).fetchone()
        assert receipt is not None
        assert receipt[0]["cancelled"] == 1
        assert receipt[0]["dialogue_events"] > 10
        database.execute("UPDATE erasures SET due_at = now()")
        await until(lambda: found(database, talker.chat.id) == {}, within=10, every=0.5)
    for log in (rehearsal.folder / "log").glob("*.log"):
        assert not re.search(TRACES, log.read_text(), re.IGNORECASE), log.name


async def test_an_old_yes_erases_nothing(client: aiohttp.ClientSession) -> None:
    talker = Talker(await Chat.open(client))
    await talker.say(text="cancella i miei dati")
    yes = talker.shown[0]["payload"]
    assert "non cancello" in await talker.press("No")
    assert "Vuoi cancellare tutto?" in await talker.say(payload=yes)

"""The audit log: what is in it, and that tampering shows."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from conftest import Query
from console_support import Desk, SignIn
from support import Chat

from bot.storage.engine import create_engine
from console import audit

SPORTELLO = str(Path(sys.executable).parent / "sportello")


async def wrong(expected: str = "") -> list[str]:
    engine = create_engine(pool_size=1)
    async with engine.connect() as connection:
        found, _ = await audit.verify(connection, expected=expected)
    await engine.dispose()
    return found


async def entries(count: int, note: str = "") -> str:
    """Write some; returns the anchor of the last."""
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        for number in range(count):
            await audit.record(connection, None, "prova", f"conversation:{number}", note=note, numero=number)
    async with engine.connect() as connection:
        _, anchor = await audit.verify(connection)
    await engine.dispose()
    return anchor


@pytest.fixture
def tamper(database: str) -> Callable[..., None]:
    """Change the log as somebody with the database in their hands can: with its own guards taken off."""

    def change(*statements: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("ALTER TABLE console_audit DISABLE TRIGGER USER")
            for statement in statements:
                connection.execute(statement)
            connection.execute("ALTER TABLE console_audit ENABLE TRIGGER USER")

    return change


async def test_a_log_nobody_touched_is_whole(database: str) -> None:
    assert await wrong() == []
    await entries(5, note="perché sì")
    assert await wrong() == []


@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE console_audit SET account = 'altri' WHERE seq = 3"],
        ["UPDATE console_audit SET action = 'nulla' WHERE seq = 3"],
        ["UPDATE console_audit SET subject = '' WHERE seq = 3"],
        ["UPDATE console_audit SET at = at - interval '1 day' WHERE seq = 5"],
        ["UPDATE console_audit SET detail = '{}' WHERE seq = 1"],
        ["UPDATE console_audit SET account_id = gen_random_uuid() WHERE seq = 2"],
        ["UPDATE console_audit SET mac = 'x' WHERE seq = 5"],
        ["DELETE FROM console_audit WHERE seq = 3"],
        ["DELETE FROM console_audit WHERE seq = 5"],
        ["DELETE FROM console_audit WHERE seq = 5", "UPDATE console_audit_head SET seq = 4"],
        ["DELETE FROM console_audit WHERE seq = 3", "UPDATE console_audit SET seq = seq - 1 WHERE seq > 3"],
        ["DELETE FROM console_audit_head"],
        ["DELETE FROM console_audit"],
        ["UPDATE console_audit SET seq = 99 WHERE seq = 2", "UPDATE console_audit SET seq = 2 WHERE seq = 3",
         "UPDATE console_audit SET seq = 3 WHERE seq = 99"],
        ["INSERT INTO console_audit SELECT 6, at, account_id, account, action, subject, detail, note, note_mac, mac "
         "FROM console_audit WHERE seq = 5"],
        ["UPDATE console_audit SET note = (SELECT note FROM console_audit WHERE seq = 6) WHERE seq = 5"],
    ],
)  # fmt: skip
async def test_tampering_shows(tamper: Callable[..., None], statements: list[str]) -> None:
    await entries(5, note="uno")
    if "seq = 6)" in statements[0]:
        await entries(1, note="due")
    tamper(*statements)
    assert await wrong() != []


async def test_a_log_written_anew_from_the_start_does_not_pass_through_the_noted_point(
    tamper: Callable[..., None],
) -> None:
    anchor = await entries(5)
    assert await wrong(expected=anchor) == []
    tamper("DELETE FROM console_audit", "DELETE FROM console_audit_head")
    await entries(7)
    assert await wrong() == []  # with the secret in hand, and nothing noted elsewhere
    assert len(await wrong(expected=anchor)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE console_audit SET account = 'x'", "DELETE FROM console_audit", "TRUNCATE console_audit"]
)
async def test_the_database_itself_refuses_changes(query: Query, statement: str) -> None:
    await entries(1)
    with pytest.raises(psycopg.errors.RaiseException):
        query(statement)


async def test_words_can_be_forgotten_and_the_chain_holds(query: Query) -> None:
    await entries(3, note="cercavo Mario Rossi")
    assert "Mario" not in str(query("SELECT * FROM console_audit"))
    query("UPDATE console_audit SET note = NULL WHERE seq = 2")
    assert await wrong() == []


async def test_entries_written_at_once_make_one_chain(database: str) -> None:
    await asyncio.gather(*(entries(4) for _ in range(5)))
    assert await wrong() == []


async def test_reading_is_logged(signed_in: SignIn, chat: Chat, query: Query) -> None:
    anna = await signed_in()
    await anna.page(f"/conversazioni/{chat.id}")
    await anna.page("/?parole=rossi")
    logged = query("SELECT account, action, subject FROM console_audit ORDER BY seq")
    assert logged == [
        ("anna", "accesso", ""),
        ("anna", "lettura", f"conversation:{chat.id}"),
        ("anna", "ricerca", ""),
    ]
    assert "rossi" not in str(query("SELECT * FROM console_audit"))


async def test_the_command_says_whether_it_is_whole(tamper: Callable[..., None]) -> None:
    await entries(3)

    def verify() -> subprocess.CompletedProcess[str]:
        return subprocess.run([SPORTELLO, "console", "audit", "verify"], capture_output=True, text=True, check=False)

    told = await asyncio.to_thread(verify)
    assert (told.returncode, "intero" in told.stdout) == (0, True)
    tamper("UPDATE console_audit SET account = 'altri' WHERE seq = 2")
    told = await asyncio.to_thread(verify)
    assert told.returncode == 1 and "voce 2" in told.stderr


async def test_administrators_read_and_check_the_log(signed_in: SignIn, tamper: Callable[..., None]) -> None:
    ada: Desk = await signed_in("ada", "amministratore")
    await entries(2, note="un motivo")
    assert "un motivo" in await ada.page("/registro")
    assert "intero" in await (await ada.post("/registro/verifica", {"csrf": await ada.token("/registro")})).text()
    tamper("UPDATE console_audit SET account = 'altri' WHERE seq = 2")
    assert "toccato" in await (await ada.post("/registro/verifica", {"csrf": await ada.token("/registro")})).text()

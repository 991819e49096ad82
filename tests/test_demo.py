"""The made-up month: believable, harmless, the same each time, and gone without a trace."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import yaml
from conftest import Query
from console_support import SignIn
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import ROME
from bot.conversations import handoff
from bot.conversations.handoff_model import Operator
from bot.knowledge.spelling import fold
from bot.privacy.asking import read_asked
from bot.privacy.finding import find
from bot.privacy.sealing import unseal
from bot.settings import ROOT, get_settings
from console import audit
from console.demo import seeding

END = datetime(2026, 3, 4, 11, 30, tzinfo=ROME)
COUNT = 260
TABLES = (
    "messages parses addresses deliveries private_answers feedback incidents handoffs handoff_steps call_backs promises "
    "unmet_demand agenda_waiting console_summaries console_work console_notes console_tags console_reads"
).split()


async def seeded(engine: AsyncEngine, **options: Any) -> seeding.Seeded:
    """A small month."""
    chosen = {"count": COUNT, "number": 1, "end": END} | options
    async with engine.begin() as connection:
        return await seeding.seed(connection, get_settings(), **chosen)


def said(query: Query) -> list[tuple[Any, ...]]:
    """Everything that was said but the numbers of failures, how it was understood, how appointments stand; in one order."""
    return query(
        "SELECT m.id, m.conversation_id, m.seq, m.sender, regexp_replace(m.text, 'codice [0-9]+', ''), m.created_at, "
        " m.delivery, p.intent, p.confidence, p.actions "
        "FROM messages m LEFT JOIN parses p ON p.message_id = m.id ORDER BY m.id"
    ) + query(
        "SELECT id, code, state, starts, desk_id FROM agenda_appointments WHERE conversation_id IS NOT NULL ORDER BY id"
    )


async def test_a_month_has_everything(engine: AsyncEngine, query: Query) -> None:
    made = await seeded(engine)
    assert made.new
    assert made.conversations == COUNT
    assert [name for name, _ in made.links] == ["operatore", "supervisore", "amministratore"]
    assert all("/invito/" in link for _, link in made.links)
    for table in TABLES:
        assert query(f"SELECT count(*) FROM {table}")[0][0] > 0, table  # noqa: S608
    assert {channel for (channel,) in query("SELECT DISTINCT channel FROM conversations")} == {
        "webchat", "telegram", "whatsapp", "sms",
    }  # fmt: skip
    states = {
        state for (state,) in query("SELECT DISTINCT state FROM agenda_appointments WHERE conversation_id IS NOT NULL")
    }
    assert {"erogato", "da_erogare"} <= states
    assert {state for (state,) in query("SELECT DISTINCT state FROM handoffs")} >= {"waiting", "taken", "closed"}
    assert query("SELECT count(*) FROM promises WHERE done_at IS NULL")[0][0] >= 2  # a question to try answering with
    # nothing after the end, nothing out of order, nobody's password
    assert query("SELECT count(*) FROM messages WHERE created_at > %s", END) == [(0,)]
    pairs = "messages a JOIN messages b USING (conversation_id) WHERE b.seq > a.seq AND b.created_at < a.created_at"
    assert query(f"SELECT count(*) FROM {pairs}") == [(0,)]  # noqa: S608
    assert query("SELECT count(*) FROM console_accounts WHERE password_hash IS NOT NULL") == [(0,)]
    # every citizen's message was answered, but for those an operator is about to answer
    waiting = query(
        "SELECT DISTINCT c.owner FROM messages m JOIN conversations c ON c.id = m.conversation_id "
        "WHERE m.sender = 'citizen' AND m.answered_at IS NULL"
    )
    assert waiting == [("operator",)]
    # what is misunderstood is so more than once, in other words
    [(most, kinds)] = query(
        "SELECT max(n), count(*) FROM (SELECT count(*) n, intent FROM parses WHERE fallback GROUP BY intent) f"
    )
    assert most >= 5
    assert kinds >= 5
    async with engine.begin() as connection:
        assert await audit.verify(connection) == ([], (await audit.verify(connection))[1])


async def test_nothing_of_it_can_leave(engine: AsyncEngine, query: Query) -> None:
    await seeded(engine)
    assert query("SELECT count(*) FROM outbox") == [(0,)]
    for channel in ("telegram", "whatsapp", "sms"):
        [(one,)] = query("SELECT id FROM conversations WHERE channel = %s LIMIT 1", channel)
        [(author,)] = query("SELECT id FROM console_accounts WHERE username = 'supervisore'")
        async with engine.begin() as connection:
            await handoff.take(connection, one, Operator(key=str(author), name="Bruno"))
    assert query("SELECT count(*) FROM outbox") == [(0,)]
    # the same words in a real conversation do leave: the test can fail
    query("UPDATE conversations SET sample = false")
    async with engine.begin() as connection:
        await handoff.take(connection, query("SELECT id FROM conversations WHERE channel = 'sms' AND owner = 'bot'")[0][0],
                           Operator(key="x", name="Bruno"))  # fmt: skip
    assert query("SELECT count(*) FROM outbox") == [(1,)]


async def test_nobody_real_is_in_it(engine: AsyncEngine, query: Query) -> None:
    await seeded(engine)
    numbers = [unseal(bytes(one)) for (one,) in query("SELECT sealed FROM addresses WHERE channel <> 'telegram'")]
    numbers += [unseal(bytes(one)) for (one,) in query("SELECT sealed FROM call_backs")]
    contacts = [json.loads(unseal(bytes(one)))["contact"]
                for (one,) in query("SELECT citizen FROM agenda_appointments WHERE conversation_id IS NOT NULL")]  # fmt: skip
    numbers += [one for one in contacts if one.startswith("+")]
    assert len(numbers) > 50
    assert not any(phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in numbers)
    assert all(one.endswith("@example.org") for one in contacts if "@" in one)
    assert len(set(numbers)) > 40
    # and yet they are found as real ones are
    async with engine.connect() as connection:
        found = await find(connection, read_asked(numbers[0]))
    assert found.conversations


async def test_the_same_number_is_the_same_month(engine: AsyncEngine, query: Query) -> None:
    await seeded(engine)
    first = said(query)
    again = await seeded(engine)
    assert not again.new
    assert said(query) == first
    assert (await seeded(engine, again=True)).new
    assert said(query) == first
    await seeded(engine, again=True, number=2)
    assert said(query) != first


async def test_beside_real_conversations_only_when_told(engine: AsyncEngine, query: Query, talk: object) -> None:
    with pytest.raises(seeding.RealConversationsError, match="--mixed"):
        await seeded(engine)
    made = await seeded(engine, mixed=True, count=60)
    assert made.conversations == 60
    assert query("SELECT count(*) FROM agenda_sites") == [(0,)], "no made-up calendar beside real people"
    async with engine.begin() as connection:
        assert await seeding.clear(connection) == (60, 3)
    assert query("SELECT id, sample FROM conversations") == [(talk, False)]


async def test_it_goes_without_a_trace(engine: AsyncEngine, query: Query) -> None:
    await seeded(engine)
    query(
        "INSERT INTO legal_holds (conversation_id, reason, placed_by) SELECT id, 'prova', 'x' FROM conversations LIMIT 1"
    )
    before = query("SELECT count(*) FROM agenda_appointments WHERE conversation_id IS NULL")
    async with engine.begin() as connection:
        assert await seeding.clear(connection) == (COUNT, 3)
    for table in [*TABLES, "conversations", "console_accounts", "console_links", "outbox"]:
        assert query(f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608
    assert query("SELECT count(*) FROM agenda_appointments") == before
    orphans = (
        "SELECT count(*) FROM agenda_claims c WHERE NOT EXISTS (SELECT 1 FROM agenda_appointments a WHERE a.id = c.id)"
    )
    assert query(orphans) == [(0,)]


async def test_every_page_opens_on_it(engine: AsyncEngine, query: Query, signed_in: SignIn) -> None:
    await seeded(engine)
    desk = await signed_in("capo", "amministratore")
    pages = "/ /?parole=appuntamento /?vista=persona /?vista=nuove /attesa /chiamate /risposte /registro /privacy"
    for path in [*pages.split(), "/accessi"]:
        assert "<h1>" in await desk.page(path)
    assert "di esempio" in await desk.page("/")
    for (one,) in query("SELECT id FROM conversations ORDER BY last_seq DESC LIMIT 10"):
        assert "di esempio" in await desk.page(f"/conversazioni/{one}")


def test_no_sentence_is_one_of_the_held_out_data() -> None:
    held_out = set()
    for path in sorted((Path(ROOT) / "tests" / "data").glob("understand_*.jsonl")):
        held_out |= {
            fold(json.loads(line)["text"]).strip(" .?!") for line in path.read_text(encoding="utf-8").splitlines()
        }
    assert len(held_out) > 1000

    def sentences(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        return [one for part in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
                for one in sentences(part)]  # fmt: skip

    ours = [one for path in sorted((Path(ROOT) / "console" / "demo" / "data").glob("*.yml"))
            for one in sentences(yaml.safe_load(path.read_text(encoding="utf-8")))]  # fmt: skip
    long = [one for one in ours if len(one.split()) > 2]
    assert len(long) > 300
    assert not [one for one in long if fold(one).strip(" .?!") in held_out]

"""The whole system while its model changes: citizens go on writing, and nobody is lost, answered twice, or made to wait.

The system is trained on a small project with the small encoder: what is looked at is the changing, not the understanding.
The tests share one system and go on from one another.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from browser import watch
from console_support import PASSWORD, new_account
from playwright.async_api import Browser, Page, expect
from small_project import add_examples, make_small_project
from support import Chat, until
from whole_system import System, open_folder, run

from bot.knowledge import get_knowledge
from bot.settings import ROOT, get_settings

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

PEOPLE = 4
PAUSE = 0.6  # seconds between an answer and the next question: some messages a second in all
LONGEST = 5.0
MISSED = "zizzagone curricolare"
QUESTIONS = ("ciao", "che documenti servono per la did?", MISSED, "grazie mille", "che cos'è il tirocinio?")
Sql = Callable[..., list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as made:
        (made / "project").mkdir()
        make_small_project(made / "project")
        yield made


@pytest.fixture(scope="module")
def system(folder: Path) -> Iterator[System]:
    settings = {"new_conversation_rate": 100, "new_conversation_burst": 1000, "conversation_burst": 1000}
    places = {"project_dir": folder / "project", "encoder": "small"}
    yield from run(System(folder, **settings, **places))


@pytest.fixture
def sql(system: System) -> Iterator[Sql]:
    with psycopg.connect(system.database(), autocommit=True) as connection:

        def ask(statement: str, *values: object) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield ask


def sportello(system: System, *arguments: str, code: int = 0) -> str:
    """The command, as somebody types it beside the running system."""
    env = system.child("channels.worker").environ()
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "model", *arguments],
        cwd=ROOT, env=os.environ | env, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr, system.trouble())
    return done.stdout + done.stderr


@dataclass
class Citizens:
    """People who write, read the answer, and write on, until they are told to stop."""

    client: aiohttp.ClientSession
    # when each was sent, and how long its answer took
    waits: list[tuple[float, float]] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    chats: list[Chat] = field(default_factory=list)
    stopped: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        self.chats = [await Chat.open(self.client) for _ in range(PEOPLE)]
        self.tasks = [asyncio.create_task(self._write(n, chat)) for n, chat in enumerate(self.chats)]

    async def _write(self, number: int, chat: Chat) -> None:
        seen, turn = 0, number
        while not self.stopped:
            began = time.monotonic()
            message_id = await chat.send(QUESTIONS[turn % len(QUESTIONS)])
            self.sent[chat.id] += 1
            answered = False
            while not answered:
                assert time.monotonic() - began < 60, "no answer in a minute"
                for message in await chat.messages(after=seen, wait=5):
                    seen = max(seen, message["seq"])
                    answered = answered or (message["in_reply_to"] == message_id and message["kind"] == "message")
            self.waits.append((began, time.monotonic() - began))
            turn += 1
            await asyncio.sleep(PAUSE)

    async def _all(self, chat: Chat) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while more := await chat.messages(after=found[-1]["seq"] if found else 0):
            found += more
        return found

    def longest_since(self, moment: float) -> float:
        """The longest wait of what was sent, or still waited for, since then."""
        return max(seconds for began, seconds in self.waits if began + seconds > moment)

    async def stop(self) -> None:
        """Everybody has an answer to each message, and one."""
        self.stopped = True
        await asyncio.gather(*self.tasks)
        for chat in self.chats:
            messages = await self._all(chat)
            sent = [m["id"] for m in messages if m["sender"] == "citizen"]
            assert len(sent) == self.sent[chat.id]
            answers = [m["in_reply_to"] for m in messages if m["in_reply_to"] and m["kind"] == "message"]
            assert Counter(answers) == Counter(sent)


@pytest.fixture
async def citizens(system: System) -> AsyncIterator[Citizens]:
    async with aiohttp.ClientSession(system.url, timeout=aiohttp.ClientTimeout(total=30)) as client:
        made = Citizens(client)
        await made.start()
        yield made
        made.stopped = True
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)


async def typed(system: System, *arguments: str, code: int = 0) -> str:
    return await asyncio.to_thread(lambda: sportello(system, *arguments, code=code))


def understood_by(sql: Sql) -> list[tuple[object, ...]]:
    """Which model understood the latest messages."""
    return sql("SELECT DISTINCT model FROM (SELECT model FROM parses ORDER BY created_at DESC LIMIT 4) latest")


async def ask(client: aiohttp.ClientSession, text: str) -> str:
    chat = await Chat.open(client)
    await chat.send(text)
    [answer] = await chat.answered(1, within=30)
    return str(answer["text"])


@pytest.fixture
async def sara(system: System, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A supervisor at the console of the running system."""
    monkeypatch.setenv("DATABASE_URL", system.database())
    get_settings.cache_clear()
    await new_account("sara", "supervisore")
    page = await browser.new_page(base_url=f"http://127.0.0.1:{system.console_port}")
    page.set_default_timeout(60_000)
    watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/accesso")
    await page.get_by_label("Nome utente").fill("sara")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Conversazioni")
    return page


def understood(sql: Sql) -> tuple[object, ...]:
    """How what was misunderstood was understood the last time."""
    query = (
        "SELECT p.intent, p.fallback, p.model FROM parses p JOIN messages m ON m.id = p.message_id"
        " WHERE m.text = %s ORDER BY p.created_at DESC LIMIT 1"
    )
    return sql(query, MISSED)[0]


@pytest.mark.browser
async def test_from_the_review_queue_to_a_live_model_and_back_while_citizens_write(
    system: System, folder: Path, citizens: Citizens, sara: Page, sql: Sql
) -> None:
    [(first,)] = sql("SELECT model_id FROM model_choices")
    await until(lambda: len(citizens.waits) >= len(QUESTIONS) * PEOPLE, within=90)
    assert understood(sql)[1:] == (True, first)

    # Three gestures: which topic, yes, train.
    row = sara.get_by_role("group", name=f"Che cosa voleva dire: {MISSED}")

    async def listed() -> bool:
        # New messages are put into rows while somebody looks.
        await sara.goto("/da-rivedere")
        return await row.count() == 1

    await until(listed, within=30, every=0.5)
    await row.get_by_role("link", name=get_knowledge().services["tirocini"].title).click()
    await sara.get_by_role("button", name="Aggiungi agli esempi").click()
    await sara.get_by_role("button", name="Addestra").click()
    await expect(sara).to_have_url(re.compile("/modello"))
    await expect(sara.get_by_role("button", name="Annulla l'addestramento")).to_be_visible()
    taught = (folder / "project" / "nlu_data" / "faq" / "tirocini.yml").read_text(encoding="utf-8")
    assert taught.endswith(f"    - {MISSED}\n")
    [case] = (folder / "project" / "nlu_data" / "regression.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(case)["text"], json.loads(case)["intent"]) == (MISSED, "faq/tirocini")

    # The page goes on by itself; only what differs is shown; one click puts it live.
    await sara.get_by_role("link", name="Guarda il confronto").click(timeout=150_000)
    better = sara.get_by_role("region", name="Prove che prima non capiva e adesso sì (1)").first
    await expect(better).to_contain_text(MISSED)
    await expect(sara.get_by_role("region", name="Messaggi passati capiti in altro modo").first).to_contain_text(MISSED)
    assert MISSED not in str(sql("SELECT changes FROM model_runs"))
    assert understood(sql)[2] == first
    change = time.monotonic()
    await sara.get_by_role("button", name="Metti in servizio").click()
    await until(lambda: understood(sql)[2] != first, within=90)
    assert understood(sql)[:2] == ("faq/tirocini", False)
    await expect(sara.get_by_text("scelto da sara")).to_be_visible()

    await sara.get_by_role("button", name="Torna al modello precedente").click()
    await until(lambda: understood(sql)[1:] == (True, first), within=90)
    await citizens.stop()
    assert citizens.longest_since(change) < LONGEST
    # One process serves, the other was stopped, and none fell.
    await until(lambda: len(system.children("bot.dialogue.serve")) == 1, within=30)
    assert not [line for line in system.said().splitlines() if "si è fermato" in line]


@pytest.mark.long
async def test_killing_what_serves_and_what_works_in_the_middle_of_a_change_loses_nothing(
    system: System, citizens: Citizens, sql: Sql
) -> None:
    [(second,)] = sql("SELECT id FROM models ORDER BY trained_at DESC LIMIT 1")
    change = asyncio.create_task(typed(system, "live", str(second)))
    # The old one while the new one starts, then a worker, then the new one when it has taken over.
    await until(lambda: sql("SELECT 1 FROM model_servers WHERE step = 'starting'"), within=30)
    system.children("bot.dialogue.serve")[0].kill()
    system.kill("channels.worker")
    assert "è in servizio" in await change
    await until(lambda: len(system.children("bot.dialogue.serve")) == 1, within=40)
    system.kill("bot.dialogue.serve")
    done = len(citizens.waits)
    await until(lambda: len(citizens.waits) > done + PEOPLE, within=60)
    await citizens.stop()
    assert understood_by(sql) == [(second,)]


@pytest.mark.long
async def test_a_model_that_does_not_load_does_not_take_over(
    system: System, folder: Path, citizens: Citizens, sql: Sql
) -> None:
    [(now,)] = sql("SELECT model_id FROM model_choices ORDER BY seq DESC LIMIT 1")
    [(other,)] = sql("SELECT id FROM models WHERE id <> %s LIMIT 1", now)
    (folder / "models" / f"{other}.tar.gz").unlink()
    (folder / "models" / f"{other}.tar.gz").write_bytes(b"no model")
    change = time.monotonic()
    assert "non si carica" in await typed(system, "rollback", code=1)
    await citizens.stop()
    assert understood_by(sql) == [(now,)]
    assert citizens.longest_since(change) < LONGEST


@pytest.mark.long
async def test_a_training_is_stopped_when_asked_and_the_next_one_tells_why_it_fails(
    system: System, folder: Path, sql: Sql
) -> None:
    add_examples(folder / "project", "faq/tirocini", ["ancora uno zizzagone"])
    training = asyncio.create_task(typed(system, "train", code=1))
    await until(lambda: sql("SELECT 1 FROM model_runs WHERE state = 'training'"), within=30)
    sql("UPDATE model_runs SET cancel_asked_at = now() WHERE ended_at IS NULL")
    sql("SELECT pg_notify('sportello_models', '')")
    assert "annullato" in await training
    await until(lambda: not system.children("bot.nlu.train"), within=10)
    (folder / "project" / "nlu_data" / "faq" / "tirocini.yml").write_text("nlu: [", encoding="utf-8")
    assert "nel registro" in await typed(system, "train", code=1)
    [(run_id,)] = sql("SELECT id FROM model_runs WHERE state = 'failed'")
    assert (folder / "log" / f"train-{str(run_id)[:8]}.log").exists()


@pytest.mark.long
async def test_a_start_serves_the_model_last_put_live(system: System, folder: Path, sql: Sql) -> None:
    """The last test: it stops the system."""
    [(chosen,)] = sql("SELECT model_id FROM model_choices WHERE live_at IS NOT NULL ORDER BY seq DESC LIMIT 1")
    system.stop()
    again = System(folder, project_dir=folder / "project", encoder="small")
    try:
        await asyncio.to_thread(again.wait_until_ready)
        async with aiohttp.ClientSession(again.url) as client:
            assert await ask(client, "ciao")
        assert again.child("bot.dialogue.serve").cmdline()[-1].endswith(f"{chosen}.tar.gz")
        assert "addestro il modello" not in again.said()
    finally:
        again.end()

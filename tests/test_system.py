"""The whole system as `sportello run` starts it, with the real model: asked, killed piece by piece, stopped.

The tests share one running system and the last one stops it.
"""

import asyncio
import re
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import aiohttp
import psutil
import pytest
from support import Chat, free_port, servers, until
from whole_system import COMMAND, System, environment, open_folder, run

from bot.dialogue.payloads import PAYLOAD_INTENTS
from bot.settings import ROOT

pytestmark = [pytest.mark.system, pytest.mark.model, pytest.mark.timeout(300)]

FAILURE = "di' il codice"  # from the sentence for a message the dialogue fails on
CONVERSATIONS, EACH = 40, 5
QUESTIONS = (
    "ciao",
    "mi hanno licenziato, cosa devo fare?",
    "che cos'è la DID?",
    "dove si trova il centro per l'impiego di Cuneo?",
    "quali documenti servono per iscriversi?",
    "vorrei un appuntamento",
    "a che ora aprite a Torino?",
    "come funziona il tirocinio?",
    "grazie mille",
    "asdfgh",
)


Ask = Callable[..., Awaitable[str]]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with open_folder() as folder:
        started = System(folder)
        yield from run(started)


@pytest.fixture
async def client(system: System) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(system.url, timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@pytest.fixture
def ask(system: System, client: aiohttp.ClientSession) -> Ask:
    """Sends the first message of a new conversation; gives the text of its answer, which must not be about a failure."""

    async def send(**content: str) -> str:
        chat = await Chat.open(client)
        assert (await chat.post(**content)).status == 202
        [answer] = await chat.answered(1, within=30)
        assert answer["text"]
        assert FAILURE not in answer["text"], system.trouble()
        return str(answer["text"])

    return send


# --- it answers -------------------------------------------------------------------------------------------------------


async def test_the_ready_line_names_an_address_that_serves_the_chat(
    system: System, client: aiohttp.ClientSession
) -> None:
    assert f"pronto: apri {system.url}/" in system.said()
    async with client.get("/") as page:
        assert "sportello" in await page.text()


async def test_whoever_was_dismissed_is_told_of_naspi_or_did(ask: Ask) -> None:
    assert re.search("NASpI|DID", await ask(text="mi hanno licenziato, cosa devo fare?"))


@pytest.mark.parametrize("intent", sorted(PAYLOAD_INTENTS))
async def test_every_button_gets_an_answer_even_out_of_the_blue(ask: Ask, intent: str) -> None:
    assert await ask(payload=f"/{intent}")


@pytest.mark.parametrize(
    "text",
    ["/session_start", "/", "?", "👍", "مرحبا", "a" * 4000, "e " * 2000, "<b>", "{{7*7}} {slot}", '"', "\\", "1" * 300],
    ids=lambda text: ascii(text)[:12],
)
async def test_strange_texts_get_an_ordinary_answer(ask: Ask, text: str) -> None:
    assert await ask(text=text)


async def test_no_log_holds_the_words_of_the_citizen(system: System, ask: Ask) -> None:
    await ask(text="mi chiamo Zuccaverde e cerco lavoro")
    logs = list((system.folder / "log").glob("*.log"))
    assert len(logs) >= 4
    assert not [log.name for log in logs if "zuccaverde" in log.read_text().lower()]


# --- it survives ------------------------------------------------------------------------------------------------------


class Citizen:
    """Someone who repeats what got lost on the way, with the same id, until it is acknowledged."""

    def __init__(self, chat: Chat, number: int) -> None:
        self.chat = chat
        self.number = number
        self.acknowledged: list[str] = []

    async def talk(self) -> None:
        for n in range(EACH):
            self.acknowledged.append(await self.send(QUESTIONS[(self.number + n) % len(QUESTIONS)]))
            if self.number % 2:
                # Half of the people read the answer before they go on.
                await until(lambda: self.answered(len(self.acknowledged)), within=90, every=0.3)

    async def send(self, text: str) -> str:
        client_message_id = str(uuid4())
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = await self.chat.post(client_message_id=client_message_id, text=text)
                if answer.status == 202:
                    return str((await answer.json())["message_id"])
                assert answer.status in {429, 503}, await answer.text()
            except (aiohttp.ClientConnectionError, TimeoutError):
                pass
            assert time.monotonic() < deadline, "never acknowledged"
            await asyncio.sleep(0.2)

    async def answered(self, count: int) -> bool:
        """Whether at least so many of the messages have an answer; False too while the edge is away."""
        try:
            return len({answer["in_reply_to"] for answer in await self.chat.answers()}) >= count
        except (aiohttp.ClientConnectionError, TimeoutError):
            return False


async def test_two_hundred_messages_are_answered_once_and_in_order_while_everything_is_killed(
    system: System, client: aiohttp.ClientSession
) -> None:
    people = [Citizen(await Chat.open(client), number) for number in range(CONVERSATIONS)]
    talking = [asyncio.create_task(person.talk()) for person in people]

    def acknowledged() -> int:
        return sum(len(person.acknowledged) for person in people)

    for module, after in (("bot.dialogue.serve", 60), ("channels.worker", 110), ("channels.edge", 125)):
        await until(lambda after=after: acknowledged() >= after, within=90)
        system.kill(module)
    await asyncio.gather(*talking)
    assert {name for name in ("rasa", "worker", "edge") if f"{name} si è fermato (codice -9)" in system.said()} == {
        "rasa",
        "worker",
        "edge",
    }
    assert acknowledged() == CONVERSATIONS * EACH
    for person in people:
        await until(lambda person=person: person.answered(EACH), within=60, every=0.3)
        assert_answered_once_and_in_order(await person.chat.messages(), person)


def assert_answered_once_and_in_order(messages: list[dict], person: Citizen) -> None:
    sent = [m for m in messages if m["sender"] == "citizen"]
    assert [m["id"] for m in sent] == person.acknowledged
    assert [m["text"] for m in sent] == [QUESTIONS[(person.number + n) % len(QUESTIONS)] for n in range(EACH)]
    answers = [m for m in messages if m["in_reply_to"] and m["kind"] == "message"]
    assert [m["in_reply_to"] for m in answers] == person.acknowledged
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    assert not [m["text"] for m in answers if FAILURE in m["text"]]


async def test_the_action_server_killed_before_a_question_costs_only_time(system: System, ask: Ask) -> None:
    system.kill("actions.serve")
    assert re.search("NASpI|DID", await ask(text="mi hanno licenziato, cosa devo fare?"))


# --- it says clearly why it cannot start ------------------------------------------------------------------------------


def refused_start(folder: Path, **settings: object) -> str:
    """The one line of a start that fails."""
    ports = {name: free_port() for name in ("http_port", "console_port", "rasa_port", "actions_port")}
    done = subprocess.run(
        COMMAND,
        cwd=ROOT,
        env=environment(folder, **{**ports, **settings}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    lines = [
        line for line in done.stderr.splitlines() if "RuntimeDirWarning" not in line and "user_runtime_dir" not in line
    ]
    assert done.stdout == ""
    [line] = lines
    return line


@pytest.mark.parametrize("name", ["http_port", "console_port", "rasa_port", "actions_port"])
def test_a_port_in_use_is_said_with_the_variable_that_changes_it(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused_start(tmp_path, **{name: port})
    assert f"La porta {port} " in line
    assert f"SPORTELLO_{name.upper()}" in line


def test_too_little_room_on_the_disk_is_said_with_what_to_do(tmp_path: Path) -> None:
    line = refused_start(tmp_path, min_free_disk_mb=10**9)
    assert "1000000000" in line
    assert "Libera spazio" in line


@pytest.mark.parametrize("port", ["0", "65536", "ottanta"])
def test_a_port_that_is_no_port_is_said_with_its_variable(tmp_path: Path, port: str) -> None:
    assert "SPORTELLO_HTTP_PORT" in refused_start(tmp_path, http_port=port)


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refused_start(tmp_path / "file" / "data")
    assert "non si può creare" in line


# --- it stops ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_the_model_is_trained_leaves_no_process_behind(signum: signal.Signals) -> None:
    with open_folder() as folder:
        started = System(folder, cache_dir=folder / "empty")
        try:
            started.wait_until_said("addestro il modello")
            family = family_in_training(started)
            started.process.send_signal(signum)
            started.process.wait(30)
            _, alive = psutil.wait_procs(family, timeout=5)
            left = alive + servers(folder)
            for process in left:
                process.kill()
            assert left == []
        finally:
            started.end()


def family_in_training(started: System) -> list[psutil.Process]:
    """The processes below the supervisor once the one that trains is among them: it is announced just before."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        family = psutil.Process(started.process.pid).children(recursive=True)
        if any("bot.nlu.train" in child.cmdline() for child in family):
            return family
        time.sleep(0.1)
    raise AssertionError(f"nothing trains: {started.said()}")


def test_ctrl_c_leaves_no_process_behind(system: System) -> None:
    supervisor = psutil.Process(system.process.pid)
    family = supervisor.children(recursive=True)
    assert len([child for child in family if child.ppid() == supervisor.pid]) >= 4
    assert servers(system.folder)
    system.process.send_signal(signal.SIGINT)
    assert system.process.wait(30) == 0
    _, alive = psutil.wait_procs(family, timeout=1)
    assert alive == []
    assert servers(system.folder) == []
    assert "Traceback" not in system.said()

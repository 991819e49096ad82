"""What several test files need: a citizen's client, a stand-in for Rasa, processes, and waiting for conditions."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psutil
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestClient

from bot.dialogue.client import PATH
from bot.settings import ROOT
from channels import worker

API = "/webchat/v1/conversations"


async def until(look: Callable[[], Any], *, within: float = 15.0, every: float = 0.02) -> Any:
    """The first true value `look` gives; AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if isinstance(seen, Awaitable):
            seen = await seen
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(every)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def servers(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL servers of that folder that are running."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(folder / "postgres") in (process.info["cmdline"] or []):
            found.append(process)
    return found


class Chat:
    """One conversation as a citizen's browser has it."""

    def __init__(self, client: ClientSession | TestClient, opened: dict[str, Any]) -> None:
        self.client = client
        self.opened = opened
        self.id: str = opened["conversation_id"]
        self.token: str = opened["token"]
        self.url = f"{API}/{self.id}/messages"
        self.headers = {"Authorization": f"Bearer {self.token}"}

    @classmethod
    async def open(cls, client: ClientSession | TestClient) -> Self:
        async with client.post(API) as answer:
            assert answer.status == 201, await answer.text()
            return cls(client, await answer.json())

    async def post(self, **body: object) -> ClientResponse:
        """Send a body; `client_message_id` is made up unless given."""
        answer = await self.client.post(
            self.url, json={"client_message_id": str(uuid4()), **body}, headers=self.headers
        )
        await answer.read()
        return answer

    async def send(self, text: str) -> str:
        """Send a text that must be accepted; returns the message's id."""
        answer = await self.post(text=text)
        assert answer.status == 202, await answer.text()
        return str((await answer.json())["message_id"])

    async def messages(self, *, after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        async with self.client.get(
            self.url, params={"after": str(after), "wait": str(wait)}, headers=self.headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            return list((await answer.json())["messages"])

    async def answers(self) -> list[dict[str, Any]]:
        """What was answered to messages of this conversation, notices apart."""
        return [
            m for m in await self.messages() if m["sender"] == "bot" and m["kind"] == "message" and m["in_reply_to"]
        ]

    async def answered(self, count: int, *, within: float = 15.0) -> list[dict[str, Any]]:
        """The answers, once there are at least `count`."""

        async def enough() -> list[dict[str, Any]]:
            found = await self.answers()
            return found if len(found) >= count else []

        return await until(enough, within=within, every=0.05)


class Dialogue:
    """Stands for Rasa's internal input channel. It answers «risposta a: …» unless told otherwise.

    Public switches: `status` and `seconds` of thought for every message; by text, `fail` (an HTTP status, "reset",
    "nonsense", "silence" or "null character") and `slow` (seconds).
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.seconds = 0.0
        self.fail: dict[str, int | str] = {}
        self.slow: dict[str, float] = {}
        # what is said instead, by text or payload: Rasa's own shape of a message
        self.says: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        self.at_once: Counter[str] = Counter()
        self.most_in_one_conversation = 0
        self.most_conversations = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post(PATH, self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def texts(self) -> list[str]:
        return [asked["text"] for asked in self.asked]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        conversation = asked["conversation_id"]
        self.at_once[conversation] += 1
        self.most_in_one_conversation = max(self.most_in_one_conversation, self.at_once[conversation])
        self.most_conversations = max(self.most_conversations, sum(1 for n in self.at_once.values() if n))
        try:
            await asyncio.sleep(self.slow.get(asked["text"], self.seconds))
        finally:
            self.at_once[conversation] -= 1
        fail = self.fail.get(asked["text"], self.status)
        if fail == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fail == "nonsense":
            return web.json_response({"unexpected": True})
        silent = fail == "silence"
        if isinstance(fail, int) and fail != 200:
            return web.Response(status=fail, text="told to fail")
        parse = {
            "intent": "greet",
            "confidence": 0.9,
            "fallback": False,
            "entities": [],
            "ranking": [],
            "model": "stand-in",
            "actions": ["utter_greet"],
        }
        end = "\x00" if fail == "null character" else ""
        said = {"text": f"risposta a: {asked['text'] or asked['payload']}{end}", "buttons": None, "custom": None}
        said |= self.says.get(asked["text"] or asked["payload"], {})
        return web.json_response({"messages": [] if silent else [said], "parse": parse})


class LocalWorker:
    """The worker's own loop, run as a task of the test's event loop and stopped by the signal it listens to."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(worker.run())

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        if self._task is None:
            return
        # run() is stoppable once it has taken the signal; before that SIGTERM would end the tests.
        await until(lambda: not self.running or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL)
        if self.running:
            signal.raise_signal(signal.SIGTERM)
        await asyncio.wait([self._task])
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(signum)
        self._task = None


class WorkerProcess:
    """A worker in a process of its own, to be killed."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "channels.worker"],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=output,
            )

    async def ready(self) -> None:
        await until(lambda: "worker ready" in self.log.read_text(), within=30)

    def end(self, signum: int = signal.SIGKILL) -> None:
        self.process.send_signal(signum)

    async def ended(self, *, within: float = 30) -> int:
        await until(lambda: self.process.poll() is not None, within=within)
        return int(self.process.returncode)

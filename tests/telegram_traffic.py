"""Telegram under traffic: processes that can be killed, people who write without pause, and the reckoning afterwards."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from support import until
from telegram_double import TelegramDouble
from telegram_people import Person

from bot.launch.children import settle_in
from bot.settings import ROOT

ANSWER = "risposta a: "
FAR_AHEAD = 25  # messages


class Process:
    """One process of the system that is started again whenever it was killed."""

    def __init__(self, module: str, ready: str, log: Path, *, nice: int = 0) -> None:
        self.module, self.ready_words, self.log, self.nice = module, ready, log, nice
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        self.log.touch()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=output,
                preexec_fn=partial(settle_in, self.nice),  # noqa: PLW1509 - as the supervisor starts it
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return self.log.read_text().count(self.ready_words) >= self.starts


async def answers_health(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/health") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


class Writer:
    """Somebody who writes one message after the other; Telegram delivers each until it is acknowledged."""

    def __init__(self, person: Person, name: str, chance: random.Random) -> None:
        self.person, self.name, self.chance = person, name, chance
        self.sent: list[str] = []
        self.deliveries = 0

    async def write(self, *, pause: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            words = f"{self.name} {len(self.sent)}"
            update = self.person.text(words)
            await self._deliver(update)
            if self.chance.random() < 0.1:
                await self._deliver(update)  # Telegram did not hear the acknowledgement
            self.sent.append(words)
            # Telegram shows one message a second in a chat: who is far ahead of the answers slows down.
            slower = 8 if len(self.sent) - len(self.answers()) > FAR_AHEAD else 1
            await asyncio.sleep(pause * slower * self.chance.uniform(0.5, 1.5))

    async def _deliver(self, update: dict[str, Any]) -> None:
        while True:
            self.deliveries += 1
            try:
                if await self.person.send(update) == 200:
                    return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.1)

    def answers(self) -> list[str]:
        return [text.removeprefix(ANSWER) for text in self.person.texts() if text.startswith(ANSWER)]


def people(double: TelegramDouble, session: aiohttp.ClientSession, url: str, count: int, seed: int) -> list[Writer]:
    """So many, each with a name of their own."""
    chance = random.Random(seed)
    return [Writer(Person(double, session, url), f"persona{n}", random.Random(chance.random())) for n in range(count)]


def reckon(writers: list[Writer], query: Any) -> dict[str, int]:
    """Nothing lost, nothing twice, nothing out of order; what became of each answer. Raises `AssertionError`.

    An answer that is not in the chat must be known to be doubtful: the process that was sending it was killed between the
    call and its outcome.
    """
    unsure = {text for (text,) in query("SELECT text FROM messages WHERE sender = 'bot' AND delivery = 'unknown'")}
    missing = 0
    for writer in writers:
        stored = [
            text
            for (text,) in query(
                "SELECT text FROM messages WHERE sender = 'citizen' AND text LIKE %s ORDER BY seq", f"{writer.name} %"
            )
        ]
        assert stored == writer.sent, f"{writer.name}: stored {len(stored)} of {len(writer.sent)}"
        shown = writer.answers()
        twice = [words for words, times in Counter(shown).items() if times > 1]
        assert not twice, f"shown twice: {twice}"
        numbers = [writer.sent.index(words) for words in shown]
        assert numbers == sorted(numbers), f"{writer.name}: out of order {numbers}"
        lost = set(writer.sent) - set(shown)
        assert {ANSWER + words for words in lost} <= unsure, f"lost without a trace: {sorted(lost)}"
        missing += len(lost)
    return {
        "messages": sum(len(writer.sent) for writer in writers),
        "deliveries": sum(writer.deliveries for writer in writers),
        "doubtful": len(unsure),
        "doubtful and not shown": missing,
    }


async def all_answered(query: Any, *, within: float) -> None:
    """Wait until nothing waits."""
    waiting = "SELECT count(*) FROM messages WHERE sender = 'citizen' AND answered_at IS NULL"
    await until(lambda: query(waiting) == [(0,)], within=within, every=0.2)
    await until(lambda: query("SELECT count(*) FROM outbox") == [(0,)], within=within, every=0.2)

"""Telegram's webhook under load: so many updates a second for so long, through the real edge, worker and database.

python -m bench.channels [--rate 50] [--seconds 60] [--chats 40]

Telegram and the dialogue are the stand-ins of the tests, in this process. Each chat's next update is delivered when the one
before was acknowledged, as Telegram does. Times are from the moment an update was due, so that waiting counts.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import psycopg

from bot.launch.supervisor import BEHIND_THE_DOORS
from bot.settings import ROOT, get_settings

sys.path.insert(0, str(ROOT / "tests"))

from support import Dialogue, free_port, until
from telegram_double import BOT_NAME, SECRET, TOKEN, TelegramDouble
from telegram_traffic import ANSWER, Process, Writer, all_answered, answers_health, people, reckon

from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.migrate import upgrade

SEED = 1


class Load:
    """An open load: updates are due at fixed moments, whatever becomes of those before."""

    def __init__(self, writers: Sequence[Writer], rate: float, seconds: float) -> None:
        self.writers, self.rate, self.seconds = writers, rate, seconds
        self.acknowledged: list[float] = []
        self.refused: list[int] = []
        self.due_at: dict[str, float] = {}

    async def run(self) -> None:
        queues: list[asyncio.Queue[float | None]] = [asyncio.Queue() for _ in self.writers]
        work = [asyncio.create_task(self._chat(*pair)) for pair in zip(self.writers, queues, strict=True)]
        start, chance = time.monotonic(), random.Random(SEED)
        for number in range(int(self.rate * self.seconds)):
            due = start + number / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            chance.choice(queues).put_nowait(due)
        for queue in queues:
            queue.put_nowait(None)
        await asyncio.gather(*work)

    async def _chat(self, writer: Writer, queue: "asyncio.Queue[float | None]") -> None:
        while (due := await queue.get()) is not None:
            words = f"{writer.name} {len(writer.sent)}"
            status = await writer.person.send(writer.person.text(words))
            self.acknowledged.append(time.monotonic() - due)
            writer.deliveries += 1
            if status == 200:
                writer.sent.append(words)
                self.due_at[words] = due
            else:
                self.refused.append(status)

    def until_shown(self) -> list[float]:
        """Seconds from being due to standing in the chat."""
        return [
            shown.at - self.due_at[shown.text.removeprefix(ANSWER)]
            for writer in self.writers
            for shown in writer.person.shown("text")
            if shown.text.startswith(ANSWER)
        ]


def milliseconds(seconds: Sequence[float]) -> str:
    """Median and tails."""
    ordered = sorted(seconds)
    cuts = statistics.quantiles(ordered, n=100)
    return f"p50 {cuts[49] * 1000:.0f}  p95 {cuts[94] * 1000:.0f}  p99 {cuts[98] * 1000:.0f}  max {ordered[-1] * 1000:.0f} ms"


def cpu_seconds(process: Process | None) -> float:
    """Processor time of a process so far; None: this one."""
    times = psutil.Process(process.process.pid if process and process.process else None).cpu_times()
    return float(times.user + times.system)


async def measure(folder: Path, url: str, rate: float, seconds: float, chats: int) -> None:
    """Start the processes, load them, tell."""
    double, dialogue, port = TelegramDouble(), Dialogue(), free_port()
    await double.start()
    await dialogue.start()
    settings: dict[str, Any] = {
        "telegram_token": TOKEN, "telegram_webhook_secret": SECRET, "telegram_bot_name": BOT_NAME,
        "telegram_api_url": double.url, "http_port": port, "rasa_port": dialogue.port,
        "sender_rate": 1000, "sender_burst": 1000,
    }  # fmt: skip
    os.environ |= {f"SPORTELLO_{name.upper()}": str(value) for name, value in settings.items()}
    get_settings.cache_clear()
    edge = Process("channels.edge", "", folder / "edge.log")
    worker = Process("channels.worker", "worker ready", folder / "worker.log", nice=BEHIND_THE_DOORS)
    edge.start()
    worker.start()
    try:
        await until(lambda: answers_health(port), within=60, every=0.1)
        await until(worker.said_ready, within=60, every=0.1)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=40)) as session:
            writers = people(double, session, f"http://127.0.0.1:{port}/telegram/webhook", chats, SEED)
            load = Load(writers, rate, seconds)
            await load.run()
        spent = {"edge": cpu_seconds(edge), "worker": cpu_seconds(worker), "this process": cpu_seconds(None)}
        with psycopg.connect(url, autocommit=True) as connection:

            def query(statement: str, *values: object) -> list[Any]:
                return connection.execute(statement, values).fetchall()

            await all_answered(query, within=300)
            figures = reckon(writers, query)
    finally:
        edge.kill()
        worker.kill()
        await double.stop()
        await dialogue.stop()
    print(
        f"load          {rate:g} updates/s for {seconds:g} s over {chats} chats; load average {os.getloadavg()[0]:.1f}"
    )
    print(f"acknowledged  {milliseconds(load.acknowledged)}; refused {len(load.refused)}")
    print(f"shown         {milliseconds(load.until_shown())} after the update was due")
    per_message = {name: f"{used / len(load.acknowledged) * 1000:.1f}" for name, used in spent.items()}
    print(f"CPU ms        a message, until the last was acknowledged: {per_message}")
    print(f"reckoning     {figures}; lost 0, twice 0, out of order 0")


def main() -> None:
    """Entry point of `python -m bench.channels`."""
    parser = argparse.ArgumentParser(prog="python -m bench.channels", description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--chats", type=int, default=40)
    options = parser.parse_args()
    os.environ.setdefault("SPORTELLO_SECRET_KEY", "a secret for measuring only and not for any real data")
    with tempfile.TemporaryDirectory(prefix="sportello-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = start_embedded(folder)
        try:
            os.environ["DATABASE_URL"] = embedded_url(server)
            get_settings.cache_clear()
            upgrade()
            asyncio.run(measure(folder, os.environ["DATABASE_URL"], options.rate, options.seconds, options.chats))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()

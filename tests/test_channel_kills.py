"""Edge and worker killed at random under Telegram traffic: nothing acknowledged is lost, nothing is sent twice, no inversion.

`SPORTELLO_KILLS=1000` for the long run; `SPORTELLO_SEED` repeats one.
"""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from conftest import Query
from support import Dialogue, free_port, until
from telegram_double import TelegramDouble
from telegram_traffic import Process, Writer, all_answered, answers_health, people, reckon

KILLS = int(os.environ.get("SPORTELLO_KILLS", "12"))
SEED = int(os.environ.get("SPORTELLO_SEED", "20260302"))
WRITERS = 6
PAUSE = 0.4

pytestmark = pytest.mark.timeout(420 + KILLS * 12)


async def test_kills_lose_double_and_invert_nothing(
    telegram: TelegramDouble, dialogue: Dialogue, query: Query, configure: Callable[..., None], tmp_path: Path
) -> None:
    port = free_port()
    configure(http_port=port, sender_rate=1000, sender_burst=1000, webhook_rate=10_000, webhook_burst=10_000)
    chance = random.Random(SEED)
    edge = Process("channels.edge", "", tmp_path / "edge.log")
    worker = Process("channels.worker", "worker ready", tmp_path / "worker.log")
    ready = {edge.module: lambda: answers_health(port), worker.module: worker.said_ready}
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        writers: list[Writer] = people(telegram, session, f"http://127.0.0.1:{port}/telegram/webhook", WRITERS, SEED)
        writing = [asyncio.create_task(writer.write(pause=PAUSE, stop=stop)) for writer in writers]
        edge.start()
        worker.start()
        try:
            for _ in range(KILLS):
                # Only the one to be killed must be at work: the other may still be starting.
                victim = chance.choice([edge, worker])
                await until(ready[victim.module], within=60, every=0.1)
                await asyncio.sleep(chance.uniform(0.0, 1.0))
                victim.kill()
                victim.start()
            stop.set()
            await asyncio.wait_for(asyncio.gather(*writing), 60)
            await all_answered(query, within=300)
        finally:
            stop.set()
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
            edge.kill()
            worker.kill()
    figures = reckon(writers, query)
    print(f"{KILLS} kills, seed {SEED}: {figures}")
    # One doubtful answer at most for each message that was on its way when the worker was killed.
    assert figures["doubtful"] <= KILLS * 4
    assert figures["messages"] > KILLS

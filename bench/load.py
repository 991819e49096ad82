"""The load: messages at a steady rate, or as fast as answers come. Light: one client session, one process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import psutil

ANSWER_WITHIN_SECONDS = 30.0


class Refused(Exception):
    """The message was not accepted; carries the HTTP status."""


class Talkers(Protocol):
    """Open conversations with a system under load."""

    count: int

    async def ask(self, talker: int, text: str) -> float:
        """Send a text in one conversation and return the seconds until its answer was here.

        Raises `Refused`, or `TimeoutError` after `ANSWER_WITHIN_SECONDS`.
        """


@dataclass
class Phase:
    """What one phase of load gave. `latencies` in seconds; CPU in seconds, by process and of this generator."""

    sent: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    unanswered: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    generator_cpu: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def cpu_ms_per_message(self) -> dict[str, float]:
        """CPU milliseconds an answered message, by process."""
        return {name: 1000 * seconds / max(1, len(self.latencies)) for name, seconds in self.cpu.items()}

    @property
    def generator_share(self) -> float:
        """The generator's own load, in cores."""
        return self.generator_cpu / self.seconds


CpuReader = Callable[[], dict[str, float]]
"""CPU seconds used so far, by process of the system under load."""


async def at_rate(
    talkers: Talkers, texts: Sequence[str], *, per_second: float, seconds: float, cpu: CpuReader
) -> Phase:
    """Send at a steady rate whatever the answers do, so that waiting in queues counts."""

    async def load(phase: Phase) -> None:
        started = time.monotonic()
        asked = []
        for index in range(round(per_second * seconds)):
            await asyncio.sleep(started + index / per_second - time.monotonic())
            asked.append(asyncio.create_task(one(talkers, index % talkers.count, texts[index % len(texts)], phase)))
        await asyncio.gather(*asked)

    return await metered(load, cpu)


async def saturating(talkers: Talkers, texts: Sequence[str], *, seconds: float, cpu: CpuReader) -> Phase:
    """Every conversation sends its next message when the last one is answered."""
    turns = iter(range(10**9))

    async def load(phase: Phase) -> None:
        until = time.monotonic() + seconds

        async def talk(talker: int) -> None:
            while time.monotonic() < until:
                await one(talkers, talker, texts[next(turns) % len(texts)], phase)

        await asyncio.gather(*(talk(talker) for talker in range(talkers.count)))

    return await metered(load, cpu)


async def one(talkers: Talkers, talker: int, text: str, phase: Phase) -> None:
    """Ask once and note what came of it."""
    phase.sent += 1
    try:
        phase.latencies.append(await talkers.ask(talker, text))
    except Refused:
        phase.refused += 1
        await asyncio.sleep(0.1)  # a closed loop must not spin on refusals
    except TimeoutError:
        phase.unanswered += 1


async def metered(load: Callable[[Phase], Awaitable[None]], cpu: CpuReader) -> Phase:
    """Run a load and note its duration and what it took from the processors, until the last answer."""
    phase, me = Phase(), psutil.Process()
    before, mine, started = cpu(), sum(me.cpu_times()[:2]), time.monotonic()
    await load(phase)
    phase.seconds = time.monotonic() - started
    phase.generator_cpu = sum(me.cpu_times()[:2]) - mine
    phase.cpu = {name: used - before.get(name, 0.0) for name, used in cpu().items()}
    return phase

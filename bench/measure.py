"""One model in a process of its own, on one thread: how it understands each held-out message and what that takes.

python -m bench.measure MODEL writes JSON to standard output.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.held_out import held_out
from bench.score import Ranking
from bench.stock import intent_of
from bot.launch.model import training_environment
from bot.nlu.reading import FALLBACK_INTENT, RANKING_KEY
from bot.settings import ROOT

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
}
WARM_UP = 20


class MeasuringFailed(Exception):
    """A model could not be loaded or asked."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one model made of the held-out messages; `rankings` as typed, `noised` with the spelling spoilt."""

    rankings: list[Ranking]
    noised: list[Ranking]
    milliseconds: list[float]
    cpu_milliseconds: float
    load_seconds: float
    rasa_mb: float
    resident_mb: float


def measure(model: Path, env: Mapping[str, str]) -> Measured:
    """Run this module on a model and read what it found.

    Raises `MeasuringFailed` with the last lines the process wrote.
    """
    command = [sys.executable, "-m", "bench.measure", str(model)]
    environment = training_environment() | ONE_THREAD | dict(env)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MeasuringFailed(f"{model}:\n{done.stderr[-2000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


async def measure_here(model: Path) -> Measured:
    """Load the model in this process and ask it everything."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # as served: Rasa would else print every message, and that would be timed
    rasa_mb = resident_mb()
    started = time.perf_counter()
    agent = Agent.load(model)
    load_seconds = time.perf_counter() - started
    messages = held_out()
    for message in messages[:WARM_UP]:
        await ask(agent, message.text)
    rankings, milliseconds = [], []
    cpu = time.process_time()
    for message in messages:
        started = time.perf_counter()
        parse = await ask(agent, message.text)
        milliseconds.append((time.perf_counter() - started) * 1000)
        rankings.append(ranking_of(parse))
    cpu = time.process_time() - cpu
    noised = [ranking_of(await ask(agent, message.noised)) for message in messages]
    return Measured(
        rankings=rankings,
        noised=noised,
        milliseconds=milliseconds,
        cpu_milliseconds=cpu * 1000 / len(messages),
        load_seconds=load_seconds,
        rasa_mb=rasa_mb,
        resident_mb=resident_mb(),
    )


async def ask(agent: Any, text: str) -> dict[str, Any]:
    # As the product does it: a leading slash would be Rasa's notation for an intent.
    parse: dict[str, Any] = await agent.parse_message(text.lstrip("/ \n\t") or "?")
    return parse


def ranking_of(parse: dict[str, Any]) -> Ranking:
    """Full intent names and confidences: our calibrated ranking if there is one, else Rasa's without its fallback."""
    entries = parse.get(RANKING_KEY) or parse.get("intent_ranking") or [parse["intent"]]
    named = [(intent_of(entry["name"] or ""), float(entry["confidence"])) for entry in entries]
    return [entry for entry in named if entry[0] != FALLBACK_INTENT] or [("", 0.0)]


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measure_here(Path(sys.argv[1]))))))

"""The whole system under load, and Rasa as it comes beside it in the same run."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import uvloop

from bench.held_out import texts_to_send
from bench.load import Phase, at_rate, saturating
from bench.processes import System
from bench.report import Cell, heading, percentile, table
from bench.systems import Sportello, StockRasa
from bench.talkers import RestTalkers, WebChatTalkers
from bench.variants import stock_variant

CONVERSATIONS = 40
RATES = (1.0, 10.0)
SETTLE_SECONDS = 2.0
Memory = dict[str, tuple[float, float]]
MakeTalkers = Callable[[], WebChatTalkers | RestTalkers]


@dataclass(frozen=True)
class Lengths:
    """Seconds of the phases."""

    warm_up: float
    steady: float
    saturation: float


FULL = Lengths(warm_up=6, steady=40, saturation=30)
QUICK = Lengths(warm_up=3, steady=8, saturation=8)


@dataclass
class Loaded:
    """What one system gave: start, memory before and after the load, and a phase for each load."""

    title: str
    starts: list[float]
    fresh: Memory
    used: Memory
    phases: dict[str, Phase]

    def figures(self) -> dict[str, Any]:
        """Everything, for JSON."""
        phases = {name: summary(phase) for name, phase in self.phases.items()}
        return asdict(self) | {"phases": phases}


def run(*, quick: bool, skip_stock: bool, epochs: int) -> dict[str, Any]:
    """Start, load and stop ours, then stock Rasa; print the tables; return the figures."""
    lengths = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="sportello-bench-") as folder:
        stock = None if quick or skip_stock else stock_variant(epochs).ensure()
        load = psutil.getloadavg()[0]
        found = [load_ours(Path(folder), lengths)]
        if stock is not None:
            found.append(load_stock(Path(folder), stock.model.parent, lengths))
    heading(f"The whole way of a message: {psutil.cpu_count()} cores, {CONVERSATIONS} conversations")
    print(f"load average before: {load:.1f}; generator and systems share the cores")
    print_starts(found)
    print_latency(found)
    print_cpu(found)
    print_memory(found)
    return {"load_average_before": load, "systems": [loaded.figures() for loaded in found]}


def load_ours(folder: Path, lengths: Lengths) -> Loaded:
    """Start twice, the first time without a database; load the second."""
    sportello = Sportello(folder / "data")
    sportello.ensure_model()
    print("starting sportello, new data folder ...", flush=True)
    with sportello.running() as (_, first):
        pass
    print("starting sportello again ...", flush=True)
    with sportello.running() as (system, second):
        fresh, used, phases = uvloop.run(
            all_phases(system, lambda: WebChatTalkers(sportello.base, CONVERSATIONS), lengths)
        )
    return Loaded("sportello run", [first, second], fresh, used, phases)


def load_stock(folder: Path, project: Path, lengths: Lengths) -> Loaded:
    """The same load on Rasa as it comes."""
    print("starting rasa run ...", flush=True)
    stock = StockRasa(project)
    with stock.running(folder) as (system, seconds):
        fresh, used, phases = uvloop.run(all_phases(system, lambda: RestTalkers(stock.base, CONVERSATIONS), lengths))
    return Loaded("rasa run, as it comes", [seconds], fresh, used, phases)


async def all_phases(
    system: System, make_talkers: MakeTalkers, lengths: Lengths
) -> tuple[Memory, Memory, dict[str, Phase]]:
    """Memory, warm-up, the steady rates, saturation, memory again."""
    texts, cpu = texts_to_send(), system.cpu_seconds
    await asyncio.sleep(SETTLE_SECONDS)
    fresh = system.memory_mb()
    phases = {}
    # Each phase has conversations of its own: a long conversation costs more than a short one.
    async with make_talkers() as talkers:
        await at_rate(talkers, texts, per_second=5, seconds=lengths.warm_up, cpu=cpu)
    for rate in RATES:
        print(f"{rate:g} messages a second for {lengths.steady:.0f} s ...", flush=True)
        async with make_talkers() as talkers:
            phases[f"{rate:g} a second"] = await at_rate(
                talkers, texts, per_second=rate, seconds=lengths.steady, cpu=cpu
            )
    print(f"as fast as answers come for {lengths.saturation:.0f} s ...", flush=True)
    async with make_talkers() as talkers:
        phases["saturation"] = await saturating(talkers, texts, seconds=lengths.saturation, cpu=cpu)
    return fresh, system.memory_mb(), phases


def summary(phase: Phase) -> dict[str, Any]:
    """One phase in figures: milliseconds, messages."""
    milliseconds = [1000 * seconds for seconds in phase.latencies]
    return {
        "sent": phase.sent,
        "answered": len(milliseconds),
        "refused": phase.refused,
        "unanswered": phase.unanswered,
        "per_second": phase.per_second,
        **{f"p{part:.0f}": percentile(milliseconds, part / 100) for part in (50, 95, 99)},
        "cpu_ms_per_message": phase.cpu_ms_per_message(),
        "generator_cores": phase.generator_share,
    }


def print_starts(found: list[Loaded]) -> None:
    """How long until the first message can be sent."""
    ours = found[0].starts
    rows: list[list[Cell]] = [["sportello run, new database", ours[0]], ["sportello run, again", ours[1]]]
    rows += [[loaded.title, loaded.starts[0]] for loaded in found[1:]]
    print()
    table(["start", "seconds"], rows, ratios=True)


def print_latency(found: list[Loaded]) -> None:
    """From sending a message to having its answer, for each load; ratios to ours."""
    header = [
        "", "sent", "answered", "refused", "unanswered", "answers/s", "ms p50", "ms p95", "ms p99", "generator, cores",
    ]  # fmt: skip
    for name in found[0].phases:
        rows: list[list[Cell]] = []
        for loaded in found:
            s = summary(loaded.phases[name])
            counts = [str(s[key]) for key in ("sent", "answered", "refused", "unanswered")]
            generator = f"{s['generator_cores']:.2f}"
            rows.append([loaded.title, *counts, s["per_second"], s["p50"], s["p95"], s["p99"], generator])
        print(f"\n{name}: from POST to answer")
        table(header, rows, ratios=True)


def print_cpu(found: list[Loaded]) -> None:
    """CPU a message at saturation, by process."""
    print("\nCPU milliseconds an answered message, at saturation")
    rows: list[list[Cell]] = []
    for loaded in found:
        by_process = loaded.phases["saturation"].cpu_ms_per_message()
        rows.append([f"{loaded.title}: all", sum(by_process.values())])
        if len(by_process) > 1:
            rows += [[f"  {name}", used] for name, used in sorted(by_process.items(), key=lambda item: -item[1])]
    table(["", "ms"], rows, ratios=True)


def print_memory(found: list[Loaded]) -> None:
    """Memory, by process."""
    print("\nMB: resident, and proportional (pages divided among the processes that share them)")
    rows: list[list[Cell]] = []
    for loaded in found:
        fresh, used = loaded.fresh, loaded.used
        rows.append([f"{loaded.title}: all", *_sums(fresh), *_sums(used)])
        if len(used) > 1:
            names = sorted(used, key=lambda name: -used[name][1])
            rows += [[f"  {name}", *fresh.get(name, (None, None)), *used[name]] for name in names]
    table(["", "after start", "proportional", "after load", "proportional"], rows, ratios=True)


def _sums(memory: Memory) -> tuple[float, float]:
    return sum(pair[0] for pair in memory.values()), sum(pair[1] for pair in memory.values())

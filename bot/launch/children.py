"""Child processes that are kept running: started again with back-off when they die, stopped together."""

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_AFTER_SECONDS = 30.0
"""A child that lived this long starts its back-off anew."""
STOP_SECONDS = 8.0

LOWEST = 19
"""How nice what nobody waits for is."""

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process to keep running. Its output goes to `log`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    # how much it yields to others when cores are short, from 0 (not at all) to 19
    nice: int = 0


def settle_in(nice: int) -> None:
    """Run in a child before it starts: when its parent dies it is told to stop, instead of keeping ports and cores.

    Linux only.
    """
    os.nice(nice)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def keep_running(child: Child, report: Callable[[str], None]) -> None:
    """Run the child and run it again whenever it ends; when cancelled, stop it and return."""
    failures = 0
    while True:
        started = time.monotonic()
        with child.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *child.command,
                env=dict(child.env),
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(settle_in, child.nice),
            )
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                await stop(process)
                raise
        failures = 0 if time.monotonic() - started > STEADY_AFTER_SECONDS else failures + 1
        pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
        report(f"{child.name} si è fermato (codice {code}): lo riavvio fra {pause:g} s; le ragioni sono in {child.log}")
        await asyncio.sleep(pause)


async def stop_family(process: asyncio.subprocess.Process) -> None:
    """End a process that leads a session of its own, and whatever it has started there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    await stop(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end, and end it if it does not."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()

"""Training runs on this machine: taken from the table one at a time, each a process of its own, ended when asked."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dialogue.address import place_of
from bot.launch.children import LOWEST, settle_in, stop_family
from bot.settings import ROOT, Settings
from bot.storage.waking import wake_ups
from bot.teaching.live import MODELS_CHANGED
from bot.teaching.runs import INTERRUPTED, claim_run, end_interrupted, end_run, run_of

LOOK_SECONDS = 5.0

Report = Callable[[str], None]


class TrainingRuns:
    """Carries out what is asked for, for as long as `follow` runs."""

    def __init__(self, engine: AsyncEngine, settings: Settings, env: Mapping[str, str], report: Report) -> None:
        self._engine = engine
        self._settings = settings
        self._env = env
        self._report = report
        self._run_id: UUID | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def follow(self) -> None:
        """Take runs as they are asked for; cancelled, it ends the one under way."""
        try:
            async for _ in wake_ups(MODELS_CHANGED, every=LOOK_SECONDS):
                try:
                    await self._look()
                except SQLAlchemyError as error:
                    self._report(f"il database non risponde mentre guardo gli addestramenti ({type(error).__name__})")
        finally:
            if self._process is not None:
                await stop_family(self._process)

    async def start(self) -> None:
        """What an earlier start left half-way is over, and taken away."""
        for folder in ((data := self._settings.data_dir) / "training", *(data / "models").glob("tmp*")):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        async with self._engine.begin() as connection:
            await end_interrupted(connection, place_of(self._settings))

    async def _look(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._cancel_if_asked()
        elif self._run_id is not None:
            await self._close()
        if self._run_id is None:
            await self._take()

    async def _take(self) -> None:
        async with self._engine.begin() as connection:
            run_id = await claim_run(connection, place_of(self._settings))
        if run_id is None:
            return
        self._run_id = run_id
        folder = self._settings.data_dir / "log"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"train-{run_id.hex[:8]}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.teaching.trainer", str(run_id),
                cwd=ROOT, env=dict(self._env), stdout=log, stderr=log, start_new_session=True,
                preexec_fn=partial(settle_in, LOWEST),
            )  # fmt: skip
        self._report(f"addestramento {run_id.hex[:8]} iniziato")

    async def _cancel_if_asked(self) -> None:
        assert self._process is not None
        assert self._run_id is not None
        async with self._engine.connect() as connection:
            run = await run_of(connection, self._run_id)
        if run is None or run.cancel_asked_at is None or run.ended_at is not None:
            return
        await stop_family(self._process)
        async with self._engine.begin() as connection:
            await end_run(connection, self._run_id, "cancelled")
        await self._close()

    async def _close(self) -> None:
        """The process is gone; if it did not say how it ended, it was ended from outside."""
        assert self._run_id is not None
        code, run_id = self._process.returncode if self._process else None, self._run_id
        async with self._engine.begin() as connection:
            await end_run(connection, run_id, "failed", failure=INTERRUPTED)
        self._process = self._run_id = None
        self._report(f"addestramento {run_id.hex[:8]} finito (codice {code})")

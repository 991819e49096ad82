"""What tests of models need: models that were trained on paper only, with files beside them, and runs that ended so."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.launch.model import fingerprint, program
from bot.settings import Settings
from bot.teaching import live
from bot.teaching.kept import model_file
from bot.teaching.model_tables import models, runs

NO_DIFFERENCE = {"cases": 4, "right_before": 3, "right_after": 3, "better": [], "worse": []}


class Shelf:
    """Models in the table and on the disk, without training any."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings

    async def add(self, model_id: str, **values: Any) -> str:
        """A model that fits, with a file that is none."""
        row = {"id": model_id, "program": program(self.settings), "topics": ["did"], "examples": 7} | values
        async with self.engine.begin() as connection:
            await connection.execute(insert(models).values(row))
        path = model_file(self.settings, model_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no model")
        return model_id

    async def start_with(self, model_id: str) -> None:
        """The system starts with this model."""
        async with self.engine.begin() as connection:
            await live.note_start(connection, self.settings, model_id)

    async def compared(self, model_id: str, with_: str | None, **values: Any) -> UUID:
        """A finished run that compared two models."""
        run_id = uuid4()
        regression = NO_DIFFERENCE | {k: v for k, v in values.items() if k in NO_DIFFERENCE}
        rest = {k: v for k, v in values.items() if k not in NO_DIFFERENCE}
        row = {"id": run_id, "asked_by": "anna", "state": "done", "model_id": model_id, "live_id": with_}
        row |= {"regression": regression, "replayed": 0, "changes": [], "trained": True} | rest
        now = live.func.clock_timestamp()
        async with self.engine.begin() as connection:
            await connection.execute(insert(runs).values(row | {"started_at": now, "ended_at": now}))
        return run_id

    async def carried_out(self) -> None:
        """Whoever serves models has brought the last choice about."""
        async with self.engine.begin() as connection:
            choice = await live.wanted_choice(connection)
            assert choice is not None
            await live.note_live(connection, choice.seq)

    def files(self) -> str:
        """The fingerprint of the project's files now."""
        return fingerprint(self.settings)


def settings_for(folder: Path, settings: Settings, **values: Any) -> Settings:
    """Settings with a data folder of the test's own."""
    return settings.model_copy(update={"data_dir": folder, **values})

"""The files of trained models: kept to be put live and taken back, the oldest deleted.

They are data, not cache: what a former model was trained on may be gone, so that it could not be made again. Where several
machines serve models, `models/` of their data folders is one shared folder.
"""

import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.launch.model import program
from bot.settings import Settings
from bot.teaching.material import examples_in, topics_in
from bot.teaching.model_tables import choices, models, runs

KEPT = 5
"""So many models are kept besides the live one and the one before it: enough to look back over some weeks of teaching."""


def model_file(settings: Settings, model_id: str) -> Path:
    """Where a model is kept, whether it exists or not."""
    return settings.data_dir / "models" / f"{model_id}.tar.gz"


def keep_file(settings: Settings, model_id: str, source: Path) -> Path:
    """Keep a model that lies elsewhere; a second name for the same file where the disk allows."""
    path = model_file(settings, model_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)
        draft.replace(path)
    return path


async def note_model(connection: AsyncConnection, settings: Settings, model_id: str) -> None:
    """Enter a model trained on the project of `settings`, whose file is kept."""
    row = {
        "id": model_id,
        "program": program(settings),
        "topics": sorted(topics_in(settings.project_dir)),
        "examples": examples_in(settings.project_dir),
    }
    again = {"removed_at": None, "program": row["program"]}
    await connection.execute(insert(models).values(row).on_conflict_do_update(index_elements=["id"], set_=again))


async def prune(connection: AsyncConnection, settings: Settings, *, keep: set[str]) -> list[str]:
    """Delete the files of all but the newest models and those named; returns the ids of the deleted."""
    under_way = select(runs.c.model_id).where(runs.c.ended_at.is_(None), runs.c.model_id.is_not(None))
    pending = select(choices.c.model_id).where(choices.c.live_at.is_(None), choices.c.failed_at.is_(None))
    spared = keep | set((await connection.execute(under_way.union(pending))).scalars())
    there = select(models.c.id).where(models.c.removed_at.is_(None)).order_by(models.c.trained_at.desc())
    old = [one for one in (await connection.execute(there)).scalars() if one not in spared][KEPT:]
    await connection.execute(update(models).where(models.c.id.in_(old)).values(removed_at=func.clock_timestamp()))
    for model_id in old:
        model_file(settings, model_id).unlink(missing_ok=True)
    return old

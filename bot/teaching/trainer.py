"""The process of one training run, started by the supervisor (`bot.launch.training_runs`) at the lowest priority.

python -m bot.teaching.trainer RUN
"""

import asyncio
import shutil
import sys
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.knowledge import KnowledgeError
from bot.launch.errors import LaunchError
from bot.launch.model import fingerprint, train
from bot.logs import configure_logging
from bot.nlu.interpreter import Interpreter
from bot.settings import Settings, get_settings
from bot.storage.engine import create_engine
from bot.teaching.comparison import Past, Regression, compare_cases, replay
from bot.teaching.errors import ModelError
from bot.teaching.kept import keep_file, model_file, note_model
from bot.teaching.live import live_choice
from bot.teaching.material import check_material, copy_material
from bot.teaching.past import latest_distinct
from bot.teaching.regression import Case, read_cases
from bot.teaching.runs import Run, end_run, note_stage, run_of

log = structlog.get_logger()

Compared = tuple[Regression, list[dict[str, object]]]


async def carry_out(engine: AsyncEngine, settings: Settings, run_id: UUID) -> None:
    """Copy, train, compare, one run from its claim to its end. Whatever goes wrong is written on the run."""
    folder = settings.data_dir / "training" / str(run_id)
    try:
        async with engine.connect() as connection:
            run = await run_of(connection, run_id)
        if run is None or run.ended_at is not None:
            return
        await _carry_out(engine, settings, run, folder)
    except (ModelError, KnowledgeError) as error:
        await _fail(engine, run_id, str(error))
    except LaunchError as error:
        log.warning("not trained", reason=str(error))
        await _fail(engine, run_id, "L'addestramento non è riuscito: le ragioni sono nel registro.")
    except Exception as error:
        log.exception("run failed")
        await _fail(engine, run_id, f"C'è stato un guasto imprevisto ({type(error).__name__}): vedi il registro.")
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _fail(engine: AsyncEngine, run_id: UUID, failure: str) -> None:
    async with engine.begin() as connection:
        await end_run(connection, run_id, "failed", failure=failure)


async def _carry_out(engine: AsyncEngine, settings: Settings, run: Run, folder: Path) -> None:
    copied = await copy_material(settings, folder)
    model_id = run.model_id
    if model_id is None:
        await asyncio.to_thread(check_material, copied.project_dir)
        model_id = await _trained(engine, settings, copied, run)
    async with engine.begin() as connection:
        live = await live_choice(connection)
        await note_stage(connection, run.id, "comparing", model_id=model_id, live_id=live.model_id if live else None)
        past = await latest_distinct(connection)
    cases = await asyncio.to_thread(read_cases, copied.project_dir)
    before = model_file(settings, live.model_id) if live else None
    regression, changes = await asyncio.to_thread(compare, before, model_file(settings, model_id), cases, past)
    async with engine.begin() as connection:
        found = {"regression": regression.as_json(), "changes": changes, "replayed": len(past)}
        await end_run(connection, run.id, "done", **found)


async def _trained(engine: AsyncEngine, settings: Settings, copied: Settings, run: Run) -> str:
    """The model of the copied files: the one there is, or one trained now."""
    model_id = await asyncio.to_thread(fingerprint, copied)
    async with engine.begin() as connection:
        live = await live_choice(connection)
        if live is not None and live.model_id == model_id:
            raise ModelError("Non c'è niente di nuovo: il modello in servizio è già addestrato su questi file.")
        await note_stage(connection, run.id, "training", model_id=model_id)
    path, cached = model_file(settings, model_id), settings.models_dir / f"{model_id}.tar.gz"
    trained = not path.exists() and not cached.exists()
    if trained:
        own_log = settings.data_dir / "log" / f"train-{run.log_id}.log"
        await asyncio.to_thread(train, copied, path, _say, log=own_log)
    else:
        await asyncio.to_thread(keep_file, settings, model_id, cached)
    async with engine.begin() as connection:
        await note_model(connection, copied, model_id)
        await note_stage(connection, run.id, "training", trained=trained)
    return model_id


def _say(line: str) -> None:
    log.info("training", said=line)


def compare(before: Path | None, after: Path, cases: list[Case], past: list[Past]) -> Compared:
    """Load both models and ask them; without a live one, past messages are not replayed."""
    new = Interpreter(after)
    old = Interpreter(before) if before else None
    return compare_cases(cases, old, new), replay(past, old, new) if old else []


async def run(run_id: UUID) -> None:
    """The whole process."""
    engine = create_engine(pool_size=2)
    try:
        await carry_out(engine, get_settings(), run_id)
    finally:
        await engine.dispose()


def main() -> None:
    """Entry point."""
    configure_logging("trainer")
    asyncio.run(run(UUID(sys.argv[1])))


if __name__ == "__main__":
    main()

"""Training runs: asked for by people, carried out one at a time by a process of their own, looked at while they go on.

A run copies the project's files, trains on the copy, and compares what came of it with the live model. A run asked for an
existing model only compares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Settings
from bot.teaching.errors import BusyError, ModelError
from bot.teaching.live import know_files, tell_models_changed, unfit
from bot.teaching.model_tables import runs, servers

Stage = Literal["copying", "training", "comparing"]
DEAD_AFTER = timedelta(seconds=60)
"""A place that has not been heard of for so long is gone."""
INTERRUPTED = "L'addestramento è stato interrotto: il sistema si è fermato. Premi di nuovo Addestra."


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run. `changes` and `regression` are what the comparison found (`bot.teaching.comparison`)."""

    id: UUID
    state: str
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    stage_at: datetime | None
    ended_at: datetime | None
    cancel_asked_at: datetime | None
    place: str | None
    model_id: str | None
    live_id: str | None
    trained: bool
    failure: str | None
    regression: dict[str, Any] | None
    replayed: int | None
    changes: list[dict[str, Any]] | None

    @property
    def log_id(self) -> str:
        """Finds the run's own log, `train-<this>.log` in the log folder."""
        return self.id.hex[:8]

    @property
    def seconds(self) -> float:
        """How long it has been going on, or took."""
        return ((self.ended_at or datetime.now(UTC)) - (self.started_at or self.asked_at)).total_seconds()


async def ask_run(
    connection: AsyncConnection, settings: Settings, *, asked_by: str, model_id: str | None = None
) -> UUID:
    """Ask for a model trained on the files as they are, or for an existing one to be compared with the live one.

    Raises `BusyError` while another run is open, `ModelError` when the model to compare cannot be served.
    """
    if model_id is not None and (sentence := await unfit(connection, settings, model_id)):
        raise ModelError(sentence)
    row = insert(runs).values(id=uuid4(), asked_by=asked_by, model_id=model_id).on_conflict_do_nothing()
    run_id = (await connection.execute(row.returning(runs.c.id))).scalar()
    if run_id is None:
        raise BusyError
    if model_id is None:
        await know_files(connection, settings)
    await tell_models_changed(connection)
    return UUID(str(run_id))


async def run_of(connection: AsyncConnection, run_id: UUID) -> Run | None:
    """One run."""
    return _run((await connection.execute(select(runs).where(runs.c.id == run_id))).mappings().first())


async def open_run(connection: AsyncConnection) -> Run | None:
    """The run that waits or goes on."""
    return _run((await connection.execute(select(runs).where(runs.c.ended_at.is_(None)))).mappings().first())


async def latest_runs(connection: AsyncConnection, most: int) -> list[Run]:
    """The newest runs."""
    query = select(runs).order_by(runs.c.asked_at.desc()).limit(most)
    return [run for row in (await connection.execute(query)).mappings() if (run := _run(row)) is not None]


async def expected_seconds(connection: AsyncConnection) -> float | None:
    """How long a training takes, by the last that went through; None before the first."""
    done = runs.c.state == "done", runs.c.trained
    query = select(runs.c.ended_at - runs.c.started_at).where(*done).order_by(runs.c.ended_at.desc()).limit(1)
    took: timedelta | None = (await connection.execute(query)).scalar()
    return None if took is None else took.total_seconds()


async def claim_run(connection: AsyncConnection, place: str) -> UUID | None:
    """Take the waiting run, unless somebody else has taken it."""
    now = func.clock_timestamp()
    statement = (
        update(runs)
        .where(runs.c.state == "waiting", runs.c.cancel_asked_at.is_(None))
        .values(state="copying", place=place, started_at=now, stage_at=now)
        .returning(runs.c.id)
    )
    run_id: UUID | None = (await connection.execute(statement)).scalar()
    if run_id is not None:
        await tell_models_changed(connection)
    return run_id


async def note_stage(connection: AsyncConnection, run_id: UUID, stage: Stage, **values: object) -> None:
    """A run has got so far."""
    now = {"state": stage, "stage_at": func.clock_timestamp()} | values
    await connection.execute(update(runs).where(runs.c.id == run_id, runs.c.ended_at.is_(None)).values(now))
    await tell_models_changed(connection)


async def end_run(
    connection: AsyncConnection, run_id: UUID, state: Literal["done", "failed", "cancelled"], **values: object
) -> bool:
    """A run is over, once. False when it was over already."""
    now = func.clock_timestamp()
    statement = update(runs).where(runs.c.id == run_id, runs.c.ended_at.is_(None))
    ended = (
        await connection.execute(statement.values({"state": state, "ended_at": now, "stage_at": now} | values))
    ).rowcount
    await tell_models_changed(connection)
    return ended == 1


async def ask_cancel(connection: AsyncConnection, run_id: UUID) -> bool:
    """Ask for a run to stop; one that nobody has taken is over at once. False when it was over already."""
    now = func.clock_timestamp()
    open_ones = runs.c.id == run_id, runs.c.ended_at.is_(None)
    waiting = update(runs).where(*open_ones, runs.c.state == "waiting")
    if (await connection.execute(waiting.values(state="cancelled", ended_at=now, cancel_asked_at=now))).rowcount == 0:
        asked = update(runs).where(*open_ones).values(cancel_asked_at=now).returning(runs.c.place)
        place = (await connection.execute(asked)).scalar()
        if place is None:
            return False
        alive = select(servers.c.place).where(servers.c.place == place, servers.c.seen_at > now - DEAD_AFTER)
        if (await connection.execute(alive)).first() is None:
            # Whoever carried it out is gone, and will not hear of it.
            await end_run(connection, run_id, "cancelled")
    await tell_models_changed(connection)
    return True


async def end_interrupted(connection: AsyncConnection, place: str) -> None:
    """At a start: what was being carried out here before is over."""
    mine = runs.c.ended_at.is_(None), runs.c.place == place
    for run_id in (await connection.execute(select(runs.c.id).where(*mine))).scalars().all():
        await end_run(connection, run_id, "failed", failure=INTERRUPTED)


def _run(row: RowMapping | Mapping[str, Any] | None) -> Run | None:
    return None if row is None else Run(**row)

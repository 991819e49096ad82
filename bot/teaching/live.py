"""Which model is live: chosen here, carried out by every `sportello run` that serves models (`bot.launch.serving`).

A choice is a row. The last one that did not fail holds: whoever serves models brings it about, and says so, or why not.

After a start the model last put live is served, if it fits the program (code, configuration, rules) and the project's
files are those that people knew when they chose, or have since been taught and trained through the console. Files changed
otherwise, as by a new version of the project, are trained and served as at the first start.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.knowledge import load_knowledge
from bot.knowledge.files import FOLDER
from bot.launch.model import fingerprint, program
from bot.settings import Settings
from bot.teaching.errors import ModelError, NotComparedError, WorseError
from bot.teaching.kept import model_file
from bot.teaching.model_tables import choices, models, runs

MODELS_CHANGED = "sportello_models"
"""PostgreSQL notification channel: a choice, a run, an address of models changed; look again."""

How = Literal["start", "live", "back"]
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7406904)")
LEAST_REASON = 10
"""Characters of a reason worth writing down."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One decision. `live_at` None: not carried out yet."""

    seq: int
    model_id: str
    how: How
    chosen_by: str
    files: str
    asked_at: datetime
    live_at: datetime | None
    failed_at: datetime | None
    failure: str | None


async def tell_models_changed(connection: AsyncConnection) -> None:
    """Wake whoever serves, trains or asks models, once the transaction is kept."""
    await connection.execute(select(func.pg_notify(MODELS_CHANGED, "")))


async def wanted_choice(connection: AsyncConnection) -> Choice | None:
    """The choice that holds, carried out or not; None before the first start."""
    return await _first(connection, choices.c.failed_at.is_(None))


async def live_choice(connection: AsyncConnection) -> Choice | None:
    """The last choice carried out: what citizens are answered with."""
    return await _first(connection, choices.c.live_at.is_not(None), choices.c.failed_at.is_(None))


async def previous_model(connection: AsyncConnection) -> str | None:
    """The model that was live before the present one: what rolling back leads to."""
    now = await live_choice(connection)
    if now is None:
        return None
    before = await _first(
        connection, choices.c.live_at.is_not(None), choices.c.failed_at.is_(None), choices.c.model_id != now.model_id
    )
    return before.model_id if before else None


async def latest_choices(connection: AsyncConnection, most: int) -> list[Choice]:
    """The newest decisions, failed ones too."""
    query = select(choices).order_by(choices.c.seq.desc()).limit(most)
    return [_choice(row) for row in (await connection.execute(query)).mappings()]


async def _first(connection: AsyncConnection, *conditions: object) -> Choice | None:
    query = select(choices).where(*conditions).order_by(choices.c.seq.desc()).limit(1)  # type: ignore[arg-type]
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _choice(row)


def _choice(row: RowMapping) -> Choice:
    return Choice(**row)


async def unfit(connection: AsyncConnection, settings: Settings, model_id: str) -> str:
    """Why a model cannot be served by this program, in a sentence; empty when it can."""
    known = (await connection.execute(select(models).where(models.c.id == model_id))).mappings().first()
    if known is None:
        return "Questo modello non esiste."
    if known["program"] != await asyncio.to_thread(program, settings):
        return "Questo modello è di un'altra versione del programma: addestrane uno nuovo."
    if known["removed_at"] is not None or not model_file(settings, model_id).exists():
        return "Il file di questo modello non c'è più: addestrane uno nuovo."
    return ""


async def put_live(
    connection: AsyncConnection, settings: Settings, model_id: str, *, chosen_by: str, reason: str = ""
) -> Choice:
    """Choose a model that was compared with the live one. `reason`: why, although it gets fewer lessons right.

    Raises `WorseError` without a reason where one is needed, `NotComparedError`, `ModelError`.
    """
    await connection.execute(_ONE_AT_A_TIME)
    await _check_free(connection, settings, model_id)
    services = (await asyncio.to_thread(load_knowledge, settings.project_dir / FOLDER)).services
    topics = (await connection.execute(select(models.c.topics).where(models.c.id == model_id))).scalar_one()
    for topic in topics:
        if topic not in services:
            raise ModelError(f"Questo modello conosce l'argomento «{topic}», che non ha più una risposta.")
    worse = await worse_than_live(connection, model_id)
    if worse is not None and len(reason.strip()) < LEAST_REASON:
        raise worse
    return await _choose(connection, settings, model_id, how="live", chosen_by=chosen_by)


async def roll_back(connection: AsyncConnection, settings: Settings, *, chosen_by: str) -> Choice:
    """Choose the model that was live before. It was good enough then: nothing is compared.

    Raises `ModelError` when there is none, or it no longer fits.
    """
    await connection.execute(_ONE_AT_A_TIME)
    model_id = await previous_model(connection)
    if model_id is None:
        raise ModelError("Non c'è un modello precedente.")
    await _check_free(connection, settings, model_id)
    return await _choose(connection, settings, model_id, how="back", chosen_by=chosen_by)


async def note_start(connection: AsyncConnection, settings: Settings, model_id: str) -> None:
    """The model that a start serves because the project's files ask for it; not a choice of anybody's."""
    await connection.execute(_ONE_AT_A_TIME)
    now = await wanted_choice(connection)
    if now is not None and now.model_id == model_id:
        await know_files(connection, settings)
        return
    choice = await _choose(connection, settings, model_id, how="start", chosen_by="avvio")
    await note_live(connection, choice.seq)


async def files_known(connection: AsyncConnection, settings: Settings) -> bool:
    """Whether people know the project's files as they are now; they do not before the first start."""
    now = await wanted_choice(connection)
    return now is not None and now.files == await asyncio.to_thread(fingerprint, settings)


async def know_files(connection: AsyncConnection, settings: Settings) -> None:
    """The project's files, as they are now, are known to people: the next start does not train them by itself."""
    now = await wanted_choice(connection)
    if now is None:
        return
    files = await asyncio.to_thread(fingerprint, settings)
    await connection.execute(update(choices).where(choices.c.seq == now.seq).values(files=files))


async def note_live(connection: AsyncConnection, seq: int) -> None:
    """A choice was carried out."""
    statement = update(choices).where(choices.c.seq == seq, choices.c.live_at.is_(None), choices.c.failed_at.is_(None))
    await connection.execute(statement.values(live_at=func.clock_timestamp()))
    await tell_models_changed(connection)


async def note_failure(connection: AsyncConnection, seq: int, failure: str) -> None:
    """A choice could not be carried out: the one before it holds again."""
    statement = update(choices).where(choices.c.seq == seq, choices.c.live_at.is_(None), choices.c.failed_at.is_(None))
    await connection.execute(statement.values(failed_at=func.clock_timestamp(), failure=failure))
    await tell_models_changed(connection)


async def worse_than_live(connection: AsyncConnection, model_id: str) -> WorseError | None:
    """How much worse a model is on the lessons than the live one; None when it is not.

    Raises `NotComparedError` when that is not known.
    """
    now = await live_choice(connection)
    query = (
        select(runs.c.regression)
        .where(runs.c.state == "done", runs.c.model_id == model_id)
        .where(runs.c.live_id == (now.model_id if now else None))
        .order_by(runs.c.ended_at.desc())
        .limit(1)
    )
    found = (await connection.execute(query)).scalar()
    if found is None:
        raise NotComparedError
    if found["right_after"] >= found["right_before"]:
        return None
    return WorseError(right_before=found["right_before"], right_after=found["right_after"], cases=found["cases"])


async def _check_free(connection: AsyncConnection, settings: Settings, model_id: str) -> None:
    now = await wanted_choice(connection)
    if now is not None and now.live_at is None:
        raise ModelError("Un modello sta già entrando in servizio: aspetta qualche secondo.")
    if now is not None and now.model_id == model_id:
        raise ModelError("Questo modello è già in servizio.")
    if sentence := await unfit(connection, settings, model_id):
        raise ModelError(sentence)


async def _choose(
    connection: AsyncConnection, settings: Settings, model_id: str, *, how: How, chosen_by: str
) -> Choice:
    files = await asyncio.to_thread(fingerprint, settings)
    row = {"model_id": model_id, "how": how, "chosen_by": chosen_by, "files": files}
    made = (await connection.execute(insert(choices).values(row).returning(choices))).mappings().one()
    await tell_models_changed(connection)
    return _choice(made)

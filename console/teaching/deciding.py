"""What people decide about models, with who decided it in the audit log. For the page and for the command line."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Settings
from bot.teaching import live, runs
from bot.teaching.errors import ModelError, NotComparedError
from bot.teaching.live import Choice
from console import audit
from console.operators import Operator


def name_of(operator: Operator | None) -> str:
    """Who decides; the command line has no account."""
    return operator.username if operator else audit.NOBODY


async def train(connection: AsyncConnection, settings: Settings, operator: Operator | None) -> UUID:
    """Ask for a training on the files as they are. Raises `BusyError`."""
    run_id = await runs.ask_run(connection, settings, asked_by=name_of(operator))
    await audit.record(connection, operator, "addestramento chiesto", f"run:{run_id}")
    return run_id


async def compare(connection: AsyncConnection, settings: Settings, operator: Operator | None, model_id: str) -> UUID:
    """Ask for an existing model to be compared with the live one. Raises `ModelError`."""
    run_id = await runs.ask_run(connection, settings, asked_by=name_of(operator), model_id=model_id)
    await audit.record(connection, operator, "confronto chiesto", f"run:{run_id}", modello=model_id)
    return run_id


async def cancel(connection: AsyncConnection, operator: Operator | None, run_id: UUID) -> None:
    """Ask for a run to stop. Raises `ModelError` when it is over."""
    if not await runs.ask_cancel(connection, run_id):
        raise ModelError("Questo addestramento è già finito.")
    await audit.record(connection, operator, "addestramento annullato", f"run:{run_id}")


async def put_live(
    connection: AsyncConnection, settings: Settings, operator: Operator | None, model_id: str, *, reason: str = ""
) -> Choice:
    """Put a model live. A worse one needs a reason, which is kept with the decision. Raises `ModelError`."""
    try:
        worse = await live.worse_than_live(connection, model_id)
    except NotComparedError:
        worse = None  # refused below, unless it is for another reason
    before = await live.live_choice(connection)
    choice = await live.put_live(connection, settings, model_id, chosen_by=name_of(operator), reason=reason)
    await audit.record(
        connection,
        operator,
        "modello peggiore messo in servizio" if worse else "modello messo in servizio",
        f"model:{model_id}",
        note=reason.strip() if worse else "",
        prima=before.model_id if before else "",
    )
    return choice


async def roll_back(connection: AsyncConnection, settings: Settings, operator: Operator | None) -> Choice:
    """Go back to the model that was live before. Raises `ModelError`."""
    before = await live.live_choice(connection)
    choice = await live.roll_back(connection, settings, chosen_by=name_of(operator))
    prima = before.model_id if before else ""
    await audit.record(connection, operator, "tornati al modello precedente", f"model:{choice.model_id}", prima=prima)
    return choice

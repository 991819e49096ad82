"""`sportello model`: training, putting live and taking back from the command line, through the functions of the console."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import ROME
from bot.dialogue.address import place_of
from bot.settings import get_settings
from bot.storage.engine import create_engine
from bot.teaching import live, runs
from bot.teaching.errors import ModelError
from bot.teaching.live import Choice
from bot.teaching.stock import Stocked, places_serving, stocked
from console.teaching import deciding

app = typer.Typer(no_args_is_help=True, help="I modelli: addestrare, mettere in servizio, tornare indietro.")

T = TypeVar("T")
LOOK_SECONDS = 0.5
STAGES = {"waiting": "in attesa", "copying": "copio i file", "training": "addestro", "comparing": "confronto"}


@app.command("list")
def list_models() -> None:
    """Elenca i modelli conservati, dal più nuovo."""

    async def work(engine: AsyncEngine) -> list[Stocked]:
        async with engine.connect() as connection:
            return await stocked(connection, get_settings())

    for one in do(work):
        state = "in servizio" if one.is_live else "precedente" if one.is_previous else "" if one.fits else "non adatto"
        right = f"prove {one.compared['right_after']} su {one.compared['cases']}" if one.compared else ""
        when = one.trained_at.astimezone(ROME).strftime("%d/%m/%Y %H:%M")
        typer.echo(f"{one.id}  {when}  {one.examples:>6} esempi  {state:<12} {right}")


@app.command("train")
def train() -> None:
    """Addestra sui file di adesso e confronta con il modello in servizio; non mette in servizio niente."""
    run = do(_train)
    if run.state != "done" or run.regression is None:
        typer.echo(run.failure or "annullato", err=True)
        raise typer.Exit(1)
    found = run.regression
    typer.echo(f"modello {run.model_id} in {run.seconds:.0f} s")
    typer.echo(f"prove: {found['right_before']} giuste prima, {found['right_after']} dopo, su {found['cases']}")
    typer.echo(f"messaggi riletti: {run.replayed}, capiti in altro modo: {len(run.changes or ())}")


async def _train(engine: AsyncEngine) -> runs.Run:
    settings, said = get_settings(), ""
    async with engine.begin() as connection:
        run_id = await deciding.train(connection, settings, None)
        if not await places_serving(connection) and await runs.claim_run(connection, place_of(settings)):
            # Nobody else would: the system is not running.
            work = asyncio.create_task(_carry_out(engine, run_id))
        else:
            work = None
    while True:
        async with engine.connect() as connection:
            run = await runs.run_of(connection, run_id)
        assert run is not None
        if run.ended_at is not None:
            if work is not None:
                await work
            return run
        if STAGES[run.state] != said:
            said = STAGES[run.state]
            typer.echo(said, err=True)
        await asyncio.sleep(LOOK_SECONDS)


async def _carry_out(engine: AsyncEngine, run_id: object) -> None:
    from bot.teaching.trainer import carry_out  # imported here: it brings in Rasa's interpreter

    await carry_out(engine, get_settings(), run_id)  # type: ignore[arg-type]


@app.command("live")
def put_live(
    model: Annotated[str, typer.Argument(help="Il modello, o l'inizio del suo nome.")],
    reason: Annotated[str, typer.Option("--motivo", help="Perché, se il modello è peggiore sulle prove.")] = "",
) -> None:
    """Mette in servizio un modello già confrontato."""

    async def work(engine: AsyncEngine) -> Choice:
        async with engine.begin() as connection:
            matching = [one.id for one in await stocked(connection, get_settings()) if one.id.startswith(model)]
            if len(matching) != 1:
                raise ModelError("Nessun modello, o più d'uno, comincia così: guarda sportello model list.")
            return await deciding.put_live(connection, get_settings(), None, matching[0], reason=reason)

    _follow(work)


@app.command("rollback")
def roll_back() -> None:
    """Torna al modello che era in servizio prima."""

    async def work(engine: AsyncEngine) -> Choice:
        async with engine.begin() as connection:
            return await deciding.roll_back(connection, get_settings(), None)

    _follow(work)


def _follow(choose: Callable[[AsyncEngine], Awaitable[Choice]]) -> None:
    """Say how a choice is carried out."""

    async def work(engine: AsyncEngine) -> str:
        choice = await choose(engine)
        while True:
            async with engine.connect() as connection:
                [now] = [one for one in await live.latest_choices(connection, 20) if one.seq == choice.seq]
                served = await places_serving(connection)
            if now.failure:
                raise ModelError(now.failure)
            if now.live_at:
                return f"fatto: {now.model_id} è in servizio"
            if not served:
                return f"fatto: {now.model_id} entrerà in servizio quando il sistema si avvia"
            await asyncio.sleep(LOOK_SECONDS)

    typer.echo(do(work))


def do(work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """Do it; what cannot be done is said in one line."""

    async def run() -> T:
        engine = create_engine(pool_size=2)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None

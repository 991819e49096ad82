"""`sportello agenda`: seeding the sample calendar, addresses of desk feeds, outcomes, the next free places."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot import clock

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="L'agenda degli appuntamenti.")


class Outcome(StrEnum):
    """How an appointment ended."""

    erogato = "erogato"
    non_presentato = "non_presentato"


@app.command()
def seed(
    now: Annotated[datetime | None, typer.Option(help="Il momento attorno a cui fare gli appuntamenti.")] = None,
) -> None:
    """Riempie l'agenda di esempio: servizi, sedi, orari e appuntamenti inventati, segnati come esempio."""
    from bot.agenda import sample

    moment = clock.now() if now is None else now.replace(tzinfo=now.tzinfo or clock.ROME)

    async def work(engine: "AsyncEngine") -> sample.Seeded:
        async with engine.begin() as connection:
            return await sample.seed(connection, now=moment)

    made = _run(work)
    typer.echo(f"sedi: {made.sites}, sportelli: {made.desks}, appuntamenti: {made.appointments}")


@app.command()
def feed(desk: Annotated[int, typer.Argument(help="Il numero dello sportello.")]) -> None:
    """Dà un nuovo segreto al calendario di uno sportello e lo scrive; quello di prima non vale più."""
    from bot.agenda.feeds import rotate_secret

    async def work(engine: "AsyncEngine") -> str:
        async with engine.begin() as connection:
            return await rotate_secret(connection, desk)

    typer.echo(_run(work))


@app.command()
def outcome(code: str, state: Outcome) -> None:
    """Registra com'è andato l'appuntamento con quel codice."""
    from bot.agenda.changes import mark_by_code

    async def work(engine: "AsyncEngine") -> None:
        async with engine.begin() as connection:
            await mark_by_code(connection, code, state.value)

    _run(work)


@app.command()
def free(centre: str, service: str, limit: int = 10) -> None:
    """Elenca i prossimi posti liberi di un centro per un servizio."""
    from bot.agenda.model import SlotQuery
    from bot.agenda.postgres import PostgresBook
    from bot.agenda.words import MODES

    async def work(engine: "AsyncEngine") -> list[str]:
        query = SlotQuery(service_id=service, site_ids=(centre,), now=clock.now())
        slots = await PostgresBook(engine).free_slots(query, limit=limit)
        return [f"{one.starts.astimezone(clock.ROME):%Y-%m-%d %H:%M}  {MODES[one.mode]}" for one in slots]

    for line in _run(work) or ["nessun posto libero"]:
        typer.echo(line)


def _run(work: Callable[["AsyncEngine"], Awaitable[T]]) -> T:
    """Do the work on an engine of its own; what is not found, or does not answer, is said in one line."""
    from bot.agenda.model import AgendaError, NotFoundError
    from bot.storage.engine import run_with_engine

    try:
        return run_with_engine(work)
    except NotFoundError as error:
        typer.echo(f"non trovato: {error}", err=True)
    except AgendaError as error:
        typer.echo(f"l'agenda non risponde: {error}", err=True)
    raise typer.Exit(1)

"""`sportello demo`: a made-up month of conversations to look at the console with, and its removal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import clock
from bot.settings import get_settings
from bot.storage.engine import create_engine

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Conversazioni di esempio, per guardare la console.")
CONVERSATIONS = 1500


@app.command()
def seed(
    conversations: Annotated[int, typer.Option(min=1, max=20_000, help="Quante.")] = CONVERSATIONS,
    number: Annotated[int, typer.Option("--seed", help="Con lo stesso numero, e la stessa fine, lo stesso mese.")] = 1,
    end: Annotated[datetime | None, typer.Option(help="Quando finisce il mese; di solito adesso.")] = None,
    mixed: Annotated[bool, typer.Option("--mixed", help="Anche accanto a conversazioni vere.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Rifà quelle che ci sono.")] = False,
) -> None:
    """Riempie un mese di conversazioni inventate, segnate come esempio; nessuna esce verso un canale vero."""
    from console.demo import seeding

    moment = clock.now() if end is None else end.replace(tzinfo=end.tzinfo or clock.ROME)

    async def work(connection: AsyncConnection) -> seeding.Seeded:
        return await seeding.seed(
            connection, get_settings(), count=conversations, number=number, end=moment, mixed=mixed, again=again
        )

    started = time.monotonic()
    try:
        made = _do(work, afterwards="ANALYZE")
    except seeding.RealConversationsError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    took = f" in {time.monotonic() - started:.0f} secondi" if made.new else " (c'erano già; per rifarle: --again)"
    typer.echo(f"{made.conversations} conversazioni, {made.messages} messaggi, {made.appointments} appuntamenti{took}.")
    for username, link in made.links:
        typer.echo(f"{username:<24} sceglie la password qui, una volta sola ed entro 24 ore: {link}")
    typer.echo("Persone, numeri e codici sono inventati. Per togliere tutto: sportello demo clear")


@app.command()
def clear() -> None:
    """Toglie le conversazioni di esempio, i loro appuntamenti e i tre accessi di prova."""
    from console.demo import seeding

    gone, people = _do(seeding.clear, afterwards="ANALYZE")
    typer.echo(f"tolte {gone} conversazioni di esempio e {people} accessi di prova")


def _do(work: Callable[[AsyncConnection], Awaitable[T]], *, afterwards: str) -> T:
    async def run() -> T:
        engine = create_engine(pool_size=1)
        try:
            async with engine.begin() as connection:
                done = await work(connection)
            await _alone(engine, afterwards)
            return done
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def _alone(engine: AsyncEngine, statement: str) -> None:
    """A statement outside any transaction."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(statement))

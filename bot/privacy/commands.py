"""`sportello privacy`: what is too old, everything about a person, erasing it, receipts, legal holds."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from bot import clock
from bot.clock import ROME

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.privacy.finding import Found

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="I dati personali: conservarli, trovarli, darli, cancellarli.")

Who = Annotated[str, typer.Argument(help="Telefono, e-mail, nome, codice fiscale, codice o numero di conversazione.")]
Only = Annotated[
    list[UUID] | None, typer.Option("--only", help="Solo questa conversazione o appuntamento; si può ripetere.")
]


@app.command()
def retention(
    preview: Annotated[bool, typer.Option("--preview", help="Dice che cosa sparirebbe, senza toccare niente.")] = False,
) -> None:
    """Toglie i dati troppo vecchi, come ogni notte; con --preview li conta soltanto."""
    from bot.privacy import retention as kept

    async def look(engine: "AsyncEngine") -> list[kept.Expected]:
        async with engine.connect() as connection:
            return await kept.preview(connection)

    for one in _run(look):
        since = f"dal {one.oldest.astimezone(ROME):%d/%m/%Y}" if one.oldest else ""
        typer.echo(f"{one.count:>8}  {one.kind.title}: dopo {one.days} giorni {since}".rstrip())
    if not preview:
        removed = _run(kept.run)
        typer.echo(f"tolti: {sum(removed.values())}")


@app.command()
def find(who: Who) -> None:
    """Elenca tutto quello che riguarda una persona."""
    _show(_find(who))


@app.command()
def export(
    who: Who, folder: Annotated[Path, typer.Option(help="Dove scrivere i due file.")] = Path(), only: Only = None
) -> None:
    """Scrive tutto quello che riguarda una persona in un file JSON e in una pagina da leggere."""
    from bot.privacy.exporting import as_html, as_json
    from bot.privacy.exporting import export as export_all

    conversations, appointments = _chosen(_find(who), only)

    async def work(engine: "AsyncEngine") -> dict[str, object]:
        async with engine.connect() as connection:
            return await export_all(connection, conversation_ids=conversations, appointment_ids=appointments)

    exported = _run(work)
    stem = f"dati-{clock.now():%Y%m%d-%H%M%S}"
    for suffix, content in ((".json", as_json(exported)), (".html", as_html(exported))):
        path = folder / f"{stem}{suffix}"
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        typer.echo(path)


@app.command()
def erase(
    who: Who, only: Only = None, yes: Annotated[bool, typer.Option("--yes", help="Non chiedere conferma.")] = False
) -> None:
    """Cancella tutto quello che riguarda una persona e scrive la ricevuta."""
    from bot.privacy.erasures import ask_erasure, do_erasure
    from bot.privacy.holds import HeldError
    from bot.privacy.receipts import Receipt, in_words, kept_in_words

    found = _find(who)
    _show(found)
    if not found.sure and not only:
        typer.echo("un nome può essere di più persone: scegli che cosa cancellare con --only", err=True)
        raise typer.Exit(1)
    conversations, appointments = _chosen(found, only)
    if not conversations and not appointments:
        raise typer.Exit(1)
    if not yes:
        typer.confirm("Cancello per sempre?", abort=True)

    async def work(engine: "AsyncEngine") -> Receipt:
        async with engine.begin() as connection:
            number = await ask_erasure(
                connection, conversations=conversations, appointments=appointments, asked_by="command"
            )
            return await do_erasure(connection, number, agenda_now=clock.now())

    try:
        receipt = _run(work)
    except HeldError as error:
        typer.echo(f"non cancello niente: conservazione obbligata per {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"ricevuta {receipt.number}, {receipt.done_at.astimezone(ROME):%d/%m/%Y %H:%M}")
    for line in in_words(receipt.erased):
        typer.echo(f"  {line}")
    if kept := kept_in_words(receipt.erased):
        typer.echo(f"  resta {kept}")


@app.command("receipt")
def show_receipt(number: str) -> None:
    """Scrive una ricevuta e dice se la firma è buona. Esce con 1 se non c'è o è falsa."""
    from bot.privacy.receipts import Receipt, in_words, kept_in_words, read_receipt

    async def work(engine: "AsyncEngine") -> Receipt | None:
        async with engine.connect() as connection:
            return await read_receipt(connection, number)

    receipt = _run(work)
    if receipt is None:
        typer.echo("nessuna ricevuta con questo numero", err=True)
        raise typer.Exit(1)
    typer.echo(f"{receipt.number}: {receipt.done_at.astimezone(ROME):%d/%m/%Y %H:%M}, chiesta da {receipt.asked_by}")
    for line in in_words(receipt.erased):
        typer.echo(f"  {line}")
    if kept := kept_in_words(receipt.erased):
        typer.echo(f"  resta {kept}")
    typer.echo("firma buona" if receipt.is_genuine else "FIRMA FALSA: la ricevuta è stata cambiata")
    if not receipt.is_genuine:
        raise typer.Exit(1)


@app.command()
def hold(conversation: UUID, reason: str) -> None:
    """Obbliga a conservare una conversazione, con il motivo."""
    from bot.privacy.holds import place_hold

    async def work(engine: "AsyncEngine") -> bool:
        async with engine.begin() as connection:
            return await place_hold(connection, conversation, reason=reason, by="command")

    _must(_run(work))


@app.command()
def release(conversation: UUID) -> None:
    """Toglie l'obbligo di conservare una conversazione."""
    from bot.privacy.holds import lift_hold

    async def work(engine: "AsyncEngine") -> bool:
        async with engine.begin() as connection:
            return await lift_hold(connection, conversation)

    _must(_run(work))


def _must(done: bool) -> None:
    if not done:
        typer.echo("non trovata", err=True)
        raise typer.Exit(1)


def _find(who: str) -> "Found":
    from bot.privacy.asking import AskedWronglyError, read_asked
    from bot.privacy.finding import find

    async def work(engine: "AsyncEngine") -> "Found":
        async with engine.connect() as connection:
            return await find(connection, read_asked(who))

    try:
        return _run(work)
    except AskedWronglyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _show(found: "Found") -> None:
    from bot.privacy.asking import TITLES

    typer.echo(f"cerco per {TITLES[found.asked.by]}")
    for one in found.conversations:
        held = "  CONSERVAZIONE OBBLIGATA" if one.held else ""
        typer.echo(
            f"conversazione {one.id}  {one.channel}  {one.last_message_at.astimezone(ROME):%d/%m/%Y}"
            f"  {one.messages} messaggi  ({', '.join(one.where)}){held}"
        )
    for booked in found.appointments:
        typer.echo(f"appuntamento {booked.id}  {booked.starts.astimezone(ROME):%d/%m/%Y %H:%M}  {booked.state}")
    if not found.conversations and not found.appointments:
        typer.echo("niente")


def _chosen(found: "Found", only: Sequence[UUID] | None) -> tuple[list[UUID], list[UUID]]:
    """What was found, or those of it that were named."""
    return (
        [one.id for one in found.conversations if not only or one.id in only],
        [one.id for one in found.appointments if not only or one.id in only],
    )


def _run(work: Callable[["AsyncEngine"], Awaitable[T]]) -> T:
    from bot.storage.engine import run_with_engine

    return run_with_engine(work)

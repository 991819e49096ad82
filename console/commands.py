"""`sportello console`: accounts and the audit log from the command line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import get_settings
from bot.storage.engine import create_engine

app = typer.Typer(no_args_is_help=True, help="La console degli operatori.")
user_app = typer.Typer(no_args_is_help=True, help="Gli accessi degli operatori.")
audit_app = typer.Typer(no_args_is_help=True, help="Il registro di chi ha letto, esportato o cambiato che cosa.")
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")

T = TypeVar("T")


@user_app.command("add")
def user_add(
    username: Annotated[str, typer.Argument(help="Nome utente.")],
    name: Annotated[str, typer.Option(help="Nome e cognome.")],
    role: Annotated[str, typer.Option(help="operatore, supervisore o amministratore.")] = "operatore",
    centre: Annotated[list[str] | None, typer.Option(help="Limita a questo centro; si ripete.")] = None,
) -> None:
    """Crea un accesso e scrive l'invito: un indirizzo, da usare una volta, dove la persona sceglie la password."""
    from console import accounts, audit, setup_links

    async def work(connection: AsyncConnection) -> str:
        account_id = await accounts.add_account(
            connection, username=username, name=name, role=accounts.valid_role(role), centres=centre or ()
        )
        await audit.record(connection, None, "accesso creato", f"account:{account_id}", role=role)
        return await setup_links.make_link(connection, get_settings(), account_id)

    typer.echo(f"fatto. L'invito, che vale 24 ore e una volta sola: {do(work)}")


@user_app.command("invite")
def user_invite(username: str) -> None:
    """Scrive un nuovo invito: per chi ha dimenticato la password o perso il telefono."""
    from console import accounts, audit, setup_links

    async def work(connection: AsyncConnection) -> str:
        account_id = (await accounts.existing(connection, username))["id"]
        await audit.record(connection, None, "nuovo invito", f"account:{account_id}")
        return await setup_links.make_link(connection, get_settings(), account_id)

    typer.echo(do(work))


@user_app.command("list")
def user_list() -> None:
    """Elenca gli accessi."""
    from console import accounts

    for one in do(accounts.all_accounts):
        state = "disattivato" if one["disabled_at"] else "attivo" if one["last_login_at"] else "mai entrato"
        factor = "con codice" if one["totp_sealed"] else "ente" if one["oidc_subject"] else "solo password"
        where = ", ".join(one["centres"]) or "tutti i centri"
        typer.echo(f"{one['username']:<24} {one['role']:<15} {state:<12} {factor:<14} {where}  {one['name']}")


@user_app.command("disable")
def user_disable(username: str) -> None:
    """Disattiva un accesso; le sue sessioni finiscono subito."""
    from console import accounts, audit

    async def work(connection: AsyncConnection) -> None:
        account = await accounts.existing(connection, username)
        await accounts.change_account(connection, account["id"], disabled_at=func.now())
        await audit.record(connection, None, "accesso disattivato", f"account:{account['id']}")

    do(work)
    typer.echo(f"fatto: {username} non entra più")


@app.command("setup-link")
def setup_link() -> None:
    """Scrive l'indirizzo del primo avvio, se nessuno ha ancora un accesso."""
    from console.setup_links import first_link

    link = asyncio.run(first_link(get_settings()))
    if link is None:
        typer.echo("Qualcuno ha già un accesso: usa sportello console user add.", err=True)
        raise typer.Exit(1)
    typer.echo(link)


@audit_app.command("verify")
def audit_verify(
    expect: Annotated[str, typer.Option(help="Un punto della catena annotato prima, come 120:0f3a…")] = "",
) -> None:
    """Controlla tutta la catena del registro. Esce con 1 se una voce è stata cambiata, tolta o aggiunta."""
    from console import audit

    wrong, anchor = do(lambda connection: audit.verify(connection, expected=expect))
    for line in wrong:
        typer.echo(line, err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo(f"il registro è intero. Punto da annotare altrove: {anchor}")


def do(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do the work in one transaction; what cannot be done is said in one line."""
    from console.accounts import AccountError

    async def run() -> T:
        engine = create_engine(pool_size=1)
        try:
            async with engine.begin() as connection:
                return await work(connection)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except AccountError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None

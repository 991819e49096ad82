"""`sportello telegram`: registering the webhook, taking it away, fetching messages without one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from bot.settings import Settings, SettingsError, get_settings

if TYPE_CHECKING:
    from telegram import Bot

app = typer.Typer(no_args_is_help=True, help="Il bot di Telegram.")

SECRET_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
CONNECTIONS = 40


@app.command("set-webhook")
def set_webhook() -> None:
    """Fa consegnare i messaggi a questo sistema e registra i comandi del bot."""
    from channels.telegram_health import ALLOWED_UPDATES, COMMANDS, webhook_problem, webhook_url

    settings = configured()
    secret = settings.telegram_webhook_secret.get_secret_value() if settings.telegram_webhook_secret else ""
    if not 0 < len(secret) <= 256 or not SECRET_CHARS.issuperset(secret):
        raise SettingsError(
            "SPORTELLO_TELEGRAM_WEBHOOK_SECRET: servono da 1 a 256 caratteri fra lettere senza accento, cifre, - e _"
        )
    problem = webhook_problem(settings)
    if problem:
        raise SettingsError(problem)

    async def work(bot: "Bot") -> None:
        await bot.set_webhook(
            webhook_url(settings),
            secret_token=secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=CONNECTIONS,
        )
        await bot.set_my_commands(COMMANDS)
        typer.echo(f"fatto: Telegram consegna a {webhook_url(settings)}")

    with_bot(settings, work)


@app.command("delete-webhook")
def delete_webhook() -> None:
    """Toglie il webhook; i messaggi che aspettano restano da leggere."""

    async def work(bot: "Bot") -> None:
        await bot.delete_webhook(drop_pending_updates=False)
        typer.echo("fatto: nessun webhook")

    with_bot(configured(), work)


@app.command()
def poll() -> None:
    """Legge i messaggi chiedendoli a Telegram, senza webhook: basta il token. Ctrl-C per fermare."""
    from bot.logs import configure_logging
    from bot.storage.engine import database_url
    from channels.telegram_health import COMMANDS
    from channels.telegram_polling import run

    settings = configured()
    database_url()

    async def prepare(bot: "Bot") -> None:
        info = await bot.get_webhook_info()
        if info.url:
            raise SettingsError(
                f"il bot ha già un webhook ({info.url}): toglilo prima con sportello telegram delete-webhook"
            )
        await bot.set_my_commands(COMMANDS)

    with_bot(settings, prepare)
    configure_logging("telegram")
    asyncio.run(run())


def configured() -> Settings:
    """The settings, with a token. Raises `SettingsError`."""
    settings = get_settings()
    if not settings.telegram_token:
        raise SettingsError("SPORTELLO_TELEGRAM_TOKEN manca: chiedilo a @BotFather su Telegram con /newbot")
    return settings


def with_bot(settings: Settings, work: Callable[["Bot"], Awaitable[None]]) -> None:
    """Do the work with the bot; what Telegram refuses is said in one line."""
    from telegram.error import TelegramError

    from channels.telegram_bot import close, create_bot, reason

    async def do() -> None:
        bot = create_bot(settings)
        try:
            await work(bot)
        finally:
            await close(bot)

    try:
        asyncio.run(do())
    except TelegramError as error:
        typer.echo(f"Telegram non lo ha fatto: {reason(error)}", err=True)
        raise typer.Exit(1) from None

"""`sportello twilio`: making the contents that show buttons and lists on WhatsApp."""

import asyncio

import typer

from bot.settings import Settings, SettingsError, get_settings

app = typer.Typer(no_args_is_help=True, help="WhatsApp e SMS.")


@app.callback()
def main() -> None:
    """WhatsApp e SMS."""


@app.command("contenuti")
def contents() -> None:
    """Crea su Twilio i contenuti per pulsanti ed elenchi e scrive la riga da mettere in .env."""
    from twilio.base.exceptions import TwilioRestException, TwilioServiceException

    from channels.sender import SendError
    from channels.twilio_client import as_send_error

    settings = configured()
    try:
        made = asyncio.run(_make(settings))
    except (TwilioRestException, TwilioServiceException) as error:
        typer.echo(f"Twilio non lo ha fatto: {as_send_error(error)}", err=True)
        raise typer.Exit(1) from None
    except SendError as error:
        typer.echo(f"Twilio non risponde: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"SPORTELLO_TWILIO_CONTENT_SIDS={','.join(f'{key}={sid}' for key, sid in made.items())}")


async def _make(settings: Settings) -> dict[str, str]:
    from channels.twilio_client import create_client
    from channels.twilio_content import make_contents

    client, http = create_client(settings)
    try:
        return await make_contents(client, settings.twilio_content_sids)
    finally:
        await http.close()


def configured() -> Settings:
    """The settings, with an account. Raises `SettingsError`."""
    settings = get_settings()
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        raise SettingsError("mancano SPORTELLO_TWILIO_ACCOUNT_SID e SPORTELLO_TWILIO_AUTH_TOKEN")
    return settings

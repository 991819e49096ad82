"""The `sportello` command."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import typer

from bot.agenda.commands import app as agenda_app
from bot.launch.joining import join_running
from bot.privacy.commands import app as privacy_app
from bot.settings import SettingsError, get_settings
from channels.telegram_commands import app as telegram_app
from channels.twilio_commands import app as twilio_app
from console.commands import app as console_app
from console.demo.commands import app as demo_app
from console.teaching.commands import app as model_app

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Sportello, l'assistente dei Centri per l'impiego.")
knowledge_app = typer.Typer(no_args_is_help=True, help="Le conoscenze: centri, servizi, comuni.")
db_app = typer.Typer(no_args_is_help=True, help="Il database.")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(db_app, name="db")
app.add_typer(agenda_app, name="agenda")
app.add_typer(privacy_app, name="privacy")
app.add_typer(telegram_app, name="telegram")
app.add_typer(console_app, name="console")
app.add_typer(twilio_app, name="twilio")
app.add_typer(demo_app, name="demo")
app.add_typer(model_app, name="model")


@app.callback()
def beside_the_system(context: typer.Context) -> None:
    """Every other command works on the database of the system that runs here."""
    if context.invoked_subcommand not in ("run", "train", "understand", "place", "when", "knowledge"):
        join_running()


@app.command()
def run() -> None:
    """Avvia tutto: database, modello, Rasa, azioni, worker, ingresso web."""
    from bot.launch.supervisor import run as run_everything

    run_everything()


@app.command()
def train() -> None:
    """Addestra il modello se non ce n'è uno per i dati di adesso."""
    from bot.launch.model import ensure_model

    path = ensure_model(get_settings(), lambda line: typer.echo(line, err=True))
    typer.echo(path)


@app.command()
def understand() -> None:
    """Legge testi, uno per riga, e scrive come sono capiti: JSON, uno per riga."""
    from bot.nlu.interpreter import Interpreter

    interpreter = Interpreter.from_current_model()
    for text in lines():
        parse = interpreter.understand(text)
        write({key: parse[key] for key in ("text", "intent", "confidence", "entities", "fallback")})


@app.command()
def place() -> None:
    """Legge testi, uno per riga, e scrive il comune che se ne capisce: JSON, uno per riga."""
    from bot.knowledge.places import reading_as_json

    for text in lines():
        write(reading_as_json(text))


@app.command()
def when() -> None:
    """Legge righe JSON {text, now} e scrive giorno e ora che se ne capiscono: JSON, uno per riga."""
    from bot.nlu.when import read_when

    for line in lines():
        try:
            asked = json.loads(line)
            text, now = asked["text"], datetime.fromisoformat(asked["now"])
        except (ValueError, TypeError, KeyError) as error:
            raise typer.BadParameter(f"ogni riga deve essere JSON con text e now: {error!r}") from None
        write(read_when(text, now=now).as_json())


@app.command()
def doctor() -> None:
    """Dice, canale per canale, che cosa è configurato, che cosa risponde, che cosa non va. Esce con 1 se qualcosa non va."""
    import asyncio

    from channels.doctor import TITLES, examine

    async def tell() -> bool:
        well = True
        async for finding in examine(get_settings()):
            typer.echo(f"{TITLES[finding.channel]:<13} {finding.text}")
            well = well and not finding.is_problem
        return well

    if not asyncio.run(tell()):
        raise typer.Exit(1)


@knowledge_app.command("check")
def knowledge_check() -> None:
    """Elenca che cosa manca, che cosa è vecchio, che cosa non è verificato. Esce con 1 se un file è sbagliato."""
    from bot.knowledge import KnowledgeError, load_knowledge
    from bot.knowledge.check import findings

    try:
        knowledge = load_knowledge()
    except KnowledgeError as error:
        typer.echo(f"errore: {error}", err=True)
        raise typer.Exit(1) from None
    today = datetime.now(ZoneInfo("Europe/Rome")).date()
    for finding in findings(knowledge, today=today, max_age_days=get_settings().knowledge_max_age_days):
        typer.echo(f"{finding.kind:<14} {finding.where:<34} {finding.what}")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Porta il database di DATABASE_URL all'ultima versione."""
    from bot.storage.migrate import upgrade

    upgrade()


def lines() -> Iterator[str]:
    """Standard input, a line at a time, without empty ones."""
    for line in sys.stdin:
        if line.strip():
            yield line.rstrip("\n")


def write(answer: object) -> None:
    """One JSON line on standard output, at once."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Entry point: what the user can mend is said in one line, without a traceback."""
    from bot.launch.errors import LaunchError

    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        typer.echo("interrotto", err=True)
        sys.exit(130)
    except (LaunchError, SettingsError) as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()

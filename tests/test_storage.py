"""The database: migrations from nothing, and the embedded server."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, inspect
from support import servers

from bot.settings import ROOT, SettingsError, get_settings
from bot.storage.embedded import start_embedded
from bot.storage.engine import database_url, sqlalchemy_url
from bot.storage.migrate import upgrade
from bot.storage.tables import metadata

EVERYTHING = """
SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns
WHERE table_schema = 'public' ORDER BY 1, 2
"""


def everything(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(EVERYTHING).fetchall()


def test_migrations_make_every_table_and_column_from_nothing(empty_database: str) -> None:
    assert everything(empty_database) == []
    upgrade()
    engine = create_engine(sqlalchemy_url())
    made = {
        table: {c["name"] for c in inspect(engine).get_columns(table)} for table in inspect(engine).get_table_names()
    }
    engine.dispose()
    for table in metadata.tables.values():
        assert made[table.name] == {column.name for column in table.columns}
    assert "procrastinate_jobs" in made
    assert SchemaManager.get_schema()


def test_upgrading_twice_changes_nothing(empty_database: str) -> None:
    upgrade()
    before = everything(empty_database)
    upgrade()
    assert everything(empty_database) == before


def test_upgrading_keeps_what_is_stored(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    upgrade()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (1,)


def test_four_processes_upgrading_at_once_do_it_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: upgrade(), range(4)))
    assert everything(empty_database)


def test_migrations_make_the_tables_that_queries_are_written_against(database: str) -> None:
    engine = create_engine(sqlalchemy_url())
    with engine.connect() as connection:
        for table in metadata.tables.values():
            connection.execute(table.select())
    engine.dispose()


def test_without_an_address_the_refusal_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match="make run"):
        database_url()
    get_settings.cache_clear()


def test_an_address_that_is_not_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere/else")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match="postgresql://"):
        database_url()
    get_settings.cache_clear()


# --- the embedded server ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sportello-test-"))
    path.chmod(0o755)
    yield path
    for process in servers(path):
        process.terminate()
    psutil.wait_procs(servers(path), timeout=10)
    shutil.rmtree(path)


def test_what_was_stored_is_there_when_the_embedded_server_starts_again(folder: Path) -> None:
    server = start_embedded(folder)
    with psycopg.connect(server.get_uri(database="sportello")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    server.cleanup()
    again = start_embedded(folder)
    with psycopg.connect(again.get_uri(database="sportello")) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    again.cleanup()


def test_the_embedded_server_stops_with_its_last_user_even_after_another_was_killed(folder: Path) -> None:
    code = f"from pathlib import Path; from bot.storage.embedded import *; start_embedded(Path({str(folder)!r})); "
    killed = subprocess.Popen(
        [sys.executable, "-c", code + "print('started', flush=True); input()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"started\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    assert servers(folder) == []

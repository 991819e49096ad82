"""Connections: addresses, the asynchronous engine, and the procrastinate connector on the same database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.settings import SettingsError, get_settings

T = TypeVar("T")


def database_url() -> str:
    """The plain `postgresql://` address.

    Raises `SettingsError` when `DATABASE_URL` is missing or is not PostgreSQL: only `make run` starts the embedded server.
    """
    secret = get_settings().database_url
    if secret is None:
        raise SettingsError(
            "DATABASE_URL manca, e in SPORTELLO_DATA_DIR non c'è un database acceso: prima avvia `make run`"
        )
    url = secret.get_secret_value()
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("DATABASE_URL deve iniziare con postgresql://")
    return url


def sqlalchemy_url() -> str:
    """The same address with the psycopg 3 driver named, as SQLAlchemy and Rasa's tracker store want it."""
    return make_url(database_url()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def create_engine(*, pool_size: int = 10) -> AsyncEngine:
    """A pooled asynchronous engine; the caller disposes of it.

    Connections are not tested before use, which would double the round trips: when the database went away, callers
    meet `OperationalError` once, the pool renews itself, and they try again (the worker) or say 503 (the edge).
    """
    return create_async_engine(sqlalchemy_url(), pool_size=pool_size, max_overflow=5)


def create_statement_engine(*, pool_size: int = 10) -> AsyncEngine:
    """The same for single statements, each a transaction of its own: one round trip instead of three."""
    return create_async_engine(
        sqlalchemy_url(), pool_size=pool_size, max_overflow=5, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
    )


def run_with_engine(work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """Run a command's work on an engine of its own, which is closed again."""

    async def with_engine() -> T:
        engine = create_engine(pool_size=1)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(with_engine())


async def driver_connection(connection: AsyncConnection) -> object:
    """The psycopg connection underneath, so that a job can be deferred in the same transaction as a row."""
    raw = await connection.get_raw_connection()
    return raw.driver_connection

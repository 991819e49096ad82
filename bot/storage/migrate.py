"""Bring the schema to the newest revision. Safe to call from several processes at once."""

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from bot.settings import ROOT
from bot.storage.engine import sqlalchemy_url

MIGRATION_LOCK = 7406901


def alembic_config() -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "storage" / "migrations"))
    return config


def upgrade(revision: str = "head") -> None:
    """Apply the missing migrations, holding an advisory lock so that only one process does."""
    engine = create_engine(sqlalchemy_url())
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
            try:
                config = alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
                connection.commit()
    finally:
        engine.dispose()

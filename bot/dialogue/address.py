"""Where the live model answers: the supervisor writes the address down, the workers of its machine read it there.

Models change while citizens write. A worker hears of a new address by notification, looks now and then in any case, and at
once when nobody answers at the old one.
"""

import socket

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.settings import Settings
from bot.storage.waking import wake_ups
from bot.teaching.live import MODELS_CHANGED
from bot.teaching.model_tables import servers

log = structlog.get_logger()

LOOK_SECONDS = 5.0


def place_of(settings: Settings) -> str:
    """Names a `sportello run`: its machine, and its port for Rasa. Models are served on loopback, to their own machine."""
    return f"{socket.gethostname()}:{settings.rasa_port}"


class DialogueAddress:
    """The address as last read; `settings.rasa_url` until somebody has written one."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self._engine = engine
        self._address = select(servers.c.url).where(servers.c.place == place_of(settings))
        self.url = settings.rasa_url

    async def look(self) -> None:
        """Read it again. While the database is away it stays as it was."""
        try:
            async with self._engine.connect() as connection:
                found = (await connection.execute(self._address)).scalar()
        except SQLAlchemyError as error:
            log.warning("address of the dialogue not read", reason=type(error).__name__)
            return
        if found is not None and found != self.url:
            log.info("the dialogue is at another address", url=found)
            self.url = found

    async def follow(self) -> None:
        """Look whenever models change; ends only when cancelled."""
        async for _ in wake_ups(MODELS_CHANGED, every=LOOK_SECONDS):
            await self.look()

"""The line of those who wait for a person, as a turn of the dialogue looks at it."""

from uuid import UUID

import structlog
from rasa_sdk import Tracker
from sqlalchemy.exc import SQLAlchemyError

from actions.desk import get_engine
from bot.conversations.handoff import open_handoff
from bot.settings import SettingsError

log = structlog.get_logger()

AWAY = (SQLAlchemyError, OSError, SettingsError, ValueError)
"""The database cannot be asked, or the conversation is none of ours (`rasa shell`)."""


async def waits_for_person(tracker: Tracker) -> bool:
    """Whether the citizen asked for a person and nobody has come yet."""
    try:
        async with get_engine().connect() as connection:
            return await open_handoff(connection, UUID(tracker.sender_id)) is not None
    except AWAY as error:
        log.warning("the line cannot be looked at", reason=type(error).__name__)
        return False

"""What a turn could not give, noted for the operators: the talk goes on whether or not it can be noted."""

from uuid import UUID

import structlog
from rasa_sdk import Tracker

from actions.desk import get_engine
from actions.queue import AWAY
from bot.clock import now
from bot.demand.model import Lack
from bot.demand.noting import note_lacks

log = structlog.get_logger()


async def note(tracker: Tracker, *lacks: Lack) -> None:
    """Note what was not there, if anything was not."""
    if not lacks:
        return
    try:
        async with get_engine().begin() as connection:
            await note_lacks(connection, UUID(tracker.sender_id), lacks, at=now())
    except AWAY as error:
        log.warning("unmet demand not noted", kinds=[one.kind for one in lacks], reason=type(error).__name__)

"""Until when an appointment may be moved or cancelled, and by whom."""

from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.catalogue import read_service
from bot.agenda.model import Actor, NotMovableError


async def movable_until(connection: AsyncConnection, service_id: str, starts: datetime) -> datetime | None:
    """Until when a citizen may move or cancel an appointment of that service and start; None when never."""
    found = await read_service(connection, service_id)
    if found is None or found[0].movable_until is None:
        return None
    return starts - found[0].movable_until


async def check_movable(connection: AsyncConnection, row: RowMapping, *, now: datetime, by: Actor) -> None:
    """Operators may always; citizens until the service's limit, that moment included. Raises `NotMovableError`."""
    if by == "operator":
        return
    until = await movable_until(connection, row["service_id"], row["starts"])
    if until is None or now > until:
        raise NotMovableError(until)

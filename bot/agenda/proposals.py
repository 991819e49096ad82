"""Other places for an appointment that is cancelled: the first free ones of its centre, a day each."""

from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.availability import free_slots
from bot.agenda.calendar import local_day
from bot.agenda.model import Slot, SlotQuery
from bot.agenda.notices import Notice

PROPOSED = 3


async def instead_of(connection: AsyncConnection, notice: Notice, *, now: datetime) -> list[Slot]:
    """Up to three places of the same service, centre and mode; none unless we are the ones who cancel."""
    return await other_places(connection, notice.appointment.slot, now=now) if notice.kind == "cancelled" else []


async def other_places(
    connection: AsyncConnection, slot: Slot, *, now: datetime, not_on: tuple[date, date] | None = None
) -> list[Slot]:
    """Up to three places of the same service, centre and mode, on three days from tomorrow on.

    `not_on`: days that are going to be closed, the first and the last.
    """
    tomorrow = local_day(now) + timedelta(days=1)
    query = SlotQuery(
        service_id=slot.service_id, site_ids=(slot.site_id,), modes=(slot.mode,), now=now, first_day=tomorrow
    )
    closing = (not_on[1] - not_on[0]).days + 1 if not_on else 0
    found = await free_slots(connection, query, limit=PROPOSED + closing, per_day=1)
    kept = [one for one in found if not_on is None or not not_on[0] <= local_day(one.starts) <= not_on[1]]
    return kept[:PROPOSED]

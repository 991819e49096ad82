"""The appointment a request is about, with all a page needs of it, for operators of its centre only."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda.catalogue import read_services, read_sites
from bot.agenda.model import Appointment, NotFoundError, Service, Site
from bot.agenda.notices import those_who_can_be_told
from bot.agenda.outcomes import can_be_taken_back
from bot.agenda.records import appointment_of, row_of
from bot.agenda.tables import desks
from bot.agenda.transactions import Transactions
from console.access import operator_of
from console.calendar.words import person_of
from console.keys import ENGINE


@dataclass(frozen=True, kw_only=True)
class Visit:
    """An appointment, its person, and what can be done about it now."""

    appointment: Appointment  # its citizen opened
    service: Service
    site: Site
    desk: str
    told: bool  # whether there is a conversation to tell them in
    now: datetime

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/calendario/appuntamenti/{self.appointment.id}"

    @property
    def begun(self) -> bool:
        """Whether how it ended can be recorded."""
        return self.appointment.slot.starts <= self.now

    @property
    def undo(self) -> bool:
        """Whether what was recorded can be taken back."""
        return can_be_taken_back(self.appointment.state, self.appointment.changed_at, now=self.now)

    @property
    def changeable(self) -> bool:
        """Whether it can be moved or cancelled."""
        return self.appointment.state == "da_erogare" and not self.begun


def subject_of(appointment_id: UUID) -> str:
    """An appointment in the audit log."""
    return f"appointment:{appointment_id}"


def transactions_of(request: web.Request) -> Transactions:
    """Runs what changes the agenda."""
    return Transactions(request.app[ENGINE])


async def visit_to(connection: AsyncConnection, request: web.Request) -> Visit:
    """The appointment of the address. Raises HTTP 404: whoever may not see it learns nothing of it."""
    try:
        row = await row_of(connection, UUID(request.match_info["id"]))
    except (ValueError, NotFoundError):
        raise web.HTTPNotFound from None
    if not operator_of(request).sees_centre(row["site_id"]):
        raise web.HTTPNotFound
    appointment = replace(appointment_of(row), citizen=person_of(row["citizen"]))
    slot = appointment.slot
    named = select(desks.c.title).where(desks.c.id == slot.desk_id)
    return Visit(
        appointment=appointment,
        service=(await read_services(connection, blocked=True))[slot.service_id],
        site=(await read_sites(connection))[slot.site_id],
        desk=(await connection.execute(named)).scalar_one(),
        told=bool(await those_who_can_be_told(connection, [appointment.id])),
        now=clock.now(),
    )

"""A request for the page of one appointment: whose it is, what it is about, what can be done with it now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from uuid import NAMESPACE_URL, UUID, uuid5

from aiohttp import web

from bot import clock
from bot.agenda.model import Appointment, AppointmentBook, Service, Site, is_sample
from bot.agenda.page_tokens import page_token, read_page_token
from channels.appointment_pages.facts import Facts, facts_of
from channels.appointment_pages.outcomes import as_page
from channels.appointment_pages.render import html
from channels.problems import Handler
from channels.webchat import client_address, take

BOOK = web.AppKey("book", AppointmentBook)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What every page needs. `base` is the page's own path."""

    book: AppointmentBook
    appointment: Appointment
    service: Service
    site: Site
    facts: Facts
    base: str
    now: datetime

    @property
    def holder(self) -> UUID:
        """The conversation a place is held for; one of the appointment's own when it was not made in any."""
        return self.appointment.conversation_id or uuid5(NAMESPACE_URL, f"appointment:{self.appointment.id}")

    def page(self, template: str, *, status: int = 200, devices: bool = False, **values: object) -> web.Response:
        """A page about this appointment."""
        known = {"facts": self.facts, "base": self.base, "sample": is_sample(self.appointment, self.service, self.site)}
        return html(template, status=status, devices=devices, **known | values)

    def back(self, done: str = "", *, to: UUID | None = None) -> web.Response:
        """To the appointment's page, or to that of another, after something was done."""
        path = f"/appuntamenti/{page_token(to)}" if to else self.base
        return web.Response(status=303, headers={"Location": f"{path}?fatto={done}" if done else path})


VisitHandler = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]


def visited(handler: VisitHandler) -> Handler:
    """A handler of requests below an appointment's address; failures are pages. Counts against the address's rate."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        take(request, "ip", client_address(request))
        appointment_id = read_page_token(request.match_info["token"])
        return await handler(request, await visit_to(request.app[BOOK], appointment_id))

    return as_page(answer)


async def visit_to(book: AppointmentBook, appointment_id: UUID) -> Visit:
    """Everything about an appointment as it is now. Raises `NotFoundError`, `BookUnavailableError`."""
    appointment = await book.get(appointment_id)
    now = clock.now()
    service = (await book.services()).get(appointment.slot.service_id) or _no_longer_booked(appointment)
    site = (await book.sites())[appointment.slot.site_id]
    until = await book.movable_until(appointment)
    return Visit(
        book=book,
        appointment=appointment,
        service=service,
        site=site,
        facts=facts_of(appointment, service, site, until=until, now=now),
        base=f"/appuntamenti/{page_token(appointment.id)}",
        now=now,
    )


def _no_longer_booked(appointment: Appointment) -> Service:
    """Stands for a service that nobody can book any more: the appointments there are stay as they are."""
    slot = appointment.slot
    return Service(
        id=slot.service_id,
        category_id="",
        title="Appuntamento",
        duration=slot.ends - slot.starts,
        modes=(slot.mode,),
        audience="citizens",
        min_notice=timedelta(0),
        max_ahead=timedelta(0),
        movable_until=None,
    )

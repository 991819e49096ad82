"""Appointments told to their person: on one line, and when they are made."""

from datetime import datetime

from bot.agenda.model import Appointment
from bot.agenda.page_tokens import page_url
from bot.agenda.words import MODES
from bot.answers import appointments as words
from bot.booking.desk import Desk
from bot.booking.state import State
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload


def in_words(desk: Desk, appointment: Appointment) -> str:
    """One appointment on one line."""
    service, site = desk.services[appointment.slot.service_id], desk.sites[appointment.slot.site_id]
    return words.appointment_in_words(appointment, service, site, today=desk.today)


def change_buttons(appointment: Appointment) -> tuple[Button, ...]:
    """Move and cancel."""
    return (
        Button(title="Sposta", payload=make_payload("reschedule_appointment", appointment=str(appointment.id))),
        Button(title="Disdici", payload=make_payload("cancel_appointment", appointment=str(appointment.id))),
    )


def changed_in_words(desk: Desk, old: State, new: State) -> str:
    """What the citizen has just set right, said back: "Va bene: Alba, di persona." Empty when nothing was."""
    said = []
    if old.service and new.service and old.service != new.service:
        said.append(desk.services[new.service].title)
    if old.place and new.place and old.place != new.place:
        said.append(new.place)
    if old.mode and new.mode and old.mode != new.mode:
        said.append(MODES[new.mode])
    return f"Va bene: {', '.join(said)}." if said else ""


async def good_news(desk: Desk, appointment: Appointment, *, moved: bool = False) -> Reply:
    """Booked or moved: the code, what happens next, the page and the calendar file."""
    service, site = desk.services[appointment.slot.service_id], desk.sites[appointment.slot.site_id]
    until: datetime | None = await desk.book.movable_until(appointment)
    url = page_url(appointment.id)
    return Reply(
        text=words.booked(appointment, service, site, until=until, today=desk.today, moved=moved),
        buttons=change_buttons(appointment),
        links=(
            Link(title="Pagina dell'appuntamento", url=url),
            Link(title="Aggiungi al calendario", url=f"{url}/calendario.ics"),
        ),
    )

"""Appointments as iCalendar (RFC 5545): one for the citizen's calendar, a desk's for the operators' own.

Hours are in Europe/Rome, with the rules of that zone in the file. A calendar carries no name, no contact and no codice
fiscale. An appointment that was moved keeps the UID of the first of its chain and raises SEQUENCE, so that a calendar
that has the old one shows the new one in its place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDuration

from bot.agenda.model import Appointment, Mode, Service, Site, is_sample
from bot.agenda.page_tokens import page_url
from bot.agenda.rooms import room_url
from bot.agenda.words import MODES
from bot.clock import ROME
from bot.settings import get_settings

PRODUCT = "-//Agenzia Piemonte Lavoro//Sportello//IT"
ALARM_BEFORE = timedelta(hours=1)
REFRESH = timedelta(minutes=15)
CANCELLED = frozenset({"disdetto_cittadino", "disdetto_operatore", "spostato"})
SAMPLE = "Prova: non è un vero appuntamento. "


def citizen_calendar(
    appointment: Appointment, service: Service, site: Site, *, chain: Sequence[UUID], now: datetime
) -> bytes:
    """One appointment for the citizen's calendar, with an alarm an hour before; told as cancelled when it is.

    `chain` are the ids of its moves, the first booked first and this one last.
    """
    slot = appointment.slot
    url = page_url(appointment.id)
    cancelled = appointment.state in CANCELLED
    event = _event(chain[0], slot.starts, slot.ends, now)
    event.add("sequence", len(chain) - 1 + cancelled)
    event.add("created", appointment.created_at.astimezone(UTC))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", service.title)
    event.add("location", _where(slot.mode, site))
    sample = SAMPLE if is_sample(appointment, service, site) else ""
    event.add("description", f"{sample}{_how(slot.mode, url)} Codice: {appointment.code}. La tua pagina: {url}")
    event.add("url", url)
    if not cancelled:
        event.add_component(_alarm(service.title))
    return _written(_calendar("PUBLISH"), [event])


def desk_calendar(title: str, appointments: Iterable[Appointment], services: Mapping[str, str]) -> bytes:
    """A desk's appointments: code, service and mode. `title` names the desk in the operators' calendars.

    `services` are titles by id. The same appointments give the same bytes.
    """
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add("name", title)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    return _written(calendar, [_desk_event(one, services[one.slot.service_id]) for one in appointments])


def _desk_event(appointment: Appointment, service: str) -> Event:
    slot = appointment.slot
    event = _event(appointment.id, slot.starts, slot.ends, appointment.created_at)
    event.add("summary", f"{service} ({MODES[slot.mode]}) {appointment.code}")
    event.add("status", "CONFIRMED")
    event.add("class", "PRIVATE")
    if slot.mode == "video":
        event.add("location", room_url(appointment.id))
    if appointment.sample:
        event.add("description", SAMPLE.strip())
    return event


def _event(uid: UUID, starts: datetime, ends: datetime, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{urlsplit(get_settings().public_url).hostname or 'sportello'}")
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", starts.astimezone(ROME))
    event.add("dtend", ends.astimezone(ROME))
    return event


def _where(mode: Mode, site: Site) -> str:
    if mode != "in_person":
        return MODES[mode].capitalize()
    return f"{site.title}, {site.address}" if site.address else site.title


def _how(mode: Mode, url: str) -> str:
    if mode == "video":
        return f"Per la videochiamata apri {url}/entra da 10 minuti prima."
    return "Ti chiamiamo noi al telefono." if mode == "phone" else "Vieni di persona."


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    alarm.add("description", f"Fra un'ora: {title}")
    return alarm


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _written(calendar: Calendar, events: list[Event]) -> bytes:
    calendar.add_component(_rome())
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _rome() -> Timezone:
    """The rule of Europe since 1996: last Sundays of March and October, told in the hour before the change."""
    zone = Timezone()
    zone.add("tzid", "Europe/Rome")
    winter, summer = timedelta(hours=1), timedelta(hours=2)
    for part, name, month, hour, before, after in (
        (TimezoneDaylight(), "CEST", 3, 2, winter, summer),
        (TimezoneStandard(), "CET", 10, 3, summer, winter),
    ):
        # Local time without zone, as the format asks here; the last Sunday of that month in 1996.
        part.add("dtstart", datetime(1996, month, 31 if month == 3 else 27, hour))  # noqa: DTZ001
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        zone.add_component(part)
    return zone

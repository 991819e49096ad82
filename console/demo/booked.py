"""An appointment being made up: its code, what is said of it, and the rows it leaves in the end."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.types.range import Range

from bot.agenda.citizens import name_fingerprints, sealed
from bot.agenda.codes import DIGITS, LETTERS
from bot.agenda.model import Appointment, CancelReason, Citizen, Service, State
from bot.agenda.page_tokens import page_url
from bot.agenda.tables import appointments, claims
from bot.answers import appointments as words
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from console.demo.ids import new_id
from console.demo.places import Place
from console.demo.talk import Talk


@dataclass(kw_only=True)
class Booked:
    """An appointment being made up; `history` are those it was moved from, as rows."""

    appointment: Appointment
    place: Place
    citizen: Citizen
    confirmed: bool = False

    @property
    def starts(self) -> datetime:
        """When it begins."""
        return self.place.slot.starts


def code_of(talk: Talk) -> str:
    """A code like those of the agenda."""
    drawn = [talk.chance.choice(LETTERS + DIGITS) for _ in range(5)] + [talk.chance.choice(DIGITS)]
    return f"{''.join(drawn[:3])}-{''.join(drawn[3:])}"


def appointment_of(talk: Talk, place: Place, *, code: str) -> Appointment:
    """The appointment at that place, as it is when it is booked."""
    return Appointment(
        id=new_id(talk.chance),
        code=code,
        state="da_erogare",
        slot=place.slot,
        conversation_id=talk.id,
        created_at=talk.now,
        sample=True,
    )


def good_news(talk: Talk, service: Service, booked: Booked, *, moved: bool = False) -> Reply:
    """Booked or moved, as the assistant says it."""
    appointment = booked.appointment
    site = talk.world.sites[appointment.slot.site_id]
    until = booked.starts - service.movable_until if service.movable_until is not None else None
    ids = str(appointment.id)
    url = page_url(appointment.id)
    return Reply(
        text=words.booked(appointment, service, site, until=until, today=talk.today, moved=moved),
        buttons=(
            Button(title="Sposta", payload=make_payload("reschedule_appointment", appointment=ids)),
            Button(title="Disdici", payload=make_payload("cancel_appointment", appointment=ids)),
        ),
        links=(
            Link(title="Pagina dell'appuntamento", url=url),
            Link(title="Aggiungi al calendario", url=f"{url}/calendario.ics"),
        ),
    )


def in_words(talk: Talk, service: Service, booked: Booked) -> str:
    """The appointment on one line."""
    site = talk.world.sites[booked.place.slot.site_id]
    return words.appointment_in_words(booked.appointment, service, site, today=talk.today)


def keep(
    talk: Talk, booked: Booked, state: State, *, moved_to: Booked | None = None, reason: CancelReason | None = None
) -> None:
    """The rows of an appointment as it is in the end."""
    made, slot = booked.appointment, booked.place.slot
    has_place = state in ("da_erogare", "erogato", "non_presentato")
    shared = {"desk_id": slot.desk_id, "service_id": slot.service_id, "mode": slot.mode}
    if has_place:
        during: Range[datetime] = Range(slot.starts, slot.ends)
        talk.world.rows.add(
            claims,
            id=made.id,
            lane=booked.place.lane,
            during=during,
            conversation_id=talk.id,
            expires_at=None,
            offered=False,
            created_at=made.created_at,
            **shared,
        )
    talk.world.rows.add(
        appointments,
        id=made.id,
        claim_id=made.id if has_place else None,
        code=made.code,
        state=state,
        site_id=slot.site_id,
        starts=slot.starts,
        ends=slot.ends,
        conversation_id=talk.id,
        moved_from=made.moved_from,
        moved_to=moved_to.appointment.id if moved_to else None,
        reason=reason,
        attendance_confirmed=booked.confirmed,
        missed_told=True,
        sample=True,
        citizen=sealed(booked.citizen),
        surname_fingerprints=name_fingerprints(booked.citizen.name),
        created_at=made.created_at,
        changed_at=min(max(talk.now, made.created_at), talk.world.end),
        **shared,
    )

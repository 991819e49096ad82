"""What a page says of an appointment, worked out once. No name, no contact, no codice fiscale."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from bot.agenda.model import Appointment, Mode, Service, Site
from bot.agenda.words import MODES, at_hour, moment_words
from bot.answers.appointments import place_of

JOIN_BEFORE = timedelta(minutes=10)

Phase = Literal["coming", "past", "moved", "cancelled", "cancelled_by_us", "missed"]

_PHASES: dict[str, Phase] = {
    "erogato": "past",
    "disdetto_cittadino": "cancelled",
    "disdetto_operatore": "cancelled_by_us",
    "spostato": "moved",
    "non_presentato": "missed",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Words for the templates, and what can be done now."""

    phase: Phase
    service: str
    when: str
    minutes: int
    mode: str
    place_label: str
    place: str
    code: str
    until: str  # until when it can be moved or cancelled, also when that is over; empty when never
    can_change: bool
    video: bool
    opens: str  # when the room opens: "dalle 9:50", "da giovedì 5 marzo alle 9:50"
    opens_in: int  # seconds; 0 when the room is open
    can_phone: bool


def facts_of(appointment: Appointment, service: Service, site: Site, *, until: datetime | None, now: datetime) -> Facts:
    """The facts at this moment. `until`: until when the citizen may move or cancel it."""
    slot, today = appointment.slot, now.date()
    over = appointment.state == "da_erogare" and now >= slot.ends
    phase: Phase = "past" if over else _PHASES.get(appointment.state, "coming")
    opens_at = slot.starts - JOIN_BEFORE
    label, place = _place(slot.mode, site)
    return Facts(
        phase=phase,
        service=service.title,
        when=moment_words(slot.starts, today=today),
        minutes=round((slot.ends - slot.starts).total_seconds() / 60),
        mode=MODES[slot.mode],
        place_label=label,
        place=place,
        code=appointment.code,
        until=moment_words(until, today=today) if until else "",
        can_change=phase == "coming" and until is not None and now <= until,
        video=phase == "coming" and slot.mode == "video",
        opens=_from(opens_at, now),
        opens_in=max(0, ceil((opens_at - now).total_seconds())),
        can_phone=phase == "coming" and slot.mode == "video" and "phone" in service.modes and now <= slot.starts,
    )


def _place(mode: Mode, site: Site) -> tuple[str, str]:
    return ("Dove" if mode == "in_person" else "Con", place_of(site, mode))


def _from(at: datetime, now: datetime) -> str:
    same_day = at.astimezone(now.tzinfo).date() == now.date()
    return f"d{at_hour(at)}" if same_day else f"da {moment_words(at, today=now.date())}"

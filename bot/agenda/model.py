"""The terms of the agenda, those of the region's own portal, and what every book must offer.

A *category* groups *services*; a *site* of a job centre has *desks*, each with weekly hours and exceptions; a *slot* is a
place free at a desk for a service in one *mode*. While a person decides, the slot is *held* for them; confirmed, it is an
*appointment* with one of six states. Moments are aware; durations are `timedelta`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol
from uuid import UUID

Mode = Literal["video", "phone", "in_person"]
Audience = Literal["citizens", "companies"]
Actor = Literal["citizen", "operator"]

State = Literal[
    "da_erogare",  # booked: the only state from which an appointment is moved or cancelled
    "erogato",
    "disdetto_cittadino",
    "disdetto_operatore",
    "spostato",  # the old one of a move; a new one, linked, is da_erogare
    "non_presentato",
]

CancelReason = Literal["impegno", "lavoro", "salute", "non_serve", "altro"]
OperatorReason = Literal["richiesta", "chiusura", "assenza", "errore", "altro"]
Reason = CancelReason | OperatorReason
"""Why an appointment was cancelled: the first are a citizen's, the others an operator's."""


@dataclass(frozen=True, kw_only=True)
class Category:
    """A group of services, as shown to people."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """What can be booked, with its own rules."""

    id: str
    category_id: str
    title: str
    duration: timedelta
    modes: tuple[Mode, ...]
    audience: Audience
    # not bookable sooner than this from now, nor further ahead
    min_notice: timedelta
    max_ahead: timedelta
    # until how long before the start a citizen may move or cancel it; None: not movable by citizens
    movable_until: timedelta | None
    # how long before the start reminders are sent; empty: none
    reminders: tuple[timedelta, ...] = ()
    needs_codice_fiscale: bool = False
    # knowledge entries this service is about, to find it from what people ask
    topics: tuple[str, ...] = ()
    sample: bool = False


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place of a job centre that gives appointments; `id` is the centre's id in the knowledge."""

    id: str
    title: str
    municipality: str
    province: str
    address: str | None
    lat: float
    lon: float
    sample: bool = False


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A free place: a service, in one mode, at a desk, from `starts` to `ends` (UTC)."""

    site_id: str
    desk_id: int
    service_id: str
    mode: Mode
    starts: datetime
    ends: datetime


@dataclass(frozen=True, kw_only=True)
class SlotQuery:
    """What is looked for. `days` and the rest narrow it; every bound is in Italian time."""

    service_id: str
    site_ids: tuple[str, ...]
    now: datetime
    modes: tuple[Mode, ...] = ()  # empty: any the service allows
    first_day: date | None = None
    last_day: date | None = None  # included
    days: tuple[date, ...] = ()  # only these days
    weekdays: tuple[int, ...] = ()  # Monday is 0
    not_weekdays: tuple[int, ...] = ()
    # starts in [from_time, to_time]; both ends included
    from_time: time | None = None
    to_time: time | None = None
    # parts of the day that cannot be: a start in [from, to) of any of these is left out
    not_between: tuple[tuple[time, time], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A slot kept for one conversation until `expires_at`; taken for everybody else."""

    id: UUID
    slot: Slot
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Citizen:
    """Who the appointment is for. Stored encrypted; never logged, never given to Rasa."""

    name: str  # first name and surname, as written
    contact: str = ""  # telephone (E.164) or e-mail
    codice_fiscale: str | None = None

    def __repr__(self) -> str:
        return "Citizen(...)"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One appointment. `id` is the id of the hold it was confirmed from."""

    id: UUID
    code: str  # like A7K-3F9: no letters or digits that sound or look alike
    state: State
    slot: Slot
    conversation_id: UUID | None
    created_at: datetime
    moved_from: UUID | None = None
    moved_to: UUID | None = None
    reason: Reason | None = None
    attendance_confirmed: bool = False
    by_operator: bool = False  # booked on the citizen's behalf
    changed_at: datetime | None = None
    sample: bool = False
    citizen: Citizen | None = field(default=None, repr=False)


def is_sample(appointment: Appointment, service: Service, site: Site) -> bool:
    """Whether an appointment is not real: made up, or made by a real person in a made-up calendar."""
    return appointment.sample or service.sample or site.sample


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A person waiting for a place. When one frees up, it is held for them and they are asked."""

    id: UUID
    conversation_id: UUID
    service_id: str
    site_ids: tuple[str, ...]
    modes: tuple[Mode, ...]
    last_day: date | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A place offered to somebody waiting: held until `hold.expires_at`."""

    id: UUID
    waiting: Waiting
    hold: Hold


class AgendaError(Exception):
    """Base of what can go wrong; each is something the person can be told."""


class SlotTakenError(AgendaError):
    """Somebody else has this place now."""


class NotBookableError(AgendaError):
    """The service's own rules say no. `rule`: notice | ahead | mode | already_booked | blocked."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class NotMovableError(AgendaError):
    """The appointment can no longer be moved or cancelled by the citizen. `until`: when that ended, if ever allowed."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(str(until))
        self.until = until


class NotFoundError(AgendaError):
    """No such appointment, hold or offer, or not in a state that allows it."""


class TooEarlyError(AgendaError):
    """How an appointment ended is recorded from its start on. `starts`: when that is."""

    def __init__(self, starts: datetime) -> None:
        super().__init__(str(starts))
        self.starts = starts


class LockedError(AgendaError):
    """Too many wrong codes from this conversation. `until`: when it may try again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(str(until))
        self.until = until


class BookUnavailableError(AgendaError):
    """The book does not answer; nothing was changed, or asking again gives what was."""


class AppointmentBook(Protocol):
    """What the dialogue, the pages and the console ask of an agenda; PSLP's could stand behind it.

    Every method may raise `BookUnavailableError`. Methods that change something are idempotent: the same call again
    gives the same result, so that a lost answer costs nothing.
    """

    async def categories(self) -> dict[str, Category]:
        """All categories, in the order to show."""

    async def services(self) -> dict[str, Service]:
        """All services that can be booked, in the order to show."""

    async def sites(self) -> dict[str, Site]:
        """All sites that give appointments."""

    async def free_slots(
        self, query: SlotQuery, *, limit: int = 20, per_day: int | None = None, by: Actor = "citizen"
    ) -> list[Slot]:
        """The first free slots, by start; one for each start, desks of the same site being the same to people.

        `per_day` caps how many of one day are given, so that a few days can be shown. To operators the service's notice
        does not apply: whoever stands at the counter can be received today.
        """

    async def closed_on(self, site_ids: Collection[str], day: date) -> str | None:
        """Why none of these sites is open that day (a holiday's name, "sabato", an exception's reason), or None."""

    async def hold(self, conversation_id: UUID, slot: Slot, *, now: datetime, by: Actor = "citizen") -> Hold:
        """Keep the slot for a conversation; its earlier hold, if any, is given back in the same transaction.

        Holding again what this conversation holds gives the same hold, renewed.
        Raises `SlotTakenError`, `NotBookableError`.
        """

    async def release(self, hold_id: UUID) -> None:
        """Give a held slot back. Nothing happens when it was released, expired or confirmed already."""

    async def confirm(self, hold_id: UUID, citizen: Citizen, *, now: datetime, by: Actor = "citizen") -> Appointment:
        """Make the held slot an appointment; again gives the same appointment.

        A hold that expired is taken again if the place is still free. Raises `SlotTakenError`; `NotBookableError`
        with rule already_booked when this conversation has that service booked already, or an overlap.
        """

    async def move(self, appointment_id: UUID, hold_id: UUID, *, now: datetime, by: Actor = "citizen") -> Appointment:
        """Close the old and open the new in one transaction, linked; again gives the same new appointment.

        Raises `NotMovableError` (citizens only), `SlotTakenError`, `NotFoundError`.
        """

    async def cancel(
        self, appointment_id: UUID, *, reason: Reason, now: datetime, by: Actor = "citizen"
    ) -> Appointment:
        """Cancel; the place is free at once. Again gives the cancelled appointment. Raises as `move`."""

    async def switch_to_phone(self, appointment_id: UUID, *, now: datetime) -> Appointment:
        """A video appointment becomes a telephone call; allowed up to its start, if the service has that mode."""

    async def confirm_attendance(self, appointment_id: UUID) -> Appointment:
        """The citizen said they will come."""

    async def mark(self, appointment_id: UUID, state: Literal["erogato", "non_presentato"]) -> Appointment:
        """An operator records how it ended."""

    async def get(self, appointment_id: UUID) -> Appointment:
        """One appointment, with its citizen. Raises `NotFoundError`."""

    async def movable_until(self, appointment: Appointment) -> datetime | None:
        """Until when the citizen may move or cancel it; None when never."""

    async def of_conversation(self, conversation_id: UUID, *, now: datetime) -> Sequence[Appointment]:
        """The coming appointments made or claimed in this conversation, by start."""

    async def claim(self, conversation_id: UUID, code: str, surname: str, *, now: datetime) -> Appointment:
        """An appointment found by code and surname; from then on it belongs to this conversation as well.

        Raises `NotFoundError` (code or surname wrong, which one is not told), `LockedError` after five wrong tries.
        """

    async def join_waiting_list(
        self, conversation_id: UUID, query: SlotQuery, citizen: Citizen, *, now: datetime
    ) -> Waiting:
        """Wait for a place; the same wish again is the same wait."""

    async def leave_waiting_list(self, conversation_id: UUID) -> int:
        """Stop waiting; returns how many waits ended."""

    async def accept_offer(self, offer_id: UUID, *, now: datetime, by: UUID | None = None) -> Appointment:
        """The first yes wins. Raises `SlotTakenError` when the offer has expired and the place is gone.

        `by`: the conversation that says yes; when it is not the one that waited, the appointment is of both.
        """

    async def decline_offer(self, offer_id: UUID) -> None:
        """No: the place is offered to the next; the person goes on waiting."""

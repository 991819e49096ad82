"""A small agenda for tests: one centre with one desk, one service, and appointments made through the real book.

It is Monday 2 March 2026, nine o'clock, unless a test moves the clock.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bot import clock
from bot.agenda.model import Appointment, Citizen, Mode, Slot
from bot.agenda.page_tokens import page_token
from bot.agenda.postgres import PostgresBook
from bot.clock import ROME, offset_to
from bot.storage.engine import create_engine

NOW = "2026-03-02T09:00"
STARTS = "2026-03-05T09:30"
SERVICE = "orientamento"
SITE = "pinerolo"
ANNA = Citizen(name="Anna De Rossi", contact="+393331234567")

SEED = """
INSERT INTO agenda_categories (id, title) VALUES ('lavoro', 'Orientamento e lavoro');
INSERT INTO agenda_services (id, category_id, title, duration, modes, audience, min_notice, max_ahead, movable_until, reminders)
VALUES ('orientamento', 'lavoro', 'Orientamento e CV', '30 minutes', '{in_person,video,phone}', 'citizens', '2 hours',
    '60 days', '24 hours', '{48 hours,3 hours}');
INSERT INTO agenda_sites (id, title, municipality, province, address, lat, lon)
VALUES ('pinerolo', 'Centro per l''impiego di Pinerolo', 'Pinerolo', 'TO', 'corso Torino 324', 44.9, 7.3);
INSERT INTO agenda_desks (id, site_id, title, modes) VALUES (1, 'pinerolo', 'Sportello 1', '{in_person,video,phone}');
INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes)
SELECT 1, day, '09:00', '12:00', 30 FROM generate_series(0, 4) AS day;
"""


def moment(text: str) -> datetime:
    """An Italian hour, aware."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def slot_at(starts: str, mode: Mode = "video", *, service: str = SERVICE) -> Slot:
    """A slot of the small agenda."""
    start = moment(starts).astimezone(UTC)
    return Slot(
        site_id=SITE, desk_id=1, service_id=service, mode=mode, starts=start, ends=start + timedelta(minutes=30)
    )


class Agenda:
    """The small agenda, its book and its clock."""

    def __init__(self, book: PostgresBook, configure: Callable[..., None]) -> None:
        self.book = book
        self._configure = configure

    def set_clock(self, at: str) -> None:
        """From now on it is this Italian hour; time goes on from there."""
        self._configure(clock_offset=offset_to(moment(at)))

    async def booked(
        self,
        starts: str = STARTS,
        mode: Mode = "video",
        *,
        conversation_id: UUID | str | None = None,
        citizen: Citizen = ANNA,
    ) -> Appointment:
        """An appointment made now, in a conversation of its own unless one is given."""
        conversation = UUID(str(conversation_id)) if conversation_id else uuid4()
        hold = await self.book.hold(conversation, slot_at(starts, mode), now=clock.now())
        return await self.book.confirm(hold.id, citizen, now=clock.now())

    async def moved(self, appointment: Appointment, starts: str) -> Appointment:
        """The appointment, moved to another start."""
        slot = slot_at(starts, appointment.slot.mode)
        hold = await self.book.hold(appointment.conversation_id or uuid4(), slot, now=clock.now())
        return await self.book.move(appointment.id, hold.id, now=clock.now())


def path_of(appointment: Appointment, below: str = "") -> str:
    """The path of an appointment's page, or of one below it."""
    path = f"/appuntamenti/{page_token(appointment.id)}"
    return f"{path}/{below}" if below else path


@pytest.fixture
async def agenda(database: str, query: Callable[..., object], configure: Callable[..., None]) -> AsyncIterator[Agenda]:
    """The small agenda, filled, at its usual time."""
    for statement in SEED.split(";\n"):
        if statement.strip():
            query(statement)
    engine = create_engine(pool_size=4)
    made = Agenda(PostgresBook(engine), configure)
    made.set_clock(NOW)
    yield made
    await engine.dispose()

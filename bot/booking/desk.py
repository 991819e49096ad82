"""What a turn needs from outside: the agenda, the knowledge, the clock, and which private answers were given."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from bot.agenda.model import AppointmentBook, Citizen, Service, Site
from bot.demand.model import Lack
from bot.knowledge import Knowledge
from bot.privacy.answers import Kind


class PrivateAnswers(Protocol):
    """The citizen's own data, kept away from the dialogue."""

    async def kinds(self) -> frozenset[Kind]:
        """Which were given."""

    async def has_phone(self) -> bool:
        """Whether the contact given is a telephone number."""

    async def citizen(self) -> Citizen:
        """Name, contact and tax code, opened."""

    async def surname(self) -> str | None:
        """The surname given to find an appointment, once: reading it erases it."""

    async def forget(self, *kinds: Kind) -> None:
        """Erase: those kinds, or all."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One turn's surroundings."""

    conversation_id: UUID
    book: AppointmentBook
    knowledge: Knowledge
    private: PrivateAnswers
    now: datetime
    services: dict[str, Service]
    sites: dict[str, Site]
    # what was asked for in this turn and is not there
    lacks: list[Lack] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Today in Italy."""
        return self.now.date()

"""What the stories of a made-up month share: the end of the month, the knowledge, the agenda, who sits at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.agenda.model import Service, Site
from bot.conversations.office import Office
from bot.knowledge import Knowledge
from console.demo.places import Places
from console.demo.rows import Rows


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody with an account; `name` is what citizens read."""

    id: UUID
    full_name: str

    @property
    def name(self) -> str:
        """The first name."""
        return self.full_name.split()[0]


@dataclass(kw_only=True)
class World:
    """Everything but chance. `end` is in Italian time; nothing happens after it."""

    end: datetime
    knowledge: Knowledge
    services: dict[str, Service]
    sites: dict[str, Site]
    places: Places
    colleagues: Sequence[Colleague]
    incident_numbers: list[int]
    office: Office
    rows: Rows
    models: tuple[str, str]
    model_changed: datetime

    def model_at(self, moment: datetime) -> str:
        """Which model understood what was said then: a new one was put to work during the month."""
        return self.models[moment >= self.model_changed]

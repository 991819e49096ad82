"""What has been agreed so far in the talk about an appointment, as plain data that survives between messages.

No personal data: name and contact are kept sealed elsewhere; here is only which were given.
"""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, Self

from bot.agenda.model import Mode, Slot

Flow = Literal["book", "move", "cancel", "find"]
Ring = Literal["centre", "province", "region"]
Step = Literal[
    "service",
    "where",
    "mode",
    "when",
    "slot",
    "name",
    "contact",
    "codice_fiscale",
    "consent",
    "confirm",
    "change",
    "widen",
    "waiting",
    "code",
    "surname",
    "which",
    "reason",
]


@dataclass(kw_only=True)
class State:
    """One talk. Everything may still be changed by the citizen until `confirm`."""

    flow: Flow
    step: Step | None = None  # what was asked last
    service: str | None = None
    # where: the place as said back, and the sites to look at in the present ring
    place: str | None = None
    municipality: str | None = None
    sites: list[str] = field(default_factory=list)
    ring: Ring = "centre"
    mode: Mode | None = None
    wish: dict[str, Any] | None = None  # a reading of bot.nlu.when, as JSON
    readings: list[dict[str, Any]] = field(default_factory=list)  # the alternatives of a doubtful day, while asked
    offers: list[dict[str, Any]] = field(default_factory=list)
    options: list[str] = field(default_factory=list)  # services or places a question was about, in the order shown
    shown: list[str] = field(default_factory=list)  # starts already refused, for "altri orari"
    shown_until: str | None = None  # only later than this, for "quella dopo"
    before: str | None = None  # only sooner than this, for "niente di prima?"
    pages: int = 0  # how many times other places were asked for
    slot: dict[str, Any] | None = None
    hold: str | None = None
    consent: bool = False
    waiting: bool = False  # the wish is a place on the waiting list
    appointment: str | None = None  # the one to move or cancel
    moving: dict[str, Any] | None = None  # its slot, which is no proposal for a move
    code: str | None = None
    reason: str | None = None
    paused: bool = False
    misses: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the slot `booking`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Self | None:
        """From the slot `booking`; None when there is no talk, or one of an older shape."""
        if not data or set(data) != {f.name for f in fields(cls)}:
            return None
        return cls(**data)

    def drop_slot(self) -> None:
        """Forget the slot chosen and those offered: what was looked for has changed. The hold goes with the next one."""
        self.slot = None
        self.offers, self.shown = [], []
        self.shown_until, self.before, self.pages = None, None, 0


def slot_as_json(slot: Slot) -> dict[str, Any]:
    """A slot as plain data."""
    return {**asdict(slot), "starts": slot.starts.isoformat(), "ends": slot.ends.isoformat()}


def slot_from_json(data: dict[str, Any]) -> Slot:
    """The slot again."""
    return Slot(
        **{**data, "starts": datetime.fromisoformat(data["starts"]), "ends": datetime.fromisoformat(data["ends"])}
    )

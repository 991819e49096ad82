"""What was understood about when, and its JSON."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, Literal, Union

Part = Literal[
    "prima_mattina",
    "mattina",
    "tarda_mattina",
    "pranzo",
    "primo_pomeriggio",
    "pomeriggio",
    "tardo_pomeriggio",
    "sera",
]

# From when to when each part of the day goes.
PARTS: dict[Part, tuple[dt.time, dt.time]] = {
    "prima_mattina": (dt.time(8), dt.time(10)),
    "mattina": (dt.time(8, 30), dt.time(13)),
    "tarda_mattina": (dt.time(11), dt.time(13)),
    "pranzo": (dt.time(12), dt.time(14, 30)),
    "primo_pomeriggio": (dt.time(13), dt.time(15, 30)),
    "pomeriggio": (dt.time(13), dt.time(18)),
    "tardo_pomeriggio": (dt.time(16), dt.time(18, 30)),
    "sera": (dt.time(18), dt.time(21)),
}

DAY_FIELDS = ("date", "dates", "date_from", "date_to", "weekdays")
HOUR_FIELDS = ("time", "time_from", "time_to", "about")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way of understanding a message; each field means what `sportello when` documents. Ranges include both ends."""

    date: dt.date | None = None
    dates: tuple[dt.date, ...] = ()
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    weekdays: tuple[str, ...] = ()
    excludes: tuple[Union[str, "Reading"], ...] = ()
    time: dt.time | None = None
    time_from: dt.time | None = None
    time_to: dt.time | None = None
    about: bool = False
    part: Part | None = None
    asap: bool = False
    past: bool = False
    closed: str | None = None

    def __bool__(self) -> bool:
        return self != EMPTY

    @property
    def has_day(self) -> bool:
        """Whether anything is said about the day."""
        return any(getattr(self, name) for name in DAY_FIELDS)

    @property
    def has_hour(self) -> bool:
        """Whether anything is said about the hour, parts of day aside."""
        return any(getattr(self, name) is not None for name in ("time", "time_from", "time_to"))

    def as_json(self) -> dict[str, Any]:
        """The fields set, in the formats of the specification."""
        return {
            f.name: _plain(getattr(self, f.name))
            for f in fields(self)
            if getattr(self, f.name) not in (None, (), False)
        }


EMPTY = Reading()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Reading):
        return value.as_json()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value

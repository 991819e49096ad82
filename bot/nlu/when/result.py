"""The answer of the package: the readings of a message, as JSON and said back in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.nlu.when.reading import Reading
from bot.nlu.when.spoken import say


@dataclass(frozen=True)
class When:
    """What a message says about when: no reading, one, or several to choose among, likeliest first."""

    readings: tuple[Reading, ...]
    now: datetime

    @property
    def none(self) -> bool:
        """Whether nothing is said about when."""
        return not self.readings

    @property
    def ambiguous(self) -> bool:
        """Whether the person must be asked which one."""
        return len(self.readings) > 1

    @property
    def reading(self) -> Reading | None:
        """The one reading; None when there is none or the person must be asked."""
        return self.readings[0] if len(self.readings) == 1 else None

    def as_json(self) -> dict[str, Any]:
        """One line of `sportello when`."""
        if self.none:
            return {"none": True}
        if self.ambiguous:
            return {"ambiguous": [reading.as_json() for reading in self.readings]}
        return self.readings[0].as_json()

    def in_words(self) -> str:
        """The reading said back in plain Italian; alternatives joined by "oppure"; empty when nothing is said."""
        return " oppure ".join(say(reading, today=self.now.date()) for reading in self.readings)

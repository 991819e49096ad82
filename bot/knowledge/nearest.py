"""Which centre is nearest, in a straight line between municipalities: an office's own position is not known."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

from bot.knowledge.load import Knowledge
from bot.knowledge.model import Centre, Municipality

EARTH_RADIUS_KM = 6371.0


class Located(Protocol):
    """Whatever has a position, in degrees."""

    @property
    def lat(self) -> float:
        """Latitude."""

    @property
    def lon(self) -> float:
        """Longitude."""


@dataclass(frozen=True)
class Point:
    """A position on its own, in degrees."""

    lat: float
    lon: float


def distance_km(first: Located, second: Located) -> float:
    """Kilometres between two places along the great circle."""
    latitude, other = radians(first.lat), radians(second.lat)
    across = radians(second.lon - first.lon)
    half = sin((other - latitude) / 2) ** 2 + cos(latitude) * cos(other) * sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def nearest_confirmed(knowledge: Knowledge, municipality: Municipality) -> tuple[Centre, float]:
    """The nearest job centre known to exist, in the municipality's own province, and how far it is in kilometres."""
    centres = [c for c in knowledge.centres.values() if c.is_job_centre and c.province == municipality.province]
    nearest = min(centres, key=lambda centre: distance_km(municipality, centre))
    return nearest, distance_km(municipality, nearest)


def nearest_municipality(knowledge: Knowledge, point: Located) -> tuple[Municipality, float]:
    """The municipality whose middle is nearest, and how far that is in kilometres. It need not be the one one is in."""
    nearest = min(knowledge.by_municipality.values(), key=lambda municipality: distance_km(point, municipality))
    return nearest, distance_km(point, nearest)

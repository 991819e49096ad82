"""Which municipalities lie near one another."""

from math import asin, cos, radians, sin, sqrt

from bot.knowledge.files import from_knowledge
from bot.knowledge.load import get_knowledge

_EARTH_KM = 6371.0


def kilometres(one: str, other: str) -> float:
    """The distance of two municipalities as the crow flies."""
    towns = get_knowledge().by_municipality
    a, b = towns[one], towns[other]
    dlat, dlon = radians(b.lat - a.lat), radians(b.lon - a.lon)
    chord = sin(dlat / 2) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(dlon / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(chord))


@from_knowledge(maxsize=512)
def neighbours(name: str, count: int = 10) -> tuple[str, ...]:
    """The municipalities nearest to one, nearest first."""
    others = (entry.name for entry in get_knowledge().municipalities if entry.name != name)
    return tuple(sorted(others, key=lambda other: kilometres(name, other))[:count])

"""Entities by gazetteer and grammar, no tagger.

municipality, centre, service, date, time, part_of_day, number, appointment_code, aspect. Values are normalised
(official names, ids, ISO dates), so actions use them as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from bot.clock import now
from bot.knowledge.names import named_services, named_sites
from bot.knowledge.places import read_place
from bot.nlu.aspects import asked_aspect
from bot.nlu.when import spans

# Three characters, a dash, three characters; without the ones that sound or look alike (0 O 1 I L).
APPOINTMENT_CODE = re.compile(
    r"\b(?=[A-Z0-9]{0,2}\d|[A-Z0-9]{3}[- ][A-Z0-9]*\d)([A-HJKMNP-Z2-9]{3})[- ]([A-HJKMNP-Z2-9]{3})\b", re.IGNORECASE
)
NUMBER = re.compile(r"(?<![\w.,])\d{1,9}(?![\w])")


def find_entities(text: str) -> list[dict[str, Any]]:
    """All entities of a text, in the shape Rasa wants."""
    return list(_entities(text))


def _entities(text: str) -> Iterator[dict[str, Any]]:
    reading = read_place(text)
    for mention in reading.mentions:
        for name in mention.municipalities:
            yield _entity("municipality", name, mention.start, mention.end)
    for site in named_sites(text):
        yield _entity("centre", site.id, site.start, site.end)
    for service in named_services(text):
        yield _entity("service", service.id, service.start, service.end)
    for kind, value, start, end in spans(text, now=now()):
        yield _entity(kind, value, start, end)
    aspect = asked_aspect(text)
    if aspect:
        yield _entity("aspect", aspect, 0, len(text))
    for match in APPOINTMENT_CODE.finditer(text):
        yield _entity("appointment_code", f"{match[1]}-{match[2]}".upper(), match.start(), match.end())
    for match in NUMBER.finditer(text):
        yield _entity("number", match[0], match.start(), match.end())


def _entity(kind: str, value: str, start: int, end: int) -> dict[str, Any]:
    return {"entity": kind, "value": value, "start": start, "end": end, "extractor": "ItalianEntities"}

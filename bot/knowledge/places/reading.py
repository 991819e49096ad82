"""From a message to the municipality a person means: all evidence together, and the courage to say "which one?"."""

import re
from dataclasses import dataclass
from typing import Any

from bot.knowledge.files import from_knowledge
from bot.knowledge.places.codes import tagged
from bot.knowledge.places.context import framed, is_bare, without_names, without_words
from bot.knowledge.places.decide import decide
from bot.knowledge.places.evidence import places_of
from bot.knowledge.places.roles import roles_of
from bot.knowledge.places.spots import find_spots
from bot.knowledge.places.streets import streets_of
from bot.knowledge.places.tokens import tokenize

# Who lives "here" does not live where the papers still say.
_LIVES_HERE = re.compile(
    r" (?:domicili\w*|abito|vivo|sto|stiamo|viviamo|abitiamo|affitto|casa|dormo|mi trovo)(?: \w+){0,2} (?:qui|qua|da voi)(?= [^<]|$)"
)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A place of Piedmont named in the message, whatever it is to the person. One municipality: sure; several: not."""

    start: int
    end: int
    municipalities: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlaceReading:
    """Where the person lives: either `municipality`, or `candidates` to ask among (one is a guess to confirm), or neither.

    `province` is the municipality's when it is sure, else the one spoken of. `outside`: the person lives out of Piedmont.
    """

    municipality: str | None
    candidates: tuple[str, ...]
    province: str | None
    outside: bool
    mentions: tuple[Mention, ...]


@from_knowledge(maxsize=16)  # entities and intents ask the same of one message
def read_place(text: str, *, expected: bool = False) -> PlaceReading:
    """Understand which municipality a person means.

    Order of precedence: domicile, where the person lives now, residence, where the person says to be from, a place
    said on its own. With `expected`, the assistant has just asked: names that are ordinary words count when they are
    all that is said.
    """
    tokens = tokenize(text)
    spots = find_spots(tokens)
    streets = streets_of(tokens, spots)
    spots = without_names(tokens, [spot for spot in spots if not any(spot.first in street for street in streets)])
    codes, _, _ = tagged(tokens, spots)
    spots = [spots[k] for k in without_words(tokens, spots, codes, streets=streets, expected=expected)]
    codes, code_tokens, elsewhere = tagged(tokens, spots)
    frame = framed(tokens, spots, streets, code_tokens)
    places = places_of(frame, roles_of(frame), codes, elsewhere, expected=expected)
    bare = len(places) == 1 and is_bare(frame, 0)
    answer = decide(places, bare=bare, here=bool(_LIVES_HERE.search(frame.text)))
    return PlaceReading(
        municipality=answer.municipality,
        candidates=answer.candidates,
        province=answer.province,
        outside=answer.outside,
        mentions=tuple(
            Mention(start=tokens[p.spot.first].start, end=tokens[p.spot.last - 1].end, municipalities=p.names)
            for p in places
            if p.is_town
        ),
    )


def reading_as_json(text: str) -> dict[str, Any]:
    """The reading as `sportello place` prints it."""
    reading = read_place(text)
    return {
        "text": text,
        "municipality": reading.municipality,
        "candidates": list(reading.candidates),
        "province": reading.province,
        "outside": reading.outside,
    }

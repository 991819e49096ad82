"""The names of streets in a message: the towns in them say nothing about where anybody lives."""

from collections.abc import Sequence

from bot.knowledge.places.gazetteer import Strength
from bot.knowledge.places.spots import Spot
from bot.knowledge.places.tokens import Token

_STREETS = frozenset(
    "via viale corso piazza piazzale piazzetta strada stradale vicolo largo contrada lungodora lungopo corsia traversa galleria".split()
)
# "corso a Torino" is a lesson, "via da Torino" a farewell, "piazza a Bra" a square there.
_STREET_LINKS = frozenset(
    "di d de del della dell dei degli delle vecchia vecchio nuova provinciale statale comunale antica per vicinale privata".split()
)
_STREET_END = frozenset(
    "a ad in zona presso frazione borgata localita comune cap scala piano interno int abito vivo lavoro sono e o citta vicino dove ma che con dietro davanti quartiere numero n nr civico".split()
)


def streets_of(tokens: Sequence[Token], spots: Sequence[Spot]) -> list[range]:
    """The tokens of each street's name, the word "via" itself included, the house number too."""
    found: list[range] = []
    starts = {spot.first for spot in spots if spot.last - spot.first > 1 or spot.entry.strength is Strength.NAME}
    for i, token in enumerate(tokens):
        if token.text in _STREETS and not (found and i < found[-1].stop) and _names_a_street(tokens, i, starts):
            found.append(range(i, _street_end(tokens, i, spots)))
    return found


def _names_a_street(tokens: Sequence[Token], i: int, starts: set[int]) -> bool:
    """Whether "corso" is a street and not a lesson, "via" no farewell, "piazza" not the quarter of Mondovì."""
    if i + 1 >= len(tokens) or not (tokens[i + 1].is_word or tokens[i + 1].is_number) or i in starts:
        return False
    following = tokens[i + 1]
    if following.text in _STREET_END | {"da", "mail", "email", "telefono", "whatsapp", "libera"}:
        return False
    if following.text == "per" and i + 2 not in starts:
        return False
    if tokens[i].text != "corso":
        return True
    number = next((j for j in range(i + 1, min(len(tokens), i + 6)) if tokens[j].is_number), None)
    named = following.is_capital and not following.raw.isupper()
    return i + 1 in starts or named or (number is not None and len(tokens[number].text) < 4)


def _street_end(tokens: Sequence[Token], i: int, spots: Sequence[Spot]) -> int:
    """Behind the house number if there is one; else behind the first place name, or where the words of a street stop."""
    begins = {spot.first: spot for spot in spots}
    j = i + 1
    while j < min(len(tokens), i + 8):
        token = tokens[j]
        if token.is_number:
            return j if len(token.text) == 5 else _behind_number(tokens, j)
        if (token.text in _STREET_END and j > i + 1) or not (token.is_word or token.text in {".", "-"}):
            return j
        spot = begins.get(j)
        if spot and not _is_in_street(tokens, i, spot):
            return j
        j = spot.last if spot else j + 1
    return j


def _behind_number(tokens: Sequence[Token], j: int) -> int:
    """Behind "12", "12 bis", "12/B", "12B"."""
    last = j + 1
    while last < len(tokens) and (
        tokens[last].text in {"bis", "ter", "interno", "scala"}
        or (tokens[last].start == tokens[last - 1].end and tokens[last].text not in {",", ".", ";"})
    ):
        last += 1
    return last


def _is_in_street(tokens: Sequence[Token], start: int, spot: Spot) -> bool:
    """Whether a place name is the street's, or inside it ("via Duca d'Aosta"), or before the house number."""
    words = [token.text for token in tokens[start + 1 : spot.first]]
    linked = not words or words[-1] in _STREET_LINKS
    return not spot.is_cap and (linked or _house_number_follows(tokens, spot.last))


def _house_number_follows(tokens: Sequence[Token], last: int) -> bool:
    return last < len(tokens) and (tokens[last].is_number or tokens[last].text == "n") and len(tokens[last].text) < 4

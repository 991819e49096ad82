"""From a message to the municipality a person means: all evidence together, and the courage to say "which one?"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

from bot.knowledge.load import get_knowledge
from bot.knowledge.places.context import framed, is_bare, tagged, without_names, streets_of, without_words
from bot.knowledge.places.cues import Role
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind, get_gazetteer, words_of
from bot.knowledge.places.roles import roles_of
from bot.knowledge.places.spots import Spot, find_spots
from bot.knowledge.places.tokens import tokenize

_NEAR_KM = 15.0
_NEIGHBOURS = 10
_CAPITALS = {
    "Alessandria": "AL",
    "Asti": "AT",
    "Biella": "BI",
    "Cuneo": "CN",
    "Novara": "NO",
    "Torino": "TO",
    "Verbania": "VB",
    "Vercelli": "VC",
}
_ASKED_ABROAD = (Role.DOMICILE, Role.HOME, Role.RESIDENCE)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A place of Piedmont named in the message, whatever it is to the person. One municipality: sure; several: ambiguous."""

    start: int
    end: int
    municipalities: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlaceReading:
    """Where the person lives. Either `municipality`, or `candidates` to ask among (one is a guess to confirm), or neither.

    `province` is the municipality's when it is sure, else the one spoken of. `outside` says that the person lives out of Piedmont.
    """

    municipality: str | None
    candidates: tuple[str, ...]
    province: str | None
    outside: bool
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A spot with what the sentence says about it."""

    spot: Spot
    role: Role
    names: tuple[str, ...]
    unsure: bool
    province: str | None
    elsewhere: bool

    @property
    def is_town(self) -> bool:
        return bool(self.names) and self.spot.entry.kind in (Kind.TOWN, Kind.HAMLET)

    @property
    def is_hint(self) -> bool:
        """Whether it only narrows down: a province, a valley."""
        return self.spot.entry.kind in (Kind.AREA, Kind.PROVINCE)


def read_place(text: str, *, expected: bool = False) -> PlaceReading:
    """Understand which municipality a person means.

    Order of precedence: domicile, where the person lives now, residence, where the person says to be from, a place said on its own.
    With `expected`, the assistant has just asked: names that are ordinary words count when they are all that is said.
    """
    tokens = tokenize(text)
    spots = find_spots(tokens)
    streets = streets_of(tokens, spots)
    spots = without_names(tokens, [spot for spot in spots if not any(spot.first in street for street in streets)])
    if not spots:
        return _nothing()
    codes, _, _ = tagged(tokens, spots)
    spots = [spots[k] for k in without_words(tokens, spots, codes, streets=streets, expected=expected)]
    codes, code_tokens, elsewhere = tagged(tokens, spots)
    frame = framed(tokens, spots, streets, code_tokens)
    places = [
        _place(spot, role, codes.get(k), elsewhere=k in elsewhere, bare=role is Role.NEUTRAL and is_bare(frame, k) and not expected)
        for k, (spot, role) in enumerate(zip(spots, roles_of(frame), strict=True))
    ]
    places = _joined(frame, places)
    reading = _decide(places, bare=len(places) == 1 and is_bare(frame, 0))
    mentions = tuple(
        Mention(start=tokens[place.spot.first].start, end=tokens[place.spot.last - 1].end, municipalities=place.names)
        for place in places
        if place.is_town
    )
    return replace(reading, mentions=mentions)


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


def _nothing(*, province: str | None = None, outside: bool = False, candidates: Iterable[str] = ()) -> PlaceReading:
    return PlaceReading(municipality=None, candidates=tuple(candidates), province=province, outside=outside, mentions=())


def _place(spot: Spot, role: Role, code: str | None, *, elsewhere: bool, bare: bool) -> _Place:
    entry = spot.entry
    unsure = entry.unsure or (bare and entry.strength.value == "asked")
    names, narrowed = _narrowed(entry.municipalities, entry.others, {code} if code else set())
    return _Place(
        spot=spot,
        role=role,
        names=names,
        unsure=unsure and not narrowed,
        province=code or entry.province,
        elsewhere=elsewhere or entry.kind in (Kind.OUTSIDE, Kind.ABROAD) and not (code and names),
    )


def _narrowed(names: Sequence[str], others: Sequence[str], provinces: set[str]) -> tuple[tuple[str, ...], bool]:
    """The municipalities that lie in one of the provinces spoken of, and whether that told something."""
    if not provinces:
        return tuple(names), False
    province_of = get_gazetteer().province_of
    for group in (names, others):
        inside = tuple(name for name in group if province_of[name] in provinces)
        if inside:
            return inside, True
    return tuple(names), False


def _joined(frame: Frame, places: list[_Place]) -> list[_Place]:
    """The places after those that only explain their neighbour are joined to it: "Rivoli, Torino", "San Rocco di Bernezzo"."""
    joined: list[_Place] = []
    for k, place in enumerate(places):
        previous = joined[-1] if joined else None
        gap = frame.between(k - 1, k).split() if k else []
        if previous and _is_elsewhere_by(previous, place, gap, frame=frame):
            joined[-1] = replace(previous, names=(), elsewhere=True)
            continue
        if previous and previous.is_town and place.is_town and previous.role.level >= 0:
            code = _CAPITALS.get(place.names[0]) if place.names and not place.spot.is_cap else None
            if code and set(gap) <= {",", "(", "-", "provincia", "di", "in"} and previous.names != place.names:
                names, told = _narrowed(previous.names, previous.spot.entry.others, {code})
                if told and place.names[0] not in previous.names and not previous.spot.is_cap:
                    joined[-1] = replace(previous, names=names, unsure=False)
                    continue
            if _is_hamlet_of(frame, k, gap, previous, place):
                joined[-1] = replace(place, role=max((previous.role, place.role), key=lambda role: role.level))
                continue
        joined.append(place)
    return joined


def _is_elsewhere_by(previous: _Place, place: _Place, gap: list[str], *, frame: Frame) -> bool:
    """Whether a region or country behind a short name says that it is another town: "Nizza, in Francia"."""
    if not (previous.is_town and place.elsewhere) or previous.spot.is_cap or not set(gap) <= {",", "in", "(", "nel", "nella", "-", "provincia", "di"}:
        return False
    written = "".join(token.text for token in frame.tokens[previous.spot.first : previous.spot.last])
    return len(previous.names) > 1 or written != "".join(words_of(previous.names[0]))


def _is_hamlet_of(frame: Frame, k: int, gap: list[str], previous: _Place, place: _Place) -> bool:
    if set(previous.names) & set(place.names) or previous.spot.is_cap or place.spot.is_cap:
        return False
    if gap[:1] == [","]:
        gap = gap[1:]
    hamlet = frame.before(k - 1).split()[-1:]
    if gap in (["di"], ["d"], ["frazione", "di"], ["comune", "di"], ["nel", "comune", "di"], ["a"], []):
        return hamlet in (["frazione"], ["borgata"], ["localita"], ["rione"], ["quartiere"]) or (len(previous.names) > 1 and gap != [] and gap != ["a"])
    return False


def _decide(places: Sequence[_Place], *, bare: bool) -> PlaceReading:
    places = [place for place in places if place.role.level >= 0]
    hints = [place for place in places if place.is_hint]
    for level in range(5, 0, -1):
        towns = [place for place in places if place.role.level == level and not place.is_hint and _counts(place, level, bare=bare)]
        areas = [place for place in hints if place.role.level == level]
        if towns and not (areas and level < 2 and _all_weaker(towns)):
            return _among_towns(towns, places)
        if areas:
            return _in_areas(areas, places)
    asked = [place for place in places if place.is_town]
    if asked:
        return _asked(asked, places)
    return _in_areas(hints, places) if hints else _nothing()


def _all_weaker(towns: Sequence[_Place]) -> bool:
    return all(place.unsure for place in towns)


def _counts(place: _Place, level: int, *, bare: bool) -> bool:
    """Whether a place can decide. "Vengo dal Marocco" is no home; a country counts where the person lives there."""
    if place.spot.entry.kind is Kind.ABROAD:
        return place.role in _ASKED_ABROAD or (bare and level == Role.NEUTRAL.level)
    return place.is_town or place.elsewhere


def _among_towns(towns: Sequence[_Place], places: Sequence[_Place]) -> PlaceReading:
    groups: list[set[str]] = []
    order: list[str] = []
    unsure = False
    narrowing = _hints_of(places)
    for place in towns:
        names = _with_hints(place, narrowing) if not place.elsewhere else ()
        unsure = unsure or (place.unsure and len(names) == len(place.names))
        order.extend(name for name in names if name not in order)
        if not names and not place.elsewhere:
            continue
        same = next((group for group in groups if group & set(names)), None)
        if place.spot.is_cap and same is None and groups and any(groups):
            # An old or mistyped post code does not contradict a name.
            continue
        if same is not None:
            same &= set(names)
        else:
            groups.append(set(names))
    if groups and all(not group for group in groups):
        return _nothing(outside=not any(place.unsure for place in towns))
    left = [name for name in order if any(name in group for group in groups)]
    groups = _without_old_cap(groups, towns)
    left = [name for name in left if any(name in group for group in groups)]
    if len(left) == 1 and len(groups) == 1 and not unsure:
        return replace(_nothing(province=get_gazetteer().province_of[left[0]]), municipality=left[0])
    return _nothing(candidates=left, province=_only(place.province for place in places if place.province))


def _without_old_cap(groups: list[set[str]], towns: Sequence[_Place]) -> list[set[str]]:
    """Leave out a post code that came first and fits none of the names."""
    if len(groups) < 2 or not towns[0].spot.is_cap:
        return groups
    return groups[1:]


def _hints_of(places: Sequence[_Place]) -> list[_Place]:
    return [place for place in places if place.is_hint or place.role is Role.NEAR or (place.spot.is_cap and len(place.names) > 1)]


def _with_hints(place: _Place, hints: Sequence[_Place]) -> tuple[str, ...]:
    """The municipalities of a place that agree with the provinces, valleys and neighbours spoken of."""
    names, others = place.names, place.spot.entry.others
    for hint in hints:
        if hint is place or hint.spot.is_cap:
            continue
        if hint.role is Role.NEAR and hint.is_town:
            close = tuple(name for name in names if any(_distance(name, other) <= _NEAR_KM for other in hint.names))
        else:
            close = tuple(name for name in [*names] if name in hint.spot.entry.municipalities)
            if not close and hint.province:
                close, _ = _narrowed(names, others, {hint.province})
        names = close or names
    return names


def _in_areas(areas: Sequence[_Place], places: Sequence[_Place]) -> PlaceReading:
    """Only a province or a valley is said, perhaps with a town one step less sure inside it."""
    allowed = {name for area in areas for name in area.spot.entry.municipalities}
    provinces = {area.province for area in areas if area.province}
    for level in range(5, 0, -1):
        inside = [
            place
            for place in places
            if place.is_town and place.role.level == level and any(_fits(name, allowed, provinces) for name in place.names)
        ]
        if inside:
            return _among_towns(inside, places)
    valleys = [area for area in areas if area.spot.entry.kind is Kind.AREA]
    names = dict.fromkeys(name for area in valleys for name in area.spot.entry.municipalities)
    return _nothing(candidates=names, province=_only(provinces))


def _fits(name: str, allowed: set[str], provinces: set[str]) -> bool:
    return name in allowed or get_gazetteer().province_of[name] in provinces


def _asked(places: Sequence[_Place], everything: Sequence[_Place]) -> PlaceReading:
    """What can only be asked about: towns nearby with their neighbours, a future home, a name in passing."""
    names: dict[str, None] = {}
    for place in places:
        found = _with_hints(place, [hint for hint in everything if hint.is_hint])
        names.update(dict.fromkeys(found))
        if place.role is Role.NEAR and len(found) == 1:
            names.update(dict.fromkeys(_neighbours(found[0])))
    return _nothing(candidates=names, province=_only(place.province for place in everything if place.is_hint and place.province))


def _only(provinces: Iterable[str | None]) -> str | None:
    """The province, if there is one and no other."""
    found = {province for province in provinces if province}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=512)
def _neighbours(name: str) -> tuple[str, ...]:
    others = (entry.name for entry in get_knowledge().municipalities if entry.name != name)
    return tuple(sorted(others, key=lambda other: _distance(name, other))[:_NEIGHBOURS])


def _distance(one: str, other: str) -> float:
    """Kilometres as the crow flies."""
    towns = get_knowledge().by_municipality
    a, b = towns[one], towns[other]
    dlat, dlon = radians(b.lat - a.lat), radians(b.lon - a.lon)
    chord = sin(dlat / 2) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(dlon / 2) ** 2
    return 2 * 6371 * asin(sqrt(chord))

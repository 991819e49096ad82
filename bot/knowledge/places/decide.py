"""The decision: which of the places of a message is where the person lives, or what is to be asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.knowledge.places.cues import Role
from bot.knowledge.places.distance import kilometres, neighbours
from bot.knowledge.places.evidence import Place, narrowed
from bot.knowledge.places.gazetteer import Kind, get_gazetteer

_NEAR_KM = 15.0
_LIVED_IN = (Role.DOMICILE, Role.HOME, Role.RESIDENCE)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A municipality, or candidates, or that the person lives outside; with the province that is known or spoken of."""

    municipality: str | None = None
    candidates: tuple[str, ...] = ()
    province: str | None = None
    outside: bool = False


def decide(places: Sequence[Place], *, bare: bool, here: bool) -> Answer:
    """The answer that the strongest places give; those that do not count at all are left out.

    `bare`: nothing else is said. `here`: the person says to live "here", which no papers from elsewhere contradict.
    """
    places = [place for place in places if place.role.level >= 0]
    hints = [place for place in places if place.is_hint]
    for level in range(Role.DOMICILE.level, 0, -1):
        towns = [place for place in places if place.role.level == level and _counts(place, bare=bare)]
        areas = [place for place in hints if place.role.level == level]
        if towns and here and all(place.elsewhere and place.role is Role.RESIDENCE for place in towns):
            return Answer()
        if towns:
            return _among_towns(towns, places)
        if areas:
            return _in_areas(areas, places)
    asked = [place for place in places if place.is_town]
    if asked:
        return _asked(asked, hints)
    return _in_areas(hints, places) if hints else Answer()


def _counts(place: Place, *, bare: bool) -> bool:
    """Whether a place can decide. "Vengo dal Marocco" is no home; a country counts where the person lives there."""
    if place.spot.entry.kind is Kind.ABROAD:
        return place.role in _LIVED_IN or (bare and place.role is Role.NEUTRAL)
    return place.is_town or (place.elsewhere and not place.is_hint)


def _among_towns(towns: Sequence[Place], places: Sequence[Place]) -> Answer:
    groups = _different(towns, places)
    names = [name for group in groups for name in group]
    if not names:
        return Answer(outside=not all(place.unsure for place in towns))
    unsure = any(place.unsure and not _is_confirmed(place, places) for place in towns if not place.elsewhere)
    if len(names) == 1 and len(groups) == 1 and not unsure:
        return Answer(municipality=names[0], province=get_gazetteer().province_of[names[0]])
    spoken = _only(place.province for place in places)
    return Answer(candidates=tuple(dict.fromkeys(names)), province=spoken)


def _different(towns: Sequence[Place], places: Sequence[Place]) -> list[tuple[str, ...]]:
    """The municipalities meant by each place that is not only another word for one before ("Torino, alla Falchera").

    An empty one lies elsewhere. A post code that contradicts the names is left out: it is old, or mistyped.
    """
    groups: list[tuple[str, ...]] = []
    for place in sorted(towns, key=lambda place: place.spot.is_cap):
        names = () if place.elsewhere else _with_hints(place, places)
        same = next((i for i, group in enumerate(groups) if set(group) & set(names)), None)
        if same is not None:
            groups[same] = tuple(name for name in groups[same] if name in names)
        elif not (place.spot.is_cap and groups):
            groups.append(names)
    return groups


def _with_hints(place: Place, places: Sequence[Place]) -> tuple[str, ...]:
    """The municipalities of a place that agree with the provinces, valleys and neighbours spoken of."""
    names = place.names
    for hint in places:
        if hint is place:
            continue
        if hint.is_hint:
            names = _inside(names, place.spot.entry.others, hint) or names
        elif hint.role is Role.NEAR:
            names = _close_to(names, hint.names)
    return names


def _close_to(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some municipalities that are near others: within reach, or much nearer than the rest."""
    if not others or len(names) < 2:
        return names
    far = {name: min(kilometres(name, other) for other in others) for name in names}
    first, second, *_ = sorted(far.values())
    limit = first if _NEAR_KM < first < 2 * _NEAR_KM and second > 2 * first else _NEAR_KM
    return tuple(name for name in names if far[name] <= limit) or names


def _inside(names: Sequence[str], others: Sequence[str], hint: Place) -> tuple[str, ...]:
    inside = tuple(name for name in names if name in hint.spot.entry.municipalities)
    if not inside and hint.province:
        inside, _ = narrowed(names, others, {hint.province})
    return inside


def _is_confirmed(place: Place, places: Sequence[Place]) -> bool:
    """Whether a province, valley or post code says the same as a name that alone would be doubtful."""
    for other in places:
        if other.is_hint and any(_fits(name, other) for name in place.names):
            return True
        if other is not place and other.spot.is_cap != place.spot.is_cap and set(other.names) & set(place.names):
            return True
    return False


def _fits(name: str, hint: Place) -> bool:
    return name in hint.spot.entry.municipalities or get_gazetteer().province_of[name] == hint.province


def _in_areas(areas: Sequence[Place], places: Sequence[Place]) -> Answer:
    """Only a province or a valley is said, perhaps with a town one step less sure inside it."""
    for level in range(Role.DOMICILE.level, 0, -1):
        towns = [place for place in places if place.is_town and place.role.level == level]
        inside = [place for place in towns if any(_fits(name, area) for name in place.names for area in areas)]
        if inside:
            return _among_towns(inside, places)
    valleys = [area for area in areas if area.spot.entry.kind is Kind.AREA]
    names = dict.fromkeys(name for valley in valleys for name in valley.spot.entry.municipalities)
    return Answer(candidates=tuple(names), province=_only(area.province for area in areas))


def _asked(places: Sequence[Place], hints: Sequence[Place]) -> Answer:
    """What can only be asked about: towns nearby with their neighbours, a future home, a name in passing."""
    names: dict[str, None] = {}
    for place in places:
        names.update(dict.fromkeys(_with_hints(place, hints)))
    for place in places:
        if place.role is Role.NEAR and len(place.names) == 1:
            names.update(dict.fromkeys(neighbours(place.names[0])))
    return Answer(candidates=tuple(names), province=_only(hint.province for hint in hints))


def _only(provinces: Iterable[str | None]) -> str | None:
    """The province, if there is one and no other."""
    found = {province for province in provinces if province}
    return found.pop() if len(found) == 1 else None

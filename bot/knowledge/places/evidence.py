"""What each place of a message says about where the person lives: its municipalities, narrowed by what stands beside it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.knowledge.places.context import is_bare
from bot.knowledge.places.cues import Role
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind, Strength, get_gazetteer, words_of
from bot.knowledge.places.spots import Spot
from bot.knowledge.places.words import is_italian

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
_TAIL_LINKS = frozenset("di d de del della dell dei degli delle sul sulla".split())
_HAMLET_NOUNS = (["frazione"], ["borgata"], ["localita"], ["rione"], ["quartiere"])


@dataclass(frozen=True, kw_only=True)
class Place:
    """A spot with what the sentence says about it."""

    spot: Spot
    role: Role
    names: tuple[str, ...]
    # Good for a question only: a guess, or a name at home elsewhere too.
    unsure: bool
    province: str | None
    # Known not to be in Piedmont.
    elsewhere: bool

    @property
    def is_town(self) -> bool:
        """Whether it may be where somebody lives, in Piedmont."""
        return bool(self.names) and self.spot.entry.kind in (Kind.TOWN, Kind.HAMLET)

    @property
    def is_hint(self) -> bool:
        """Whether it only narrows down: a province, a valley."""
        return self.spot.entry.kind in (Kind.AREA, Kind.PROVINCE)


def places_of(
    frame: Frame, roles: Sequence[Role], codes: dict[int, str], elsewhere: Collection[int], *, expected: bool
) -> list[Place]:
    """The places of a message; those that only explain their neighbour are joined to it."""
    places = []
    for k, role in enumerate(roles):
        entry = frame.spots[k].entry
        code = codes.get(k)
        names, told = narrowed(entry.municipalities, entry.others, {code} if code else set())
        bare = (
            role is Role.NEUTRAL
            and not expected
            and entry.strength is Strength.ASKED
            and not frame.streets
            and is_bare(frame, k)
        )
        places.append(
            Place(
                spot=frame.spots[k],
                role=role,
                names=names,
                unsure=(entry.unsure or bare or _goes_on(frame, k)) and not told,
                province=code or entry.province,
                elsewhere=k in elsewhere or (entry.kind in (Kind.OUTSIDE, Kind.ABROAD) and not (code and names)),
            )
        )
    return _joined(frame, places)


def narrowed(names: Sequence[str], others: Sequence[str], provinces: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """The municipalities that lie in one of the provinces spoken of, and whether that told something."""
    if not provinces:
        return tuple(names), False
    province_of = get_gazetteer().province_of
    for group in (names, others):
        inside = tuple(name for name in group if province_of[name] in provinces)
        if inside:
            return inside, True
    return tuple(names), False


def _is_short(frame: Frame, spot: Spot) -> bool:
    """Whether it is not the full name of a municipality."""
    written = "".join(token.text for token in frame.tokens[spot.first : spot.last] if token.is_word)
    names = spot.entry.municipalities
    return len(names) != 1 or written != "".join(words_of(names[0]))


def _goes_on(frame: Frame, k: int) -> bool:
    """Whether a short name is followed by words that may make it another's: "Rivalta sul Naviglio"."""
    spot = frame.spots[k]
    rest = frame.tokens[spot.last : spot.last + 2]
    if (
        spot.is_cap
        or not _is_short(frame, spot)
        or any(other.first in (spot.last, spot.last + 1) for other in frame.spots)
    ):
        return False
    if len(rest) > 1 and rest[0].text in _TAIL_LINKS and rest[1].is_word:
        return rest[1].is_capital or not is_italian(rest[1].text)
    shouted = all(token.raw.isupper() for token in frame.tokens if token.is_word)
    name = bool(rest) and rest[0].is_word and rest[0].is_capital and len(rest[0].text) > 2
    return name and not shouted and not is_italian(rest[0].text)


def _joined(frame: Frame, places: list[Place]) -> list[Place]:
    """The places, after "Rivoli, Torino" and "San Rocco di Bernezzo" have become one each."""
    joined: list[Place] = []
    for k, place in enumerate(places):
        if not joined:
            joined.append(place)
            continue
        gap = frame.between(k - 1, k).split()
        if (one := _as_one(frame, k, gap, joined[-1], place)) is not None:
            joined[-1] = one
        else:
            joined.append(place)
    return joined


def _as_one(frame: Frame, k: int, gap: list[str], previous: Place, place: Place) -> Place | None:
    if _is_elsewhere_by(frame, gap, previous, place):
        return replace(previous, names=(), elsewhere=True)
    if not (previous.is_town and place.is_town) or previous.spot.is_cap or place.spot.is_cap or previous.role.level < 0:
        return None
    code = _CAPITALS.get(place.names[0])
    if code and set(gap) <= {",", "(", "-", "provincia", "di", "in"} and not set(previous.names) & set(place.names):
        names, told = narrowed(previous.names, previous.spot.entry.others, {code})
        if told:
            return replace(previous, names=names, unsure=False)
    if _is_hamlet_of(frame, k, gap, previous, place):
        return replace(place, role=max((previous.role, place.role), key=lambda role: role.level))
    return None


def _is_elsewhere_by(frame: Frame, gap: list[str], previous: Place, place: Place) -> bool:
    """Whether a region or country behind a short name says that it is another town: "Nizza, in Francia"."""
    if not (previous.is_town and place.elsewhere) or previous.spot.is_cap:
        return False
    return set(gap) <= {",", "in", "(", "nel", "nella", "-", "provincia", "di"} and _is_short(frame, previous.spot)


def _is_hamlet_of(frame: Frame, k: int, gap: list[str], previous: Place, place: Place) -> bool:
    """Whether the place before is a hamlet that we do not know, of this one."""
    if set(previous.names) & set(place.names):
        return False
    if gap[:1] == [","]:
        gap = gap[1:]
    if gap not in (["di"], ["d"], ["frazione", "di"], ["comune", "di"], ["nel", "comune", "di"], ["a"], []):
        return False
    told = frame.before(k - 1).split()[-1:] in _HAMLET_NOUNS
    return told or (len(previous.names) > 1 and gap not in ([], ["a"]))

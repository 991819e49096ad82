"""Every name a place of Piedmont goes by, and the names of places elsewhere, by how they are written.

Names are compared as one run of letters, so that spaces, hyphens, apostrophes and accents cannot matter.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bot.knowledge.files import KnowledgeError, Texts, from_knowledge, known_texts
from bot.knowledge.load import Knowledge, get_knowledge, read_yaml
from bot.knowledge.model import PROVINCE_NAMES, Municipality
from bot.knowledge.places.tokens import tokenize
from bot.knowledge.spelling import fold

FILE = "places.yml"
SAINTS = frozenset({"san", "sant", "santo", "santa", "s", "st", "ss", "sta"})
LINKS = frozenset(
    "di d de del dello della dell delle dei degli da dal a al alla in nel nell sul sulla su sopra presso con e la le il lo".split()
)
_NO_HEADS = frozenset("san sant santo santa la le val villar valle alto alta rio monte".split())


class Kind(Enum):
    """What a name stands for."""

    TOWN = "town"
    HAMLET = "hamlet"
    AREA = "area"
    PROVINCE = "province"
    OUTSIDE = "outside"
    ABROAD = "abroad"


class Strength(Enum):
    """How much of a place the name is without help: an ordinary word needs a sentence that makes it one."""

    NAME = "name"
    BARE = "bare"
    ASKED = "asked"
    WORD = "word"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a name means. `others` are the further municipalities it would mean if a province said so."""

    kind: Kind
    municipalities: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    province: str | None = None
    strength: Strength = Strength.NAME
    official: bool = False
    # Better asked back even when it is one: the name is at home elsewhere too, or was only guessed.
    unsure: bool = False


@dataclass(frozen=True)
class Gazetteer:
    """The names by key, and into which words they are divided; post codes; phrases that are never a place."""

    names: Mapping[str, Entry]
    splits: frozenset[tuple[str, ...]]
    caps: Mapping[str, tuple[str, ...]]
    never: frozenset[str]
    first_names: frozenset[str]
    not_misspelt: frozenset[str]
    frequent: tuple[str, ...]
    province_of: Mapping[str, str]
    longest: int


def key(words: Iterable[str]) -> str:
    """One run of letters."""
    return "".join(words)


def words_of(name: str) -> list[str]:
    """The folded words of a name."""
    return [token.text for token in tokenize(name) if token.is_word or token.is_number]


def loose_keys(words: list[str]) -> Iterator[str]:
    """Further spellings under which several words are looked up: any saint as any other, links left out."""
    if len(words) < 2:
        return
    saintly = ["§" if word in SAINTS else word for word in words[:-1]] + words[-1:]
    yield key(saintly)
    bare = [word for word in saintly if word not in LINKS]
    if len(bare) > 1:
        yield key(bare)


def _variants(words: list[str]) -> Iterator[list[str]]:
    """A name and the ways its tail is exchanged in speech: "Mombello Torinese" for "Mombello di Torino"."""
    yield words
    tails = {
        ("torinese",): [["di", "torino"]],
        ("di", "torino"): [["torinese"]],
        ("d", "alba"): [["albese"]],
        ("d", "asti"): [["astigiano"], ["astigiana"]],
        ("biellese",): [["di", "biella"]],
        ("vercellese",): [["di", "vercelli"]],
        ("novarese",): [["di", "novara"]],
        ("don", "bosco"): [["donbosco"]],
        ("saluzzo",): [["di", "saluzzo"]],
        ("mondovi",): [["di", "mondovi"]],
        ("di", "mondovi"): [["mondovi"]],
        ("sesia",): [["in", "valsesia"], ["valsesia"]],
        ("valsesia",): [["sesia"]],
        ("sul", "po"): [["po"]],
        ("po",): [["sul", "po"]],
        ("sopra", "ticino"): [["ticino"], ["sul", "ticino"]],
    }
    for size in (1, 2):
        for tail in tails.get(tuple(words[-size:]), []):
            if len(words) > size:
                yield [*words[:-size], *tail]


def _heads(words: list[str]) -> Iterator[list[str]]:
    """The beginnings of a longer name that people make do with: "Castelnuovo", "San Giorgio"."""
    for size in range(1, len(words)):
        head = words[:size]
        if head[-1] not in LINKS and head[-1] not in _NO_HEADS and len(key(head)) > 2:
            yield head


class _Builder:
    """Collects what each key can mean, then settles who wins."""

    def __init__(self, data: Mapping[str, Any], municipalities: Iterable[Municipality]) -> None:
        self.data = data
        self.municipalities = tuple(municipalities)
        self.province_of = {entry.name: str(entry.province) for entry in self.municipalities}
        self.found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.splits: set[tuple[str, ...]] = set()
        lists = ("counts_when_bare", "asked_when_bare", "everyday_words", "shared_with_elsewhere")
        self.listed = {group: {key(words_of(name)) for name in data[group]} for group in lists}

    def build(self) -> Gazetteer:
        self._collect()
        names = {**self._outside(), **self._areas(), **self._towns()}
        for spelling, entry in {**self._outside(strong_only=True), **self._provinces()}.items():
            # "Livorno" is the town in Tuscany, although Livorno Ferraris begins so.
            if entry.kind is Kind.PROVINCE or spelling not in names or not names[spelling].official:
                names[spelling] = self._beside(names.get(spelling), entry)
        return Gazetteer(
            names=names,
            splits=frozenset(self.splits),
            caps=self._caps(),
            never=frozenset(key(words_of(name)) for name in self.data["never_places"]),
            first_names=frozenset(self.data["first_names"]),
            not_misspelt=frozenset(fold(word) for word in self.data["not_misspelt"])
            | frozenset(self.data["first_names"]),
            frequent=tuple(fold(word) for word in self.data["frequent_words"]),
            province_of=self.province_of,
            longest=max(map(len, names)),
        )

    @staticmethod
    def _beside(known: Entry | None, entry: Entry) -> Entry:
        if known and known.kind in (Kind.TOWN, Kind.HAMLET) and entry.kind is Kind.OUTSIDE:
            return replace(entry, others=known.municipalities + known.others)
        return entry

    def _collect(self) -> None:
        for entry in self.municipalities:
            words = words_of(entry.name)
            for i, variant in enumerate(_variants(words)):
                self._note(variant, "official" if i == 0 else "variant", [entry.name])
            for head in _heads(words):
                self._note(head, "head", [entry.name], loose=False)
        for group in ("short_names", "former_names", "dialect_names", "hamlets"):
            for name, spellings in self.data[group].items():
                for spelling in spellings:
                    self._note(words_of(spelling), group, [name])

    def _note(self, words: list[str], group: str, names: list[str], *, loose: bool = True) -> None:
        self.splits.add(tuple(words))
        for spelling in dict.fromkeys([key(words), *loose_keys(words)]):
            if spelling == key(words) or loose or "§" in spelling:
                bucket = self.found[spelling][group if spelling == key(words) else f"loose {group}"]
                bucket.extend(name for name in names if name not in bucket)

    def _towns(self) -> dict[str, Entry]:
        return {spelling: self._settled(spelling, groups) for spelling, groups in self.found.items()}

    def _settled(self, spelling: str, groups: Mapping[str, list[str]]) -> Entry:
        def named(*wanted: str) -> list[str]:
            return list(dict.fromkeys(name for group in wanted for name in groups.get(group, [])))

        exact = named("official", "short_names", "former_names", "dialect_names", "hamlets")
        # A town people mean by the short name beats the others that only begin so; hamlets do not.
        known = named("official", "short_names", "former_names", "dialect_names")
        heads = named("head", "hamlets")
        meant = known if known else heads
        if known and groups.get("hamlets"):
            meant = exact
        loose = named("variant", *(group for group in groups if group.startswith("loose")))
        meant = meant or loose
        return Entry(
            kind=Kind.TOWN if groups.keys() - {"hamlets", "loose hamlets"} else Kind.HAMLET,
            municipalities=tuple(meant),
            others=tuple(name for name in [*exact, *heads, *loose] if name not in meant),
            strength=self._strength(spelling),
            official="official" in groups or "short_names" in groups or "former_names" in groups,
            unsure=spelling in self.listed["shared_with_elsewhere"] and "official" not in groups,
        )

    def _strength(self, spelling: str) -> Strength:
        if spelling in self.listed["counts_when_bare"]:
            return Strength.BARE
        if spelling in self.listed["asked_when_bare"]:
            return Strength.ASKED
        return Strength.WORD if spelling in self.listed["everyday_words"] else Strength.NAME

    def _areas(self) -> dict[str, Entry]:
        areas = {}
        for area in self.data["areas"]:
            for name in area["names"]:
                words = words_of(name)
                self.splits.add(tuple(words))
                # "albese", "novese" are adjectives first.
                adjective = len(words) == 1 and words[0].endswith(("ese", "ano", "cusio", "verbano"))
                areas[key(words)] = Entry(
                    kind=Kind.AREA,
                    municipalities=tuple(area["municipalities"]),
                    province=area.get("province"),
                    strength=Strength.WORD if adjective else Strength.NAME,
                )
        return areas

    def _provinces(self) -> dict[str, Entry]:
        provinces = {}
        for code, name in PROVINCE_NAMES.items():
            for spelling in (f"provincia di {name}", f"provincia {name}", f"provincia di {code}", f"provincia {code}"):
                provinces[self._split(spelling)] = Entry(kind=Kind.PROVINCE, province=code)
        for spelling, code in self.data["provinces"].items():
            strength = Strength.WORD if spelling.endswith(("ese", "ano")) else Strength.NAME
            provinces[self._split(spelling)] = Entry(kind=Kind.PROVINCE, province=code or None, strength=strength)
        return provinces

    def _split(self, spelling: str) -> str:
        words = words_of(spelling)
        self.splits.add(tuple(words))
        return key(words)

    def _outside(self, *, strong_only: bool = False) -> dict[str, Entry]:
        outside = self.data["outside"]
        weak = {key(words_of(name)) for name in outside["weak"]}
        found: dict[str, Entry] = {}
        for group in ("provinces",) if strong_only else ("abroad", "regions", "towns", "provinces"):
            for name in outside[group]:
                words = words_of(name)
                self.splits.add(tuple(words))
                kind = Kind.ABROAD if group in ("abroad", "regions") else Kind.OUTSIDE
                spellings = [key(words), *loose_keys(words)]
                if group == "provinces":
                    found.update((f"provincia{link}{key(words)}", Entry(kind=Kind.OUTSIDE)) for link in ("di", ""))
                    self.splits.update(("provincia", *link, *words) for link in ((), ("di",)))
                for spelling in spellings:
                    strength = Strength.WORD if spelling in weak else Strength.NAME
                    found[spelling] = Entry(kind=kind, strength=strength, official=group == "provinces")
        return found

    def _caps(self) -> dict[str, tuple[str, ...]]:
        caps: dict[str, tuple[str, ...]] = {}
        for entry in self.municipalities:
            for cap in entry.cap:
                caps[cap] = (*caps.get(cap, ()), entry.name)
        for cap, name in self.data["former_caps"].items():
            caps.setdefault(str(cap), (name,))
        return caps


@from_knowledge()
def get_gazetteer() -> Gazetteer:
    """The names known to this process, read once."""
    return read_gazetteer(known_texts(), get_knowledge())


def read_gazetteer(texts: Texts, knowledge: Knowledge) -> Gazetteer:
    """The names that these files hold.

    Raises `KnowledgeError` when a list is missing or has another shape than it should.
    """
    try:
        return _Builder(read_yaml(texts, FILE), knowledge.municipalities).build()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise KnowledgeError(f"{FILE}: {error!r}") from None

"""Where in a message place names stand, before anybody asks what they are to the person."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.knowledge.places.gazetteer import LINKS, SAINTS, Entry, Kind, Strength, get_gazetteer
from bot.knowledge.places.misspelt import guess, is_misspelling_of_a_word
from bot.knowledge.places.tokens import Token
from bot.knowledge.places.words import is_italian

_LONGEST_NAME = 7
_JOINTS = frozenset({".", "-", "/"})
# Before a number: an amount, a code or a telephone, no post code.
_AMOUNTS = frozenset(
    "isee reddito stipendio guadagno guadagnavo prendo prendevo euro codice matricola pratica protocollo tel telefono cell cellulare "
    "numero fattura iban anno legge art articolo ral lordo lordi netti netto circa quasi totale pin otp ticket".split()
)
_UNITS = frozenset("euro eur lire km ore metri mq abitanti persone".split()) | {"€", "%", "$"}
_PLACE_PREPOSITIONS = frozenset("a ad da di d in".split())
_HOME_WORD = re.compile(
    r"(?:abi|vivo$|vive$|vivi|sto$|sta$|stiamo$|stanno$|sono$|siamo$|resid|risied|domic|vengo$|scrivo$|chiamo$|trasferit|casa$|comune$|nat[oaie]$|"
    r"stare$|paese$|citta$|frazione$|zona$|quartiere$|provincia$|stav|anzi$|domiciglia)"
)
GREETINGS = frozenset(
    "buongiorno salve ciao buonasera grazie si ok io a ad di da in il la per comune citta paese e mi sono".split()
)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A name at tokens `first` to `last` (not included), and what it may mean."""

    first: int
    last: int
    entry: Entry
    is_cap: bool = False
    misspelt: bool = False


def find_spots(tokens: Sequence[Token]) -> list[Spot]:
    """All spots, in order and without overlaps; the longest name at each place wins."""
    spots: list[Spot] = []
    silent: set[int] = set()
    i = 0
    while i < len(tokens):
        used, spot = _spot_at(tokens, i)
        if spot:
            spots.append(spot)
        elif used > 1:
            silent.update(range(i, i + used))
        i += used
    spots = _apart([_lengthened(tokens, spot, spots) for spot in spots])
    misspelt = list(_misspelt_spots(tokens, spots, silent))
    spots = [
        spot for spot in spots if not any(other.first < spot.last and spot.first < other.last for other in misspelt)
    ]
    return sorted([*spots, *misspelt], key=lambda spot: spot.first)


def _apart(spots: Sequence[Spot]) -> list[Spot]:
    """The spots without those that begin inside the one before."""
    apart: list[Spot] = []
    for spot in spots:
        if not apart or spot.first >= apart[-1].last:
            apart.append(spot)
    return apart


def _lengthened(tokens: Sequence[Token], spot: Spot, spots: Sequence[Spot]) -> Spot:
    """The same spot, or the longer name that it begins when the rest is misspelt: "settimo torineze"."""
    if spot.is_cap or not (spot.entry.municipalities or spot.entry.others) or spot.entry.kind is Kind.AREA:
        return spot
    firm = {other.first for other in spots if other.entry.strength is not Strength.WORD}
    for last, words in reversed(list(_windows(tokens, spot.first))):
        rest = range(spot.last, last)
        if not 0 < len(rest) < 4 or (rest[0] in firm) or not tokens[last - 1].is_word or words[-1] in LINKS:
            continue
        found = guess("".join(words)) if sum(map(len, words)) > 8 else None
        same = found and set(found.entry.municipalities) <= set(spot.entry.municipalities + spot.entry.others)
        if not found or len(found.entry.municipalities) != 1:
            continue
        if found.entry.municipalities == spot.entry.municipalities and (is_italian(words[-1]) or len(words[-1]) < 4):
            continue
        if found.edits <= 1 or (same and not is_italian(words[-1])):
            return Spot(first=spot.first, last=last, entry=found.entry, misspelt=True)
    return spot


def _spot_at(tokens: Sequence[Token], i: int) -> tuple[int, Spot | None]:
    """How many tokens are used up from here, and the place they name, if they do."""
    if cap := _cap_at(tokens, i):
        return 1, cap
    gazetteer = get_gazetteer()
    for last, words in reversed(list(_windows(tokens, i))):
        if "".join(words) in gazetteer.never:
            return last - i, None
        entry = _look_up(words)
        if entry:
            return last - i, Spot(first=i, last=last, entry=entry)
    return 1, None


def _windows(tokens: Sequence[Token], i: int) -> Iterator[tuple[int, list[str]]]:
    """The growing runs of words from a position, over the signs that may stand inside a name."""
    words: list[str] = []
    for j in range(i, min(len(tokens), i + 2 * _LONGEST_NAME)):
        token = tokens[j]
        if token.text in _JOINTS and words and _joins(tokens, j):
            continue
        if not token.is_word and not (token.is_number and words and len(token.text) < 3):
            return
        words.append(token.text)
        if len(words) > _LONGEST_NAME:
            return
        yield j + 1, words.copy()


def _joins(tokens: Sequence[Token], j: int) -> bool:
    """Whether a sign stands inside a name: a hyphen, or the dot of an abbreviation."""
    return tokens[j].text in {"-", "/"} or (len(tokens[j - 1].text) < 5 and tokens[j - 1].end == tokens[j].start)


def _look_up(words: Sequence[str]) -> Entry | None:
    gazetteer = get_gazetteer()
    entry = gazetteer.names.get("".join(words))
    if entry and (len(words) == 1 or tuple(words) in gazetteer.splits or _may_be_split(words)):
        return entry
    if len(words) == 1 or words[0] in LINKS - {"la"} or words[-1] in LINKS:
        return None
    saintly = ["§" if word in SAINTS else word for word in words[:-1]] + list(words[-1:])
    if "§" in saintly and (entry := gazetteer.names.get("".join(saintly))):
        return entry
    bare = [word for word in saintly if word not in LINKS]
    return gazetteer.names.get("".join(bare)) if 1 < len(bare) < len(words) else None


def _may_be_split(words: Sequence[str]) -> bool:
    """Whether words may be one name torn apart ("borgo sesia"), not two that meet by chance ("re ano")."""
    ends = len(words[0]) > 2 and len(words[-1]) > 2
    return ends and all(len(word) > 2 or word in LINKS for word in words[1:-1]) and sum(map(len, words)) > 7


def _cap_at(tokens: Sequence[Token], i: int) -> Spot | None:
    """The post code at a position. A number beside another, of money or of a law is none."""
    token = tokens[i]
    if not token.is_number or len(token.text) != 5 or _is_amount(tokens, i):
        return None
    gazetteer = get_gazetteer()
    if names := gazetteer.caps.get(token.text):
        # 18025 is shared with towns of Liguria, which are not in our list.
        shared = token.text[:2] not in {"10", "12", "13", "14", "15", "28"}
        return Spot(first=i, last=i + 1, entry=Entry(kind=Kind.TOWN, municipalities=names, unsure=shared), is_cap=True)
    if token.text[:2] in {"10", "12", "13", "14", "15", "28"}:
        return None
    known = any(t.text in {"cap", "postale"} for t in tokens[max(0, i - 3) : i]) or len(tokens) < 4
    return Spot(first=i, last=i + 1, entry=Entry(kind=Kind.OUTSIDE, unsure=not known), is_cap=True)


def _is_amount(tokens: Sequence[Token], i: int) -> bool:
    before = [token for token in tokens[max(0, i - 4) : i] if token.text not in {".", ":"}]
    if any(token.text in {"cap", "postale"} for token in before):
        return False
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    return (
        any(token.text in _AMOUNTS | {"€", "+", "n"} for token in before)
        or bool(before and before[-1].is_number and tokens[i - 1].text not in {",", "\n"})
        or bool(
            after and (after.text in _UNITS or after.is_number or (after.text in {".", ","} and _is_decimal(tokens, i)))
        )
    )


def _is_decimal(tokens: Sequence[Token], i: int) -> bool:
    return i + 2 < len(tokens) and tokens[i + 2].is_number and tokens[i + 2].start == tokens[i].end + 1


def _misspelt_spots(tokens: Sequence[Token], spots: Sequence[Spot], silent: set[int]) -> Iterator[Spot]:
    """Names with typing errors among the words that nothing else explains."""
    # "canavese" may be the second half of a misspelt name.
    firm = [spot for spot in spots if spot.entry.kind not in (Kind.AREA, Kind.PROVINCE) or not is_weak(spot)]
    taken = silent | {i for spot in firm for i in range(spot.first, spot.last)}
    known = {(spot.first, spot.last) for spot in spots}
    ends = {spot.last: spot.first for spot in firm if not spot.is_cap}
    i = 0
    while i < len(tokens):
        spot = None if i in taken else _misspelt_before(tokens, i, ends) or _misspelt_at(tokens, i, taken, known)
        if spot:
            yield spot
        i = spot.last if spot else i + 1


def _misspelt_at(tokens: Sequence[Token], i: int, taken: set[int], known: set[tuple[int, int]]) -> Spot | None:
    for last, words in reversed(list(_windows(tokens, i))[:5]):
        if (
            (i, last) in known
            or any(j in taken for j in range(i, last))
            or words[0] in LINKS - {"la"}
            or words[-1] in LINKS
        ):
            continue
        entry = _guess(words, led=_is_led_to(tokens, i)) if _is_where_a_place_stands(tokens, i, last) else None
        if entry and tokens[i - 1].text == "in" and i and not tokens[i].is_capital:
            # "vivo in collegio" is no slip for Collegno.
            entry = replace(entry, unsure=True)
        if entry:
            return Spot(first=i, last=last, entry=entry, misspelt=True)
    return None


def _misspelt_before(tokens: Sequence[Token], i: int, ends: Mapping[int, int]) -> Spot | None:
    """The longer name that ends in one already found: "buttigliara d'asti"."""
    for last, words in list(_windows(tokens, i))[1:5]:
        if (
            last not in ends
            or not i < ends[last]
            or words[0] in LINKS
            or len(words[0]) < 3
            or words[0] in get_gazetteer().frequent
        ):
            continue
        spelling = "".join(words)
        found = guess(spelling) if len(spelling) > 8 and _is_where_a_place_stands(tokens, i, last) else None
        if found and found.entry.municipalities and (found.edits <= 1 or not is_italian(words[0])):
            return Spot(first=i, last=last, entry=found.entry, misspelt=True)
    return None


def _guess(words: Sequence[str], *, led: bool) -> Entry | None:
    spelling = "".join(words)
    single = len(words) == 1
    if all(is_italian(word) or word in LINKS or word in SAINTS for word in words) and not (led and single):
        return None
    if words[0] in get_gazetteer().not_misspelt or is_misspelling_of_a_word(tuple(words)):
        return None
    if len(spelling) < (4 if single else 9):
        return None
    found = guess(spelling, bold=True)
    if found and single and is_italian(spelling):
        # A real word after "abito a" may still be a slip: asked, and only where a single edit explains it.
        return replace(found.entry, unsure=True) if found.edits == 1 and len(spelling) > 6 else None
    return found.entry if found else None


def _is_led_to(tokens: Sequence[Token], i: int) -> bool:
    """Whether "abito a" or the like stands before a word, which can then hardly be anything but a place."""
    if i < 2 or tokens[i - 1].text not in _PLACE_PREPOSITIONS:
        return False
    return any(_HOME_WORD.match(token.text) for token in tokens[max(0, i - 4) : i - 1])


def _is_where_a_place_stands(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a word that is only nearly a name is worth a guess: said alone, led to, or written as a name inside a sentence."""
    directly = first > 0 and bool(_HOME_WORD.match(tokens[first - 1].text))
    if directly or _is_led_to(tokens, first):
        return True
    if first > 0 and tokens[first].is_capital and tokens[first - 1].is_word:
        return any(token.raw[:1].islower() for token in tokens if token.is_word)
    return all(first <= j < last or token.text in GREETINGS for j, token in enumerate(tokens) if token.is_word)


def is_weak(spot: Spot) -> bool:
    """Whether the name is an ordinary word as well."""
    return spot.entry.strength is not Strength.NAME

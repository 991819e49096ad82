"""Which spots are places at all: not the streets, not the surnames, not the ordinary words; and the provinces said beside them."""

import re
from collections.abc import Sequence

from bot.knowledge.model import PROVINCE_NAMES
from bot.knowledge.places.cues import Role, find_cues
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind, Strength, get_gazetteer
from bot.knowledge.places.spots import Spot
from bot.knowledge.places.tokens import Token

_STREETS = frozenset("via viale corso piazza piazzale piazzetta strada stradale vicolo largo contrada lungodora lungopo corsia traversa galleria".split())
# "corso a Torino" is a lesson, "via da Torino" a farewell, "piazza a Bra" a square there.
_STREET_LINKS = frozenset("di d de del della dell dei degli delle vecchia vecchio nuova provinciale statale comunale antica per vicinale privata".split())
_STREET_END = frozenset("a ad in zona presso frazione borgata localita comune cap scala piano interno int abito vivo lavoro sono e o citta vicino dove ma che con dietro davanti quartiere numero n nr civico".split())
_TITLES = frozenset("signor signora signorina sig dott dottor dottoressa avv geom ing nome cognome chiamo chiama chiamano prof padre don collega".split())

_SIGNS = frozenset({"(", ",", "-", "/", ")", "[", "]"})
_CODES: frozenset[str] = frozenset(code.lower() for code in PROVINCE_NAMES)
_ELSEWHERE_CODES = frozenset(
    "ag an ao ap aq ar av ba bg bl bn bo br bs bt bz ca cb ce ch cl co cr cs ct cz en fc fe fg fi fm fr ge go gr im is kr lc le li lo lt lu mb mc "
    "me mi mn mo ms mt na nu og or pa pc pd pe pg pi pn po pr pt pu pv pz ra rc re rg ri rm rn ro sa si so sp sr ss su sv ta te tn tp tr ts tv ud "
    "va ve vi vr vs vt vv".split()
)
_TAKEN_FOR_WORDS = frozenset({"al", "no", "at", "to", "bi", "vb"})

_HOME_ROLES = frozenset({Role.DOMICILE, Role.HOME, Role.RESIDENCE, Role.FROM, Role.BIRTH, Role.FORMER, Role.RELATIVE, Role.FUTURE, Role.WORK, Role.CENTRE})
_LEADS = frozenset("a ad da di per d ed tra fra".split())
_QUARTER_LEADS = _LEADS | frozenset("in al alla alle allo all ai nel nella nei nelle zona quartiere rione borgata frazione borgo".split())
_PLACE_NOUNS = frozenset("comune citta paese cittadina paesino frazione borgata localita quartiere rione zona".split())
_FILLERS = frozenset(
    "buongiorno salve ciao buonasera buondi grazie mille prego si ok okay allora ecco io a ad di da in il la per favore e mi sono qui comune citta paese "
    "sto abito vivo residente provincia signora sera buona giorno va bene ciaoo salvee certo eh be beh allora sarebbe della del le alle al nel nella "
    "scusi scusa via zona quartiere frazione cap risposta piacere".split()
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
        tokens[last].text in {"bis", "ter", "interno", "scala"} or (tokens[last].start == tokens[last - 1].end and tokens[last].text not in {",", ".", ";"})
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


def without_names(tokens: Sequence[Token], spots: Sequence[Spot]) -> list[Spot]:
    """The spots that are not the name of a person who introduces himself."""
    return [spot for spot in spots if spot.is_cap or not _is_surname(tokens, spot)]


def _is_surname(tokens: Sequence[Token], spot: Spot) -> bool:
    before = [token.text for token in tokens[max(0, spot.first - 3) : spot.first]]
    if not before or not tokens[spot.first - 1].is_word:
        return before[-1:] == [":"] and bool(set(before) & {"nome", "cognome"})
    if before[-1] in get_gazetteer().first_names and (spot.last - spot.first == 1):
        return before[-2:-1] not in (["san"], ["santa"], ["sant"])
    named = next((i for i in range(len(before) - 1, -1, -1) if before[i] in _TITLES), None)
    return named is not None and not set(before[named + 1 :]) & {"e", "di", "da", "abito", "a", "ad", "in", "vivo", "sto"}


def tagged(tokens: Sequence[Token], spots: Sequence[Spot]) -> tuple[dict[int, str], frozenset[int], set[int]]:
    """Provinces written as a code after a spot: by spot, the tokens they take, and the spots that lie elsewhere."""
    codes: dict[int, str] = {}
    hidden: set[int] = set()
    elsewhere: set[int] = set()
    for k, spot in enumerate(spots):
        i = spot.last
        opened = i < len(tokens) and tokens[i].text in _SIGNS
        i += opened
        if i >= len(tokens) or any(other.first == i for other in spots if other.last - other.first == 1 and other.entry.strength is Strength.NAME):
            continue
        code = tokens[i].text
        bracketed = opened and tokens[i - 1].text in {"(", "["}
        if not _is_code(tokens, i, bracketed=bracketed) or spot.entry.kind in (Kind.PROVINCE, Kind.ABROAD):
            continue
        if code in _CODES:
            codes[k] = code.upper()
        elif bracketed or tokens[i].raw.isupper():
            elsewhere.add(k)
        else:
            continue
        closed = i + 1 < len(tokens) and tokens[i + 1].text in {")", "]"} and bracketed
        hidden.update(range(spot.last, i + 1 + closed))
    return codes, frozenset(hidden), elsewhere


def _is_code(tokens: Sequence[Token], i: int, *, bracketed: bool) -> bool:
    """Whether a token is the code of a province: "no", "al" and "to" are words too, unless written as a code."""
    token = tokens[i]
    if token.text not in _CODES | _ELSEWHERE_CODES:
        return False
    if bracketed:
        return i + 1 >= len(tokens) or not tokens[i + 1].is_word
    shouted = all(other.raw.isupper() for other in tokens if other.is_word)
    if token.raw.isupper() and not shouted:
        return True
    ends = i + 1 >= len(tokens) or not (tokens[i + 1].is_word or tokens[i + 1].is_number)
    if token.text not in _CODES or not ends:
        return False
    return token.text not in _TAKEN_FOR_WORDS or (tokens[i - 1].is_word and token.text != "no") or tokens[i - 1].is_number


def framed(tokens: Sequence[Token], spots: Sequence[Spot], streets: Sequence[range], hidden: frozenset[int] = frozenset()) -> Frame:
    """The frame of a message. Of a street it keeps one word, so that the grammar around it stays whole."""
    inside = frozenset(i for street in streets for i in street[1:])
    return Frame(tokens, spots, inside | hidden, frozenset(street.start for street in streets))


def without_words(
    tokens: Sequence[Token], spots: Sequence[Spot], codes: dict[int, str], *, streets: Sequence[range], expected: bool
) -> list[int]:
    """Which spots the sentence makes a place: all proper names, and those ordinary words that it leads to as to a place."""
    frame = framed(tokens, spots, streets)
    return [k for k, spot in enumerate(spots) if spot.entry.strength is Strength.NAME or _is_made_a_place(frame, k, codes, expected=expected)]


def _is_made_a_place(frame: Frame, k: int, codes: dict[int, str], *, expected: bool) -> bool:
    spot = frame.spots[k]
    before = frame.before(k).split()
    if k in codes or _beside_its_cap(frame, k) or _is_inside_next(frame, k):
        return True
    if spot.entry.kind in (Kind.AREA, Kind.PROVINCE):
        if k and frame.between(k - 1, k) == " " and frame.spots[k - 1].entry.kind is Kind.TOWN:
            return True
        return bool(before) and before[-1] in {"nel", "nell", "del", "dell", "basso", "alto", "bassa", "alta", "zona", "il", "l", "dal", "in", "della", "area"}
    if _is_led_to(frame, k, before) or _is_listed(frame, k):
        return True
    return is_bare(frame, k) and (expected or spot.entry.strength in (Strength.BARE, Strength.ASKED))


def is_bare(frame: Frame, k: int) -> bool:
    """Whether the message says nothing but this name and a greeting."""
    rest = [word for word in re.sub(r"<\d+>", "", frame.text).split() if word[0].isalpha() and len(word) > 1]
    return not set(rest) - _FILLERS and all(spot.entry is frame.spots[k].entry for spot in frame.spots)


def _beside_its_cap(frame: Frame, k: int) -> bool:
    names = set(frame.spots[k].entry.municipalities)
    return any(frame.spots[j].is_cap and names & set(frame.spots[j].entry.municipalities) for j in (k - 1, k + 1) if 0 <= j < len(frame.spots))


def _is_inside_next(frame: Frame, k: int) -> bool:
    """Whether the province or valley named right behind is the one it lies in: "Re, in val Vigezzo"."""
    if k + 1 >= len(frame.spots) or not re.match(r"^(?: (?:,|in|nel|nella|nelle|\())* $", frame.between(k, k + 1)):
        return False
    names, area = frame.spots[k].entry.municipalities, frame.spots[k + 1].entry
    province_of = get_gazetteer().province_of
    inside = any(name in area.municipalities or province_of[name] == area.province for name in names)
    return inside and area.kind in (Kind.AREA, Kind.PROVINCE)


def _is_led_to(frame: Frame, k: int, before: list[str]) -> bool:
    """Whether a preposition of place and a verb or noun that asks for one stand before it."""
    if not before:
        return False
    spot = frame.spots[k]
    if before[-1] in _PLACE_NOUNS - {"zona"} or before[-2:] in (["comune", "di"], ["comune", "e"], ["paese", "di"], ["citta", "di"], ["frazione", "di"]):
        return True
    text = frame.before(k)
    cues = find_cues(text)
    cue = cues[-1] if cues else None
    gap = len(text[cue.end :].split()) if cue else 99
    leads = _QUARTER_LEADS if spot.entry.kind is Kind.HAMLET else _LEADS
    led = before[-1] in leads or (before[-1] == "in" and spot.entry.strength is not Strength.WORD)
    if cue and cue.role in _HOME_ROLES and gap <= 3:
        ends_in_lead = cue.text.split()[-1] in leads and gap == 0
        if spot.entry.strength is Strength.WORD:
            said = cue.role is not Role.FROM or len(cue.text.split()) < 3
            return said and (led and gap <= 2 or ends_in_lead) and cue.role not in (Role.WORK, Role.CENTRE)
        return led or ends_in_lead or (gap == 0 and cue.role is not Role.WORK and cue.text.split()[-1] not in _QUARTER_LEADS)
    if cue and led and before[-1] in {"in", "al", "alla", "alle"}:
        return False
    return led and spot.entry.strength is not Strength.WORD and _is_capital_inside(frame, spot)


def _is_capital_inside(frame: Frame, spot: Spot) -> bool:
    """Whether it was written with a capital letter where others were not."""
    return frame.tokens[spot.first].is_capital and any(token.raw[:1].islower() for token in frame.tokens if token.is_word)


def _is_listed(frame: Frame, k: int) -> bool:
    """Whether it stands in a row or a correction with a place that is one without help."""
    if frame.spots[k].entry.strength is Strength.WORD:
        return False
    joint = re.compile(r"^(?: (?:e|o|oppure|ma|anzi|non|no|ed|,|tra|a|ad|di|scusa|scusi|si))+ $")
    for j in (k - 1, k + 1):
        if 0 <= j < len(frame.spots) and frame.spots[j].entry.strength is not Strength.WORD:
            low, high = sorted((j, k))
            if joint.match(frame.between(low, high)):
                return True
    return False

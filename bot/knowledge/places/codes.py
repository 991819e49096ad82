"""The two letters of a province behind the name of a town: "Villanova (AT)", "Rivoli TO"."""

from collections.abc import Sequence

from bot.knowledge.model import PROVINCE_NAMES
from bot.knowledge.places.gazetteer import Kind, Strength
from bot.knowledge.places.spots import Spot
from bot.knowledge.places.tokens import Token

_SIGNS = frozenset({"(", ",", "-", "/", ")", "[", "]"})
_CODES: frozenset[str] = frozenset(code.lower() for code in PROVINCE_NAMES)
_ELSEWHERE_CODES = frozenset(
    "ag an ao ap aq ar av ba bg bl bn bo br bs bt bz ca cb ce ch cl co cr cs ct cz en fc fe fg fi fm fr ge go gr im is kr lc le li lo lt lu mb mc "
    "me mi mn mo ms mt na nu og or pa pc pd pe pg pi pn po pr pt pu pv pz ra rc re rg ri rm rn ro sa si so sp sr ss su sv ta te tn tp tr ts tv ud "
    "va ve vi vr vs vt vv".split()
)
_TAKEN_FOR_WORDS = frozenset({"al", "no", "at", "to", "bi", "vb"})


def tagged(tokens: Sequence[Token], spots: Sequence[Spot]) -> tuple[dict[int, str], frozenset[int], set[int]]:
    """Provinces written as a code after a spot: by spot, the tokens they take, and the spots that lie elsewhere."""
    codes: dict[int, str] = {}
    hidden: set[int] = set()
    elsewhere: set[int] = set()
    for k, spot in enumerate(spots):
        i = spot.last
        opened = i < len(tokens) and tokens[i].text in _SIGNS
        i += opened
        if i >= len(tokens) or any(
            other.first == i
            for other in spots
            if other.last - other.first == 1 and other.entry.strength is Strength.NAME
        ):
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
    return (
        token.text not in _TAKEN_FOR_WORDS or (tokens[i - 1].is_word and token.text != "no") or tokens[i - 1].is_number
    )

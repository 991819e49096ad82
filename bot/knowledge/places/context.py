"""Which spots are places at all: not the surnames, not the ordinary words unless the sentence leads to them."""

import re
from collections.abc import Sequence

from bot.knowledge.places.cues import Cue, Role, find_cues
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind, Strength, get_gazetteer
from bot.knowledge.places.spots import Spot
from bot.knowledge.places.tokens import Token

# What may follow an ordinary word that is a place: "operaio di terzo livello" does not live in Terzo.
_STANDS_FREE = re.compile(
    r"^(?:$| [^\w\s<]| <| (?:e|ed|o|ma|in|da|dal|con|vicino|provincia|per|dove|che|a|ad|nel|nella|sopra|sotto|tra|fra|sono|ho|lavoro|cerco|vorrei|posso|devo|qual|quale|"
    r"come|cosa|chi|quando|via|perche|pero|anche|ormai|ora|adesso|insieme|senza|si|no|non|mi|grazie|buongiorno|salve|paese|comune|citta|centro|frazione)(?= |$))"
)
_TITLES = frozenset(
    "signor signora signorina sig dott dottor dottoressa avv geom ing nome cognome chiamo chiama chiamano prof padre don collega".split()
)

_HOME_ROLES = frozenset(
    {
        Role.DOMICILE,
        Role.HOME,
        Role.RESIDENCE,
        Role.FROM,
        Role.BIRTH,
        Role.FORMER,
        Role.RELATIVE,
        Role.FUTURE,
        Role.WORK,
        Role.CENTRE,
    }
)
_LEADS = frozenset("a ad da di per d ed tra fra".split())
_NEAR = frozenset({"vicino", "verso", "presso", "sopra"})
_QUARTER_LEADS = _LEADS | frozenset(
    "in al alla alle allo all ai nel nella nei nelle zona quartiere rione borgata frazione borgo".split()
)
_PLACE_NOUNS = frozenset("comune citta paese cittadina paesino frazione borgata localita quartiere rione zona".split())
_FILLERS = frozenset(
    "buongiorno salve ciao buonasera buondi grazie mille prego si ok okay allora ecco io a ad di da in il la per favore e mi sono qui comune citta paese "
    "sto abito vivo residente provincia signora sera buona giorno va bene ciaoo salvee certo eh be beh allora sarebbe della del le alle al nel nella "
    "scusi scusa via zona quartiere frazione cap risposta piacere".split()
)


def without_names(tokens: Sequence[Token], spots: Sequence[Spot]) -> list[Spot]:
    """The spots that are not the name of a person who introduces himself."""
    return [spot for spot in spots if spot.is_cap or not _is_surname(tokens, spot)]


def _is_surname(tokens: Sequence[Token], spot: Spot) -> bool:
    before = [token.text for token in tokens[max(0, spot.first - 3) : spot.first]]
    if not before or not tokens[spot.first - 1].is_word:
        return before[-1:] == [":"] and bool(set(before) & {"nome", "cognome"})
    if before[-1] in get_gazetteer().first_names and (spot.last - spot.first == 1):
        return before[-2:-1] not in (["san"], ["santa"], ["sant"])
    if {"paese", "comune", "paesino", "citta", "posto", "frazione"} & {
        t.text for t in tokens[max(0, spot.first - 8) : spot.first]
    }:
        return False
    named = next((i for i in range(len(before) - 1, -1, -1) if before[i] in _TITLES), None)
    return named is not None and not set(before[named + 1 :]) & {
        "e",
        "di",
        "da",
        "abito",
        "a",
        "ad",
        "in",
        "vivo",
        "sto",
    }


def framed(
    tokens: Sequence[Token], spots: Sequence[Spot], streets: Sequence[range], hidden: frozenset[int] = frozenset()
) -> Frame:
    """The frame of a message. Of a street it keeps one word, so that the grammar around it stays whole."""
    inside = frozenset(i for street in streets for i in street[1:])
    return Frame(tokens, spots, inside | hidden, frozenset(street.start for street in streets))


def without_words(
    tokens: Sequence[Token], spots: Sequence[Spot], codes: dict[int, str], *, streets: Sequence[range], expected: bool
) -> list[int]:
    """Which spots the sentence makes a place: all proper names, and those ordinary words that it leads to as to a place."""
    frame = framed(tokens, spots, streets)
    return [
        k
        for k, spot in enumerate(spots)
        if spot.entry.strength is Strength.NAME or _is_made_a_place(frame, k, codes, expected=expected)
    ]


def _is_made_a_place(frame: Frame, k: int, codes: dict[int, str], *, expected: bool) -> bool:
    spot = frame.spots[k]
    before = frame.before(k).split()
    if k in codes or _beside_its_cap(frame, k) or _is_inside_next(frame, k):
        return True
    if spot.entry.kind in (Kind.AREA, Kind.PROVINCE):
        if k and frame.between(k - 1, k) == " " and frame.spots[k - 1].entry.kind is Kind.TOWN:
            return True
        return bool(before) and before[-1] in {
            "nel",
            "nell",
            "del",
            "dell",
            "basso",
            "alto",
            "bassa",
            "alta",
            "zona",
            "il",
            "l",
            "dal",
            "in",
            "della",
            "area",
        }
    if _is_led_to(frame, k, before) or _is_listed(frame, k):
        return True
    return is_bare(frame, k) and (expected or spot.entry.strength in (Strength.BARE, Strength.ASKED))


def is_bare(frame: Frame, k: int) -> bool:
    """Whether the message says nothing but this name and a greeting."""
    rest = [word for word in re.sub(r"<\d+>", "", frame.text).split() if word[0].isalpha() and len(word) > 1]
    return not set(rest) - _FILLERS and all(spot.entry is frame.spots[k].entry for spot in frame.spots)


def _beside_its_cap(frame: Frame, k: int) -> bool:
    names = set(frame.spots[k].entry.municipalities)
    return any(
        frame.spots[j].is_cap and names & set(frame.spots[j].entry.municipalities)
        for j in (k - 1, k + 1)
        if 0 <= j < len(frame.spots)
    )


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
    word = spot.entry.strength is Strength.WORD
    near = before[-1] in _NEAR or before[-2:] == ["vicino", "a"]
    if _is_after_a_noun(before) or (near and not word):
        return True
    leads = _QUARTER_LEADS if spot.entry.kind is Kind.HAMLET else _LEADS
    led = before[-1] in leads or (before[-1] == "in" and not word)
    text = frame.before(k)
    cues = find_cues(f"{text}<0>")
    gap = len(text[cues[-1].end :].split()) if cues else 99
    if word and not _STANDS_FREE.match(frame.after(k)):
        return False
    if cues and cues[-1].role in _HOME_ROLES and gap <= 3:
        return _is_led_by(cues[-1], gap, led=led, word=word, leads=leads)
    if cues and before[-1] in {"in", "al", "alla", "alle"}:
        return False
    return led and not word and _is_capital_inside(frame, spot)


def _is_after_a_noun(before: list[str]) -> bool:
    """Whether "comune di" or the like stands right before."""
    last = before[-2:] if before[-1] in {"di", "e"} else [*before[-1:], ""]
    return last[0] in _PLACE_NOUNS - {"zona"}


def _is_led_by(cue: Cue, gap: int, *, led: bool, word: bool, leads: frozenset[str]) -> bool:
    """Whether a cue so many words before leads to a place; an ordinary word needs the plainest of all."""
    last = cue.text.split()[-1]
    ends_in_lead = gap == 0 and last in leads
    if word:
        plain = cue.role is not Role.FROM or len(cue.text.split()) < 3
        return plain and ((led and gap <= 2) or ends_in_lead) and cue.role not in (Role.WORK, Role.CENTRE)
    return led or ends_in_lead or (gap == 0 and cue.role is not Role.WORK and last not in _QUARTER_LEADS)


def _is_capital_inside(frame: Frame, spot: Spot) -> bool:
    """Whether it was written with a capital letter where others were not."""
    return frame.tokens[spot.first].is_capital and any(
        token.raw[:1].islower() for token in frame.tokens if token.is_word
    )


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

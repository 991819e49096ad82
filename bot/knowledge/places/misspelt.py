"""Names found although they were typed wrongly. Conservative: a place that is not found costs a question, a wrong one more."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from bot.knowledge.files import from_knowledge
from bot.knowledge.places.gazetteer import Entry, Kind, Strength, get_gazetteer

# How foreigners and phones write the sounds of Italian names: applied in this order.
_SOUNDS = [
    (re.compile(pattern), to)
    for pattern, to in [
        (r"(.)\1+", r"\1"),
        (r"[jy]", "i"),
        (r"w", "v"),
        (r"ph", "f"),
        (r"ch(?=[ei])", "k"),
        (r"c(?![eihk])", "k"),
        (r"c?q", "k"),
        (r"ku(?=[aeio])", "ko"),
        (r"x", "s"),
        (r"gli(?=[aeou])", "li"),
        (r"gni(?=[aeou])", "gn"),
        (r"ni(?=[aeou])", "gn"),
        (r"gl(?=i)", "l"),
        (r"[sz]", "s"),
        (r"h", ""),
        (r"ci(?=[aeou])", "c"),
        (r"(.)\1+", r"\1"),
    ]
]

_NEARLY = 1.0


@dataclass(frozen=True)
class Guess:
    """What a misspelt name may mean; `edits` says how far it is."""

    entry: Entry
    edits: float


def sound_of(spelling: str) -> str:
    """How a name sounds, roughly: "kieri" and "Chieri" are one."""
    for pattern, to in _SOUNDS:
        spelling = pattern.sub(to, spelling)
    return spelling


def _is_guessed(entry: Entry) -> bool:
    """Whether a name may be guessed at: towns and valleys of Piedmont, elsewhere only the provincial capitals."""
    if entry.kind is Kind.OUTSIDE:
        return entry.official and entry.strength is Strength.NAME
    return entry.kind not in (Kind.PROVINCE, Kind.ABROAD) and (entry.strength is not Strength.WORD or entry.official)


@from_knowledge()
def _by_length() -> dict[int, list[str]]:
    groups = defaultdict(list)
    for spelling, entry in get_gazetteer().names.items():
        if "§" not in spelling and len(spelling) > 4 and _is_guessed(entry):
            groups[len(spelling)].append(spelling)
    return groups


@from_knowledge()
def _by_sound() -> dict[str, list[str]]:
    groups = defaultdict(list)
    for spelling, entry in get_gazetteer().names.items():
        if len(spelling) > 3 and "§" not in spelling and _is_guessed(entry):
            groups[sound_of(spelling)].append(spelling)
    return groups


def _allowed(length: int) -> int:
    if length < 5:
        return 0
    return 1 if length < 8 else 2


@from_knowledge(maxsize=4096)
def guess(spelling: str, *, bold: bool = False) -> Guess | None:
    """The name nearest to a spelling, if it is near enough; several that are as near become one ambiguous entry.

    `bold` allows a second edit from six letters on; such a guess is marked unsure.
    """
    allowed = _allowed(len(spelling)) + (1 if bold and 6 <= len(spelling) < 8 else 0)
    near = {name: float(edits) for name, edits in _within(spelling, allowed)}
    for name in _by_sound().get(sound_of(spelling), []):
        near[name] = min(near.get(name, _NEARLY), _NEARLY)
    if not near:
        return None
    best = min(near.values())
    entries = [get_gazetteer().names[name] for name, edits in near.items() if edits == best]
    return Guess(_one_of(entries, unsure=best > _allowed(len(spelling)) or len(spelling) < 6), best)


@from_knowledge(maxsize=4096)
def is_misspelling_of_a_word(words: tuple[str, ...]) -> bool:
    """Whether a word of every message is as near as a town could be."""
    return any(len(word) > 4 and _is_near_a_frequent_word(word) for word in words)


def _is_near_a_frequent_word(word: str) -> bool:
    allowed = 1 if len(word) < 8 else 2
    frequent = get_gazetteer().frequent
    return word in frequent or bool(extract(word, frequent, scorer=OSA.distance, score_cutoff=allowed, limit=1))


def _within(spelling: str, allowed: int) -> list[tuple[str, int]]:
    if not allowed:
        return []
    names = [
        name
        for length in range(len(spelling) - allowed, len(spelling) + allowed + 1)
        for name in _by_length().get(length, [])
    ]
    found = extract(spelling, names, scorer=OSA.distance, score_cutoff=allowed, limit=12)
    # A short name is given as few edits as a short spelling.
    return [
        (name, int(edits))
        for name, edits, _ in found
        if edits <= max(_allowed(len(name)), allowed if len(name) > 5 else 1)
    ]


def _one_of(entries: list[Entry], *, unsure: bool) -> Entry:
    """One entry for names that are equally near; towns of Piedmont before places elsewhere, which make it unsure."""
    towns = [entry for entry in entries if entry.municipalities and entry.kind is not Kind.AREA]
    if not towns:
        return replace(entries[0], unsure=unsure)
    names = tuple(dict.fromkeys(name for entry in towns for name in entry.municipalities))
    others = tuple(dict.fromkeys(name for entry in towns for name in entry.others if name not in names))
    unsure = unsure or len(towns) < len(entries) or towns[0].strength is Strength.WORD
    return replace(towns[0], municipalities=names, others=others, unsure=unsure, official=False, strength=Strength.NAME)

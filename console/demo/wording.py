"""What made-up citizens write: sentences of data/*.yml, written the way the person writes, with the entities in them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from bot.knowledge.names import named_services

FOLDER = Path(__file__).parent / "data"
_HURRIED = (
    (re.compile(r"\bperch[éè]\b", re.I), "xke"),
    (re.compile(r"\bnon\b", re.I), "nn"),
    (re.compile(r"\bche\b", re.I), "ke"),
    (re.compile(r"\bper\b", re.I), "x"),
    (re.compile(r"\bsono\b", re.I), "sn"),
    (re.compile(r"\banche\b", re.I), "anke"),
)
_ACCENTS = str.maketrans("àèéìòùÀÈÉÌÒÙ", "aeeiouAEEIOU")
_SLOT = re.compile(r"(\{\w+\})")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence as it is written, and what understanding it finds in it: `{entity, value, start, end}`."""

    text: str
    entities: list[dict[str, Any]]


@lru_cache
def data(name: str) -> dict[str, Any]:
    """One file of sentences."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def write(template: str, chance: Random, style: str, **values: str) -> Said:
    """The sentence with its places filled in; `town` becomes an entity, and so does a service that is named."""
    text, entities = "", []
    for part in _SLOT.split(template):
        slot = part[1:-1] if _SLOT.fullmatch(part) else ""
        if not slot:
            text += styled(part, chance, style)
            continue
        start = len(text)
        text += values[slot].upper() if style == "loud" else values[slot]
        if slot == "town":
            entities.append({"entity": "municipality", "value": values[slot], "start": start, "end": len(text)})
    entities += [
        {"entity": "service", "value": one.id, "start": one.start, "end": one.end} for one in named_services(text)
    ]
    return Said(text=text, entities=sorted(entities, key=lambda one: one["start"]))


def styled(text: str, chance: Random, style: str) -> str:
    """The words as this person writes them: with care, in a hurry, with slips of the finger, in capitals."""
    if style == "loud":
        return text.upper()
    if style == "hurried":
        for pattern, short in _HURRIED:
            if chance.random() < 0.6:
                text = pattern.sub(short, text)
        text = text.translate(_ACCENTS).lower().replace("?", "" if chance.random() < 0.5 else "?")
    if style == "sloppy":
        words = text.translate(_ACCENTS).split(" ")
        text = " ".join(_slip(word, chance) for word in words)
    return text


def _slip(word: str, chance: Random) -> str:
    """A slip of the finger, now and then, in a long word."""
    if len(word) < 6 or not word.isalpha() or chance.random() > 0.18:
        return word
    at = chance.randint(1, len(word) - 3)
    if chance.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :]

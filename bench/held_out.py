"""The held-out messages: written by people who never saw the training data, and never trained on."""

import json
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.knowledge.spelling import strip_accents
from bot.settings import ROOT

FILE = ROOT / "tests" / "data" / "understand_test.jsonl"
TRAINING = ROOT / "nlu_data"

LENGTHS = ((1, 4), (5, 14), (15, 29), (30, 10_000))
"""Bins of messages by their number of words, both ends included."""

ENDS_AUTOMATION = frozenset({"danger", "talk_to_operator", "stop_messages", "delete_my_data"})
"""Intents after which a machine may rightly fall silent: they are left out where answers are waited for."""

_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")


@dataclass(frozen=True)
class Message:
    """One message and the full name of its intent."""

    text: str
    intent: str

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def noised(self) -> str:
        """The text without accents and apostrophes and with two letters swapped; the same at every run."""
        return swap_letters(strip_accents(self.text).translate(_APOSTROPHES), random.Random(self.text))


@lru_cache
def held_out() -> tuple[Message, ...]:
    """All held-out messages.

    Raises `FileNotFoundError` when the file is missing.
    """
    return tuple(
        Message(entry["text"], entry["intent"])
        for entry in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    )


def texts_to_send(seed: int = 20) -> list[str]:
    """The texts a load is made of, shuffled, the same at every run."""
    texts = [message.text for message in held_out() if message.intent not in ENDS_AUTOMATION]
    random.Random(seed).shuffle(texts)
    return texts


def swap_letters(text: str, chance: random.Random) -> str:
    """The text with two neighbouring inner letters of one word of four or more swapped, if there is such a word."""
    places = [
        index
        for index in range(1, len(text) - 2)
        if text[index - 1 : index + 3].isalpha() and text[index] != text[index + 1]
    ]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def overlap_with_training() -> int:
    """How many held-out texts stand word for word, case aside, among the training or calibration texts: should be few."""
    kept: set[str] = set()
    for path in sorted(TRAINING.rglob("*.yml")):
        kept.update(line.strip()[2:].casefold() for line in _lines(path) if line.strip().startswith("- "))
    kept.update(json.loads(line)["text"].casefold() for line in _lines(TRAINING / "calibration.jsonl"))
    return sum(message.text.casefold() in kept for message in held_out())


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()

"""A message in one spelling, letter by letter traceable to where it stood: shorthand written out, typing errors mended."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.nlu.text import SHORTHAND, fold
from bot.nlu.when.lexicon import CORRECTABLE, NOT_ERRORS, SHORT

MASK = "#"

_TOKEN = re.compile(r"\d+|[^\W\d_]+|\.{2,}|\S")
_APOSTROPHES = "'’‘`´"
_KEPT = ".,;:!?/-()€%+°#"
_CORRECTABLE = frozenset(CORRECTABLE)
# Accents that tell one word from another: "è festa" is not "e festa".
_ACCENTED = {"è": "è", "é": "è", "sì": "sì", "né": "né", "nè": "né", "dì": "giorno"}
_TWO_WORDS = {"dopopranzo": "dopo pranzo", "buon": "buon"}


@dataclass(frozen=True)
class Normal:
    """The message in one spelling, with the place in the original of each of its characters."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the normal text stood in the message."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normal:
    """The message as the patterns of this package want it. Masked characters stay masked."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    previous = None
    for token in _TOKEN.finditer(text.replace("º", "°").replace("\n", ";")):
        written = token[0]
        if written in _APOSTROPHES:
            previous = None
            continue
        if written == "." and previous is not None and previous.end() == token.start() and previous[0].lower() in SHORT:
            continue
        word = _word(written, text[token.end() : token.end() + 2])
        if pieces and _apart(previous, token):
            pieces.append(" ")
            starts.append(token.start())
            ends.append(token.start())
        pieces.append(word)
        starts.extend([token.start()] * len(word))
        ends.extend([token.end()] * len(word))
        previous = token
    return Normal("".join(pieces), tuple(starts), tuple(ends))


def _apart(previous: re.Match[str] | None, token: re.Match[str]) -> bool:
    """Whether two tokens get a space between: as written, and always between a number and a word."""
    if previous is None or previous.end() != token.start():
        return True
    return previous[0][-1].isalnum() and token[0][0].isalnum()


def _word(written: str, following: str) -> str:
    if not written[0].isalpha():
        return _sign(written)
    lower = written.lower()
    if lower == "e" and following[:1] in _APOSTROPHES and following[:1] and not following[1:2].isalpha():
        return "è"
    if lower == "si" and following[:1] in _APOSTROPHES and following[:1]:
        return "sì"
    return _ACCENTED.get(lower) or _mended(lower)


def _sign(written: str) -> str:
    if written[0].isdigit():
        return written
    if written.startswith(".."):
        return ","
    return written if written in _KEPT else ","


@lru_cache(maxsize=8192)
def _mended(lower: str) -> str:
    word = fold(lower)
    word = SHORT.get(word) or SHORTHAND.get(word, word)
    word = _TWO_WORDS.get(word, word)
    if len(word) < 5 or word in _CORRECTABLE or word in NOT_ERRORS or not word.isalpha():
        return word
    return _closest(word) or word


def _closest(word: str) -> str | None:
    """The word of days this one is a slip of: one letter in short words, two in long ones, the first letter right."""
    allowed = 1 if len(word) < 8 else 2
    best: tuple[int, str] | None = None
    for candidate in CORRECTABLE:
        if candidate[0] != word[0] or abs(len(candidate) - len(word)) > allowed or len(candidate) < 6 - (allowed > 0):
            continue
        distance = OSA.distance(word, candidate, score_cutoff=allowed)
        if distance <= allowed and (best is None or distance < best[0]):
            best = (distance, candidate)
    return best[1] if best else None

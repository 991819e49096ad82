"""The Gulpease index of Italian text (Lucisano and Piemontese, 1988): 0 to 100, 60 is readable after eight years of school."""

import re

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)")


def gulpease(text: str) -> float:
    """The index of a text; 100 for a text without words."""
    words = _WORD.findall(text)
    if not words:
        return 100.0
    letters = sum(map(len, words))
    sentences = max(1, len(_SENTENCE.findall(text)))
    return 89 + (300 * sentences - 10 * letters) / len(words)

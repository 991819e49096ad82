"""An example sentence as it may enter the training data: one line, plain characters, no personal data."""

import re
import unicodedata
from functools import lru_cache

from bot.nlu.text import expand
from bot.privacy.masking import mask

MAX_CHARS = 300
FEWEST_CHARS = 2
# Rasa reads [words](entity) and {json} after brackets as mark-up, a leading slash as an intent, a backslash as an escape.
_MARKUP = re.compile(r"[\[\]{}\\]|^/")


class WordingError(Exception):
    """The sentence cannot be an example; the message says in Italian why and what to do."""


def one_line(text: str) -> str:
    """The text without invisible characters, in one line."""
    visible = "".join(
        " " if one.isspace() else one
        for one in unicodedata.normalize("NFC", text)
        if one.isspace() or one.isprintable()
    )
    return " ".join(visible.split())


def checked(text: str) -> str:
    """The sentence in one line, fit to be an example. Raises `WordingError`."""
    line = one_line(text)
    if len(line) < FEWEST_CHARS or not expand(line):
        raise WordingError("Scrivi la frase: è vuota.")
    if len(line) > MAX_CHARS:
        raise WordingError(f"«{line[:40]}…» è lunga {len(line)} caratteri: al massimo {MAX_CHARS}.")
    if not any(one.isalpha() for one in line):
        raise WordingError(f"«{line}» non ha lettere: non insegna niente.")
    if "‹" in line or "[" in line:
        raise WordingError(f"«{line}»: al posto di un dato personale c'è un segno. Toglilo o scrivi un'altra parola.")
    if _MARKUP.search(line):
        raise WordingError(f"«{line}»: togli parentesi quadre o graffe, barre rovesciate e la barra iniziale.")
    if mask(line) != line:
        raise WordingError(f"«{mask(line)}»: c'è un dato personale. Toglilo o scrivi un'altra parola.")
    return line


@lru_cache(maxsize=65_536)  # of all training examples, again and again
def same(text: str) -> str:
    """One spelling for sentences that teach the same: case, accents, punctuation at the ends and shorthand do not matter."""
    return expand(text).strip(" .,;:!?…-")

"""Which words are Italian: a word that is one is never taken for a misspelt town."""

import gzip
import json
import re
from functools import lru_cache
from importlib.resources import files

from bot.knowledge.spelling import strip_accents

# Endings of the words people coin or misspell most; the dictionary holds none of them.
_ENDINGS = ("issimo", "issima", "mente", "zione", "zioni", "amento", "amenti", "ando", "endo")

_CLITIC = re.compile(r"..[aei]r(?:lo|la|li|le|ci|mi|ti|vi|si|ne|gli|glielo|cela|sene)$")

# One table of all words, and what it lacks: it holds neither adverbs, pronouns nor numbers.
_TABLES = ("", "_adj", "_adp", "_adv", "_aux", "_det", "_noun", "_num", "_other", "_pron")


@lru_cache
def italian_words() -> frozenset[str]:
    """The inflected words of spaCy's Italian lookup tables and their lemmas, without accents.

    Reading takes about a second, once in a process.
    """
    words: set[str] = set()
    for table in _TABLES:
        content = files("spacy_lookups_data").joinpath("data", f"it_lemma_lookup{table}.json.gz").read_bytes()
        lemmas: dict[str, str] = json.loads(gzip.decompress(content))
        words.update(lemmas, lemmas.values())
    return frozenset(word if word.isascii() else strip_accents(word).lower() for word in words)


def is_italian(word: str) -> bool:
    """Whether a folded word is in the dictionary, or looks like an inflection that it lacks."""
    return word in italian_words() or (len(word) > 7 and word.endswith(_ENDINGS)) or bool(_CLITIC.search(word))

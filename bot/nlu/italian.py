"""Our spaCy pipeline for Italian: tokens (it splits l'impiego), and lemmas from the lookup tables.

A trained `it_core_news_*` model is used when one is installed; none is on the package index, so none is required.
"""

from functools import lru_cache

import spacy
from spacy.language import Language
from spacy.util import is_package

TRAINED = ("it_core_news_md", "it_core_news_sm")


@lru_cache
def italian() -> Language:
    """The pipeline of this process."""
    for name in TRAINED:
        if is_package(name):
            return spacy.load(name, exclude=["ner", "parser"])
    nlp = spacy.blank("it")
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    return nlp

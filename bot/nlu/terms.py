"""A linear model on the words or characters of one text, as `TfidfVectorizer` counts them.

The same sums as its `transform` and a product of matrices, which spend a millisecond on preparing to work on thousands of
texts at once.
"""

from collections import Counter
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

Floats = NDArray[np.floating[Any]]


class TermWeights:
    """`weights`: a row for each term of the fitted vectorizer, which has sublinear counts and rows of length one."""

    def __init__(self, vectorizer: TfidfVectorizer, weights: Floats) -> None:
        vectorizer.stop_words_ = None  # all terms left out in fitting: nobody asks for them, and they are many
        self._terms_of = vectorizer.build_analyzer()
        self._places: dict[str, int] = vectorizer.vocabulary_
        self._rarity: list[float] = vectorizer.idf_.tolist()
        self._weights = weights
        self._none = np.zeros(weights.shape[1], weights.dtype)

    def scores(self, text: str) -> Floats:
        """The sum of the weights of the text's terms, one a column."""
        places = self._places
        counts = Counter(places[term] for term in self._terms_of(text) if term in places)
        if not counts:
            return self._none
        values = np.array([(1 + log(count)) * self._rarity[place] for place, count in counts.items()], np.float32)
        return np.asarray(values / np.linalg.norm(values) @ self._weights[list(counts)])

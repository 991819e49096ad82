"""The classifier itself, apart from Rasa: features, a linear model, nearest neighbours, calibrated probabilities.

Measured on messages by other hands (`make bench-nlu`): words and characters alone are right in 87 of 100, with sentence
vectors in 89; the neighbours add little to that but make the confidence truer, on which asking instead of answering depends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.nlu.terms import TermWeights
from bot.nlu.text import expand

if TYPE_CHECKING:
    from bot.nlu.neighbours import Neighbours

Floats = NDArray[np.floating[Any]]

CHAR_WEIGHT, WORD_WEIGHT, VECTOR_WEIGHT = 1.0, 0.7, 1.3
SVM_C = 1.0
NEIGHBOURS, NEIGHBOUR_WIDTH, NEIGHBOUR_WEIGHT = 20, 0.08, 0.11
"""How many near examples vote, how quickly a vote fades with distance (cosine), and their weight beside the linear model's."""


@dataclass
class IntentHead:
    """Fit once on examples, then asked for probabilities. Vectors are sentence vectors of length one, or None for none."""

    classes: NDArray[Any] = field(default_factory=lambda: np.array([]))
    temperature: float = 5.0
    _chars: TermWeights | None = None
    _words: TermWeights | None = None
    _mean: Floats | None = None
    _vector_weights: Floats | None = None
    _bias: Floats | None = None
    _neighbours: "Neighbours | None" = None
    _example_classes: NDArray[Any] | None = None

    def fit(self, texts: Sequence[str], intents: Sequence[str], vectors: Floats | None, *, seed: int) -> None:
        """Learn from examples; afterwards call `calibrate` with messages by other hands."""
        expanded = [expand(text) for text in texts]
        chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+", dtype=np.float32)
        blocks = [chars.fit_transform(expanded) * CHAR_WEIGHT, words.fit_transform(expanded) * WORD_WEIGHT]
        if vectors is not None:
            self._mean = vectors.mean(axis=0)
            centred = self._centred(vectors)
            blocks.append(csr_matrix(centred * VECTOR_WEIGHT))
            self._neighbours = _neighbours_among(centred)
        model = LinearSVC(C=SVM_C, random_state=seed).fit(hstack(blocks).tocsr(), list(intents))
        self.classes = model.classes_
        self._example_classes = np.searchsorted(self.classes, list(intents))
        weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        ends = np.cumsum([block.shape[1] for block in blocks])
        self._chars = TermWeights(chars, weights[: ends[0]] * CHAR_WEIGHT)
        self._words = TermWeights(words, weights[ends[0] : ends[1]] * WORD_WEIGHT)
        self._vector_weights = weights[ends[1] :] * VECTOR_WEIGHT
        self._bias = model.intercept_.astype(np.float32)

    def calibrate(self, texts: Sequence[str], intents: Sequence[str], vectors: Floats | None) -> None:
        """Choose the temperature under which the right intents of these messages are likeliest."""
        known = [index for index, intent in enumerate(intents) if intent in set(self.classes)]
        rows = np.searchsorted(self.classes, [intents[index] for index in known])
        scores = self._scores([texts[i] for i in known], None if vectors is None else vectors[known])

        def loss(log_temperature: float) -> float:
            likely = log_softmax(scores * np.exp(log_temperature), axis=1)
            return float(-likely[np.arange(len(rows)), rows].mean())

        self.temperature = float(np.exp(minimize_scalar(loss, bounds=(-2, 4), method="bounded").x))

    def probabilities(self, texts: Sequence[str], vectors: Floats | None) -> Floats:
        """One row a text, one column a class, rows summing to one."""
        return np.asarray(softmax(self._scores(texts, vectors) * self.temperature, axis=1))

    def _scores(self, texts: Sequence[str], vectors: Floats | None) -> Floats:
        centred = None if vectors is None or self._mean is None else self._centred(vectors)
        return np.array(
            [self._scores_of(text, None if centred is None else centred[row]) for row, text in enumerate(texts)]
        )

    def _scores_of(self, text: str, centred: Floats | None) -> Floats:
        assert self._chars is not None
        assert self._words is not None
        assert self._bias is not None
        expanded = expand(text)
        scores = self._chars.scores(expanded) + self._words.scores(expanded) + self._bias
        if centred is None:
            return np.asarray(scores)
        assert self._vector_weights is not None
        return np.asarray(scores + centred @ self._vector_weights + NEIGHBOUR_WEIGHT * self._neighbour_votes(centred))

    def _centred(self, vectors: Floats) -> Floats:
        assert self._mean is not None
        moved = vectors - self._mean
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _neighbour_votes(self, centred: Floats) -> Floats:
        """The logarithm of each class's share in the votes of the nearest examples."""
        assert self._neighbours is not None
        assert self._example_classes is not None
        nearest, likeness = self._neighbours.nearest(centred, NEIGHBOURS)
        votes = np.exp((likeness - likeness.max()) / NEIGHBOUR_WIDTH)
        shares = np.bincount(self._example_classes[nearest], votes, minlength=len(self.classes))
        return np.asarray(np.log(shares / shares.sum() + 1e-3))


def _neighbours_among(vectors: Floats) -> "Neighbours":
    from bot.nlu.neighbours import Neighbours  # imported here: the small variant does without its libraries

    return Neighbours(vectors)

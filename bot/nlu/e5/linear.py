"""Two ways to multiply by a matrix: in floats, noting what it is given, and in whole numbers of 8 bits.

The second is SmoothQuant (arXiv:2211.10438) with ranges fixed beforehand. A few dimensions of the encoder's state are
many times larger than the rest and would take all of an 8-bit scale: each column is divided by a factor, and the matrix
multiplied by it. Fixed ranges make a text's vector the same whatever texts are encoded with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.e5.graph import MICROSOFT, Graph
from bot.nlu.e5.weights import Floats

_SHARE = 0.7  # how much of the spread goes from the tensor to the matrix: the best of 0.3 to 1.0 measured
_MARGIN = 1.1  # room beyond the largest values seen
_TINY = 1e-5
_LEVELS, _WEIGHT_LEVELS = 255, 127


@dataclass(frozen=True)
class Range:
    """The least and the greatest value seen in each column."""

    low: Floats
    high: Floats


class FloatLinear:
    """Exact products; `inputs` holds, for each, the name of the tensor it was given."""

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}

    def __call__(self, graph: Graph, tensor: str, name: str, matrix: Floats) -> str:
        """Give the name of the product."""
        self.inputs[name] = tensor
        return graph.node("MatMul", [tensor, graph.constant(f"{name}.w", matrix.T)], f"{name}.product")


class Int8Linear:
    """Products in 8 bits of tensors whose ranges are known."""

    def __init__(self, ranges: dict[str, Range]) -> None:
        self.ranges = ranges

    def __call__(self, graph: Graph, tensor: str, name: str, matrix: Floats) -> str:
        """Give the name of the product."""
        seen = self.ranges[name]
        factors = _factors(seen, matrix)
        step, zero = _scale(seen, factors)
        levels, steps = _quantised(matrix * factors)
        smooth = graph.node("Mul", [tensor, graph.constant(f"{name}.f", 1 / factors)], f"{name}.smooth")
        step_name, zero_name = graph.constant(f"{name}.step", step), graph.constant(f"{name}.zero", zero)
        whole = graph.node("QuantizeLinear", [smooth, step_name, zero_name], f"{name}.whole")
        right, steps_name = graph.constant(f"{name}.w", levels), graph.constant(f"{name}.steps", steps)
        right_zero = graph.constant(f"{name}.zeros", np.zeros(len(steps), np.int8))
        inputs = [whole, right, step_name, steps_name, zero_name, right_zero]
        return graph.node("MatMulIntegerToFloat", inputs, f"{name}.product", domain=MICROSOFT)


def _factors(seen: Range, matrix: Floats) -> Floats:
    """What each column is divided by, around one."""
    tensor = np.maximum(np.maximum(-seen.low, seen.high), _TINY)
    weights = np.maximum(np.abs(matrix).max(axis=0), _TINY)
    logarithm = _SHARE * np.log(tensor) - (1 - _SHARE) * np.log(weights)
    factors: Floats = np.exp(logarithm - logarithm.mean()).astype(np.float32)
    return factors


def _scale(seen: Range, factors: Floats) -> tuple[Floats, NDArray[np.uint8]]:
    """The size of one level and the level that means zero, for a tensor once divided by its factors."""
    low = min(float((seen.low / factors).min()), 0.0) * _MARGIN
    high = max(float((seen.high / factors).max()), 0.0) * _MARGIN
    step = (high - low) / _LEVELS
    return np.array(step, np.float32), np.array(round(-low / step), np.uint8)


def _quantised(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """The matrix transposed in levels from -127 to 127, and what a level is worth in each column."""
    steps = np.maximum(np.abs(matrix).max(axis=1), _TINY) / _WEIGHT_LEVELS
    return np.rint(matrix / steps[:, None]).astype(np.int8).T, steps.astype(np.float32)

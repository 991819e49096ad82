"""The BERT encoder as an ONNX graph; how it multiplies by a matrix is a parameter, exactly or in whole numbers."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bot.nlu.e5.vocabulary import MAX_TOKENS
from bot.nlu.e5.weights import BLOCK, Blocks, Floats, Weights

MICROSOFT = "com.microsoft"  # onnxruntime's own operators
INPUT, OUTPUT = "ids", "vector"
_OPSET, _IR = 17, 10
_UINT4_ZERO_PAIR = 0x88  # the level 8, which means no weight, twice


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant tensor."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def nibbles(self, name: str, shape: Sequence[int], pairs: NDArray[np.uint8]) -> str:
        """Add a constant of 4-bit numbers, two a byte."""
        self.constants.append(helper.make_tensor(name, TensorProto.UINT4, shape, pairs.tobytes(), raw=True))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator with one output; give the output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{output}:{kind}", **attributes))
        return output

    def model(self, hidden: int, taps: Sequence[str] = ()) -> bytes:
        """The whole as onnxruntime reads it; `taps` are further tensors to give out."""
        outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["texts", hidden])]
        outputs += [helper.make_tensor_value_info(tap, TensorProto.FLOAT, ["texts", "tokens", None]) for tap in taps]
        inputs = [helper.make_tensor_value_info(INPUT, TensorProto.INT64, ["texts", "tokens"])]
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        graph = helper.make_graph(self.nodes, "e5", inputs, outputs, self.constants)
        model: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
        return bytes(model.SerializeToString())


class Linear(Protocol):
    """Adds to a graph the product of a tensor (texts, tokens, columns) and a matrix (rows, columns) transposed."""

    def __call__(self, graph: Graph, tensor: str, name: str, matrix: Floats) -> str:
        """Give the name of the product."""


def add_encoder(graph: Graph, weights: Weights, rows: Sequence[int], linear: Linear) -> None:
    """Add everything from token ids (texts of one length, so no padding) to vectors of length one.

    `rows` are the words kept of the embedding matrix.
    """
    state = _embeddings(graph, weights, rows)
    for layer in range(weights.layers):
        state = _Layer(graph, weights, linear, f"l{layer}.").add(state)
    graph.node("ReduceMean", [state], "mean", axes=[1], keepdims=0)
    graph.node("LpNormalization", ["mean"], OUTPUT, axis=-1, p=2)


def _embeddings(graph: Graph, weights: Weights, rows: Sequence[int]) -> str:
    """Words stay in 4 bits, as they come; positions and the only token type are added, then normalised."""
    table = weights.blocks("emb.word", weights.hidden)
    kept = Blocks(table.levels[rows], table.scales[rows])
    levels = kept.levels.reshape(len(rows), -1)
    zeros = np.full(kept.scales.size // 2, _UINT4_ZERO_PAIR, np.uint8)
    words = [
        graph.nibbles("words", levels.shape, levels[:, 0::2] | (levels[:, 1::2] << np.uint8(4))),
        INPUT,
        graph.constant("words.scales", kept.scales),
        graph.nibbles("words.zeros", kept.scales.shape, zeros),
    ]
    graph.node(
        "GatherBlockQuantized", words, "word", domain=MICROSOFT, block_size=BLOCK, gather_axis=0, quantize_axis=1
    )
    positions = weights.floats("emb.pos").reshape(-1, weights.hidden)[:MAX_TOKENS]
    graph.constant("positions", (positions + weights.floats("emb.type")[: weights.hidden])[None])
    graph.node("Shape", [INPUT], "tokens", start=1, end=2)
    graph.constant("from", np.array([0], np.int64))
    graph.constant("axis", np.array([1], np.int64))
    graph.node("Slice", ["positions", "from", "tokens", "axis"], "position")
    norm = [graph.constant(name, weights.floats(name)) for name in ("emb.ln.w", "emb.ln.b")]
    return graph.node(
        "SkipLayerNormalization", ["word", "position", *norm], "state", domain=MICROSOFT, epsilon=weights.epsilon
    )


class _Layer:
    """One encoder layer: attention and a feed-forward network, each added to its input and normalised."""

    def __init__(self, graph: Graph, weights: Weights, linear: Linear, name: str) -> None:
        self.graph = graph
        self.weights = weights
        self.linear = linear
        self.name = name

    def add(self, state: str) -> str:
        """Give the name of the layer's output."""
        hidden = self._residual(self._attention(state), state, "ao", "aln")
        return self._residual(self._feed_forward(hidden), hidden, "fo", "oln")

    def _attention(self, state: str) -> str:
        matrix = np.concatenate([self._matrix(f"{part}.w", self.weights.hidden) for part in "qkv"])
        bias = np.concatenate([self.weights.floats(f"{self.name}{part}.b") for part in "qkv"])
        product = self.linear(self.graph, state, f"{self.name}qkv", matrix)
        parts = [f"{self.name}{part}" for part in "qkv"]
        self.graph.nodes.append(helper.make_node("Split", [product], parts, name=f"{self.name}split", axis=2))
        inputs = [*parts, self.graph.constant(f"{self.name}qkv.b", bias)]
        context = self.graph.node(
            "MultiHeadAttention", inputs, f"{self.name}context", domain=MICROSOFT, num_heads=self.weights.heads
        )
        return self.linear(self.graph, context, f"{self.name}ao", self._matrix("ao.w", self.weights.hidden))

    def _feed_forward(self, state: str) -> str:
        wide = self.linear(self.graph, state, f"{self.name}fi", self._matrix("fi.w", self.weights.hidden))
        bias = self._constant("fi.b")
        active = self.graph.node("FastGelu", [wide, bias], f"{self.name}gelu", domain=MICROSOFT)
        columns = len(self.weights.floats(f"{self.name}fi.b"))
        return self.linear(self.graph, active, f"{self.name}fo", self._matrix("fo.w", columns))

    def _residual(self, change: str, state: str, bias: str, norm: str) -> str:
        inputs = [change, state, *(self._constant(name) for name in (f"{norm}.w", f"{norm}.b", f"{bias}.b"))]
        output = f"{self.name}{norm}"
        return self.graph.node("SkipLayerNormalization", inputs, output, domain=MICROSOFT, epsilon=self.weights.epsilon)

    def _matrix(self, name: str, columns: int) -> Floats:
        return self.weights.blocks(f"{self.name}{name}", columns).floats()

    def _constant(self, name: str) -> str:
        return self.graph.constant(f"{self.name}{name}", self.weights.floats(f"{self.name}{name}"))

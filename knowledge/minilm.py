"""The default model as an ONNX graph whose matrices are eight-bit integers, written from the weights of its package.

One text a run: without padding there is no mask, the short texts of a batch cost nothing for its long ones, and a text
has the same vector whatever it is embedded with (the range of the integers is taken from the run).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cohost.ports import FloatArray

HIDDEN, HEADS, LAYERS = 384, 12, 6
EPSILON = 1e-12  # of its layer norms
MICROSOFT = "com.microsoft"  # onnxruntime's own operators, which do several steps in one pass
OPSETS = {"": 18, MICROSOFT: 1}
Weights = Mapping[str, NDArray[Any]]


def load_weights(folder: Path) -> Weights:
    """Arrays by name; raises OSError or ValueError where the file is missing or not of this shape."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: Weights = load_file(folder / "model.safetensors")
    except SafetensorError as error:
        raise ValueError(f"the weights of the default model cannot be read: {error}") from error
    if (
        weights["embeddings.LayerNorm.weight"].shape != (HIDDEN,)
        or f"encoder.layer.{LAYERS}.output.dense.bias" in weights
    ):
        raise ValueError("the weights of the default model have another shape")
    return weights


def build(weights: Weights, *, levels: int | None) -> bytes:
    """A serialised model: `input_ids` (1, n) int64 → `embedding` (1, 384) float32, unit length, and `tokens` (1, n, 384).

    `levels` is the largest weight as an integer, at most 127; 63 cannot overflow on processors without dot products of
    bytes. None keeps floats.
    """
    graph = _Graph(weights, levels)
    tokens = graph.embedded("input_ids")
    for number in range(LAYERS):
        tokens = graph.layer(tokens, f"encoder.layer.{number}.")
    tokens = graph.named("tokens", tokens)
    mean = graph.add("ReduceMean", tokens, graph.constant("axis", np.array([1])), keepdims=0)
    return graph.serialised(graph.add("LpNormalization", mean, axis=-1, p=2))


class _Graph:
    """Nodes and constants in the order they are added; each step gives the name of its output."""

    def __init__(self, weights: Weights, levels: int | None) -> None:
        self._weights = weights
        self._levels = levels
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def embedded(self, ids: str) -> str:
        """Words and their places, as vectors."""
        words = self._weight("embeddings.word_embeddings.weight")
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]  # all of one type here
        length = self.add("Shape", ids, start=1, end=2)
        start, axis = self.constant("start", np.array([0])), self.constant("first", np.array([0]))
        here = self.add("Slice", self.constant("places", places), start, length, axis)
        return self._norm(self.add("Add", self.add("Gather", words, ids), here), "embeddings.LayerNorm")

    def layer(self, tokens: str, name: str) -> str:
        """Attention and two dense steps, each added to what it read."""
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        joined = self._dense(tokens, *parts)
        split = [self.add("Slice", joined, *self._third(n)) for n in range(3)]
        mixed = self.add("MultiHeadAttention", *split, domain=MICROSOFT, num_heads=HEADS)
        mixed = self._dense(mixed, f"{name}attention.output.dense")
        tokens = self._norm(self.add("Add", mixed, tokens), f"{name}attention.output.LayerNorm")
        wide = self.add("Gelu", self._dense(tokens, f"{name}intermediate.dense"), domain=MICROSOFT)
        narrow = self._dense(wide, f"{name}output.dense")
        return self._norm(self.add("Add", narrow, tokens), f"{name}output.LayerNorm")

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One node; the name of its output."""
        from onnx import helper

        output = f"step{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def named(self, name: str, output: str) -> str:
        """The last step's output under a name of its own, so that it can be asked for."""
        assert output == f"step{len(self._nodes) - 1}"  # noqa: S101  only the last step can be renamed
        self._nodes[-1].output[0] = name
        return name

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """An array of the graph, under a name that is taken once."""
        from onnx import numpy_helper

        if name not in {c.name for c in self._constants}:
            self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def serialised(self, output: str) -> bytes:
        """The whole model."""
        from onnx import TensorProto, helper

        self.named("embedding", output)
        read = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"])
        made = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, HIDDEN])
        words = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "n", HIDDEN])
        graph = helper.make_graph(self._nodes, "minilm", [read], [made, words], self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        return cast(bytes, helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())

    def _weight(self, name: str) -> str:
        return self.constant(name, self._weights[name])

    def _norm(self, tokens: str, name: str) -> str:
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self.add("LayerNormalization", tokens, scale, shift, axis=-1, epsilon=EPSILON)

    def _third(self, number: int) -> tuple[str, str, str]:
        start, end = (self.constant(f"edge{n}", np.array([n * HIDDEN])) for n in (number, number + 1))
        return start, end, self.constant("last", np.array([2]))

    def _dense(self, tokens: str, *names: str) -> str:
        """One matrix and its bias, or several side by side."""
        matrix = np.concatenate([self._weights[f"{name}.weight"] for name in names]).T
        bias = self.constant(f"{names[0]}.b", np.concatenate([self._weights[f"{name}.bias"] for name in names]))
        if self._levels is None:
            return self.add("Add", self.add("MatMul", tokens, self.constant(f"{names[0]}.w", matrix)), bias)
        integers, scales = quantised(matrix, self._levels)
        zero = self.constant(f"{names[0]}.z", np.zeros(len(scales), np.int8))
        held = self.constant(f"{names[0]}.q", integers), self.constant(f"{names[0]}.s", scales)
        return self.add("DynamicQuantizeMatMul", tokens, *held, zero, bias, domain=MICROSOFT)


def quantised(matrix: FloatArray, levels: int) -> tuple[NDArray[np.int8], FloatArray]:
    """Integers and the scale of each column: a scale for all would be set by the one column with the largest weight."""
    scales = (np.abs(matrix).max(axis=0) / levels).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales

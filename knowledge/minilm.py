"""The default model as an ONNX graph whose matrices are eight-bit integers, written from the weights of its package.

One text a run: without padding there is no mask, the short texts of a batch cost nothing for its long ones, and a text
has the same vector whatever it is embedded with (the range of the integers is taken from the run).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cohost.ports import FloatArray

HIDDEN, HEADS, LAYERS = 384, 12, 6
HALFWAY = 4  # layers after which wording is still told from meaning
EPSILON = 1e-12  # of its layer norms
DEVIATIONS = 3  # a norm's output seldom lies further out
EVENNESS = 0.8  # 0..1, how much of a channel's size moves into the matrices; 0.5 does a little less
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
    """A serialised model: `input_ids` (1, n) int64 → `embedding` (1, 384) float32, unit length, and two of (1, n, 384):
    `tokens` and, from the middle, `halfway`.

    `levels` is the largest weight as an integer, at most 127; 63 cannot overflow on processors without dot products of
    bytes. None keeps floats.
    """
    graph = _Graph(weights, levels)
    tokens = graph.embedded("input_ids")
    for number in range(LAYERS):
        tokens = graph.layer(tokens, number)
        if number + 1 == HALFWAY:
            graph.named("halfway", graph.add("Identity", tokens.plain))
    words = graph.named("tokens", graph.add("Identity", tokens.plain))
    mean = graph.add("ReduceMean", words, graph.constant("axis", np.array([1])), keepdims=0)
    return graph.serialised(graph.add("LpNormalization", mean, axis=-1, p=2))


@dataclass(frozen=True)
class _Tokens:
    """Names of the vectors of a text's tokens, as they are and with channels of nearly one size."""

    plain: str
    even: str
    sizes: FloatArray | None = None  # (384,): plain = even * sizes


class _Graph:
    """Nodes and constants in the order they are added; each step gives the name of its output."""

    def __init__(self, weights: Weights, levels: int | None) -> None:
        self._weights = weights
        self._levels = levels
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def embedded(self, ids: str) -> _Tokens:
        """Words and their places, as vectors."""
        words = self._weight("embeddings.word_embeddings.weight")
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]  # all of one type here
        length = self.add("Shape", ids, start=1, end=2)
        start, axis = self.constant("start", np.array([0])), self.constant("first", np.array([0]))
        here = self.add("Slice", self.constant("places", places), start, length, axis)
        return self._norm(self.add("Add", self.add("Gather", words, ids), here), "embeddings.LayerNorm", _attention(0))

    def layer(self, tokens: _Tokens, number: int) -> _Tokens:
        """Attention and two dense steps, each added to what it read."""
        name, then = f"encoder.layer.{number}.", _attention(number + 1) if number + 1 < LAYERS else ()
        wide, narrow = f"{name}intermediate.dense", f"{name}output.dense"
        joined = self._dense(tokens.even, *_attention(number), sizes=tokens.sizes)
        split = [self.add("Slice", joined, *self._third(n)) for n in range(3)]
        mixed = self.add("MultiHeadAttention", *split, domain=MICROSOFT, num_heads=HEADS)
        mixed = self._dense(mixed, f"{name}attention.output.dense")
        read = self._norm(self.add("Add", mixed, tokens.plain), f"{name}attention.output.LayerNorm", (wide,))
        active = self.add("Gelu", self._dense(read.even, wide, sizes=read.sizes), domain=MICROSOFT)
        return self._norm(
            self.add("Add", self._dense_by_row(active, narrow), read.plain), f"{name}output.LayerNorm", then
        )

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
        words = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", HIDDEN]) for name in ("tokens", "halfway")
        ]
        graph = helper.make_graph(self._nodes, "minilm", [read], [made, *words], self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        return cast(bytes, helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())

    def _weight(self, name: str) -> str:
        return self.constant(name, self._weights[name])

    def _norm(self, tokens: str, name: str, readers: Sequence[str]) -> _Tokens:
        """A layer norm, and for the matrices `readers` its channels brought near one size.

        Two of 384 channels are ten times as large as the others and would set the scale of the integers for all; their
        size moves into the rows of the matrices (Xiao et al. 2022, SmoothQuant, equation 4, with what the norm's own
        weights say of a channel's size in place of a measurement).
        """
        scale, shift = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        if self._levels is None or not readers:
            plain = self._normed(tokens, name, scale, shift)
            return _Tokens(plain, plain)
        rows = np.abs(np.concatenate([self._weights[f"{reader}.weight"] for reader in readers])).max(axis=0)
        sizes = (DEVIATIONS * np.abs(scale) + np.abs(shift)) ** EVENNESS / np.maximum(rows, 1e-3) ** (1 - EVENNESS)
        sizes = (sizes / np.exp(np.log(sizes).mean())).astype(np.float32)
        even = self._normed(tokens, name, scale / sizes, shift / sizes)
        return _Tokens(self.add("Mul", even, self.constant(f"{name}.sizes", sizes)), even, sizes)

    def _normed(self, tokens: str, name: str, scale: FloatArray, shift: FloatArray) -> str:
        named = self.constant(f"{name}.weight", scale), self.constant(f"{name}.bias", shift)
        return self.add("LayerNormalization", tokens, *named, axis=-1, epsilon=EPSILON)

    def _third(self, number: int) -> tuple[str, str, str]:
        start, end = (self.constant(f"edge{n}", np.array([n * HIDDEN])) for n in (number, number + 1))
        return start, end, self.constant("last", np.array([2]))

    def _dense(self, tokens: str, *names: str, sizes: FloatArray | None = None) -> str:
        """One matrix and its bias, or several side by side."""
        bias = self._bias(*names)
        if self._levels is None:
            floats = self.constant(f"{names[0]}.w", self._matrix(*names))
            return self.add("Add", self.add("MatMul", tokens, floats), bias)
        matrix = self._matrix(*names) if sizes is None else self._matrix(*names) * sizes[:, None]
        return self.add("DynamicQuantizeMatMul", tokens, *self._integers(names[0], matrix), bias, domain=MICROSOFT)

    def _dense_by_row(self, tokens: str, name: str) -> str:
        """As `_dense`, each token with a scale of its own: after the activation single numbers are ten times the others."""
        if self._levels is None:
            return self._dense(tokens, name)
        largest = self.add("ReduceMax", tokens, self.constant("last", np.array([2])))  # nothing is below -0.17 here
        held = self._integers(name, self._matrix(name))
        made = self.add("DynamicQuantizeMatMul", self.add("Div", tokens, largest), *held, domain=MICROSOFT)
        return self.add("Add", self.add("Mul", made, largest), self._bias(name))

    def _matrix(self, *names: str) -> FloatArray:
        joined: FloatArray = np.concatenate([self._weights[f"{name}.weight"] for name in names]).T
        return joined

    def _bias(self, *names: str) -> str:
        return self.constant(f"{names[0]}.b", np.concatenate([self._weights[f"{name}.bias"] for name in names]))

    def _integers(self, name: str, matrix: FloatArray) -> tuple[str, str, str]:
        integers, scales = quantised(matrix, self._levels or 0)
        zero = self.constant(f"{name}.z", np.zeros(len(scales), np.int8))
        return self.constant(f"{name}.q", integers), self.constant(f"{name}.s", scales), zero


def _attention(number: int) -> tuple[str, ...]:
    return tuple(f"encoder.layer.{number}.attention.self.{part}" for part in ("query", "key", "value"))


def quantised(matrix: FloatArray, levels: int) -> tuple[NDArray[np.int8], FloatArray]:
    """Integers and the scale of each column: a scale for all would be set by the one column with the largest weight."""
    scales = (np.abs(matrix).max(axis=0) / levels).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales

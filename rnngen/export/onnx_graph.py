"""The model as one ONNX graph, made operator by operator.

torch's exporter is not used: it would bring torch in, and its GRU is silently another one. ONNX
multiplies by the reset gate before the recurrent product unless `linear_before_reset` is 1.

    input_ids (B, T)   past_h (L, B, H)   past_c (L, B, H), LSTM only   past_ids (B, N - 1), N > 1
    logits (B, T, V)   present_h          present_c                     present_ids

The state is that of `model/runtime.py`, but that `past_ids` has the batch first, as `input_ids`
has: each is id + 1, and 0 where there is no token. Zeros are the empty state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import CheckpointError, PackageError
from rnngen.model import ngrams
from rnngen.model.products import EPSILON
from rnngen.model.shapes import GATES
from rnngen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from rnngen.config import ModelConfig

    Weights = Mapping[str, NDArray[np.float32]]

OPSET, IR_VERSION = 17, 8
GATE_ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}
"""Where ONNX' gates, i o f c and z r h, stand among torch's, i f g o and r z n."""
MOST_BYTES = 2**31 - 2**20
"""A protobuf message ends at 2 GiB; the rest is for the graph itself."""
TO_THE_END = np.iinfo(np.int64).max


def build(config: ModelConfig, weights: Weights) -> bytes:
    """The ONNX file. Raises PackageError without onnx, CheckpointError beyond 2 GiB."""
    try:
        from onnx import helper
    except ImportError as error:
        raise PackageError(
            '`to` onnx needs the package onnx: pip install "rnngen[onnx]"'
        ) from error
    size = sum(array.nbytes for array in weights.values())
    if size > MOST_BYTES:
        raise CheckpointError(
            f"the model has {size:,} bytes of weights; an ONNX file holds {MOST_BYTES:,}."
        )
    graph = _Graph(config, weights)
    graph.build()
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "rnngen", graph.inputs(), graph.outputs(), graph.initializers
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="rnngen",
        producer_version=__version__,
    )
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants, gathered from the input to the logits."""

    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._config, self._weights = config, weights
        self._parts = ("h", "c") if config.cell == "lstm" else ("h",)

    def build(self) -> None:
        config = self._config
        x = self._node("Gather", [self._weight("embedding.weight"), "input_ids"])  # (B, T, E)
        if config.ngrams > 1:
            x = self._node("Add", [x, self._ngram_embeddings()])
        x = self._node("Transpose", [x], perm=[1, 0, 2])  # (T, B, E): ONNX' layout 0
        past = {part: self._layers_of(f"past_{part}") for part in self._parts}
        present: dict[str, list[str]] = {part: [] for part in self._parts}
        for index in range(config.num_layers):
            before = [past[part][index] for part in self._parts]
            x, after = self._layer(index, x, before)
            for part, value in zip(self._parts, after, strict=True):
                present[part].append(value)
        for part, values in present.items():
            self._node("Concat", values, f"present_{part}", axis=0)
        self._logits(x)

    def _ngram_embeddings(self) -> str:
        """(B, T, E), what n-grams add to the embedding of their last token; see ngrams.py.

        The hash stays below PRIME * FACTOR + PRIME < 2**62, so int64 never overflows, and what is
        divided is never negative: Mod then means the same in every implementation.
        """
        longest, buckets = self._config.ngrams, self._config.ngram_buckets
        one = self._constant("one", np.array(1, np.int64))
        tokens = self._node("Add", ["input_ids", one])
        tokens = self._node("Concat", ["past_ids", tokens], axis=1)  # (B, N - 1 + T)
        self._slice(tokens, -(longest - 1), TO_THE_END, "present_ids")
        factor = self._constant("factor", np.array(ngrams.FACTOR, np.int64))
        prime = self._constant("prime", np.array(ngrams.PRIME, np.int64))
        size = self._constant("buckets", np.array(buckets, np.int64))
        table = self._weight("ngrams.weight")
        scaled, summed = factor, ""  # the hash begins with 1, times FACTOR
        for back in range(longest):
            # (B, T): the token `back` places before each of the last T
            token = self._slice(tokens, longest - 1 - back, -back or TO_THE_END)
            value = self._node("Mod", [self._node("Add", [scaled, token]), prime])
            scaled = self._node("Mul", [value, factor])
            if back:
                row = self._node("Mod", [value, size])
                found = self._node("Gather", [table, row])  # (B, T, D)
                summed = self._node("Add", [summed, found]) if summed else found
        up = self._constant("ngrams_up", self._weights["ngrams_up.weight"].T)  # (D, E)
        return self._node("MatMul", [summed, up])

    def _layer(self, index: int, x: str, before: list[str]) -> tuple[str, list[str]]:
        """x (T, B, width), the state before, (1, B, H) each -> (T, B, H) and the state after."""
        config = self._config
        hidden = config.hidden_size
        own = {
            name: self._reordered(f"layers.{index}.{name}_l0")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        width = own["weight_ih"].shape[1]
        weight_ih = self._constant(f"layers.{index}.W", own["weight_ih"][None])
        weight_hh = self._constant(f"layers.{index}.R", own["weight_hh"][None])
        biases = np.concatenate([own["bias_ih"], own["bias_hh"]])[None]
        bias = self._constant(f"layers.{index}.B", biases)
        extra = {"linear_before_reset": 1} if config.cell == "gru" else {}
        y, *after = self._nodes(  # "": every stream is T tokens long
            config.cell.upper(),
            [x, weight_ih, weight_hh, bias, "", *before],
            [f"layers.{index}.{name}" for name in ("y", *self._parts)],
            hidden_size=hidden,
            **extra,
        )
        y = self._node("Squeeze", [y, self._integers([1])])  # (T, directions = 1, B, H) without it
        if config.norm:
            norm = [self._weight(f"norms.{index}.{name}") for name in ("weight", "bias")]
            y = self._node("LayerNormalization", [y, *norm], axis=-1, epsilon=EPSILON)
        if config.skip and width == hidden:
            y = self._node("Add", [y, x])
        return y, after

    def _logits(self, x: str) -> None:
        """(T, B, H) -> logits (B, T, V). A tied output reads the one table of the file."""
        name = "embedding.weight" if self._config.tie_weights else "output.weight"
        x = self._node("Transpose", [x], perm=[1, 0, 2])
        weight = self._node("Transpose", [self._weight(name)], perm=[1, 0])  # (H, V)
        products = self._node("MatMul", [x, weight])
        self._node("Add", [products, self._weight("output.bias")], "logits")

    def _layers_of(self, name: str) -> list[str]:
        """A state (L, B, H) as L of (1, B, H)."""
        count = self._config.num_layers
        if count == 1:
            return [name]
        names = [f"{name}.{index}" for index in range(count)]
        return self._nodes("Split", [name, self._integers([1] * count)], names, axis=0)

    def _reordered(self, name: str) -> NDArray[np.float32]:
        """A tensor (gates * H, ..) with its gates in ONNX' order."""
        gates = np.split(self._weights[name], GATES[self._config.cell])
        return np.concatenate([gates[place] for place in GATE_ORDER[self._config.cell]])

    def _slice(self, tokens: str, start: int, stop: int, output: str = "") -> str:
        """Columns of (B, N - 1 + T)."""
        bounds = [self._integers([number]) for number in (start, stop, 1)]
        return self._node("Slice", [tokens, *bounds], output)

    def _node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}.{len(self.nodes)}"
        return self._nodes(kind, inputs, [name], **attributes)[0]

    def _nodes(
        self, kind: str, inputs: Sequence[str], outputs: list[str], **attributes: Any
    ) -> list[str]:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, outputs[0], **attributes))
        return outputs

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _integers(self, numbers: list[int]) -> str:
        name = f"integers.{','.join(map(str, numbers))}"
        return self._constant(name, np.array(numbers, np.int64))

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        """An initializer, once for each name."""
        from onnx import numpy_helper

        if name not in {tensor.name for tensor in self.initializers}:
            tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
            self.initializers.append(tensor)
        return name

    def inputs(self) -> list[Any]:
        return [_integers_of("input_ids", "batch", "time"), *self._states("past")]

    def outputs(self) -> list[Any]:
        logits = _floats_of("logits", "batch", "time", self._config.vocab_size)
        return [logits, *self._states("present")]

    def _states(self, prefix: str) -> list[Any]:
        config = self._config
        shape = (config.num_layers, "batch", config.hidden_size)
        states = [_floats_of(f"{prefix}_{part}", *shape) for part in self._parts]
        if config.ngrams > 1:
            states.append(_integers_of(f"{prefix}_ids", "batch", config.ngrams - 1))
        return states


def _floats_of(name: str, *shape: int | str) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _integers_of(name: str, *shape: int | str) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.INT64, shape)

"""A forward pass that keeps everything: each gate, state, norm and input of each layer.

`NumpyRuntime` is made to be fast and keeps none of this. Here a step is written as its equation,
rows are multiplied together, and every array stays. Both are tested to give the same logits.

Shapes: T tokens first, then B streams; E, H, V and N as in `torch/rnnlm.py`.

    LSTM  i, f, o = s(W x + b + U h + d)   g = tanh(the same, row g)
          c' = f * c + i * g               h' = o * tanh(c')
    GRU   r, z = s(W x + b + U h + d)      a = Un h + dn     n = tanh(Wn x + bn + r * a)
          h' = n + z * (h - n)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.model import ngrams
from rnngen.model.products import EPSILON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rnngen.config import ModelConfig

    Array = NDArray[Any]
    """Floating point, of the trace's own precision."""
    IdArray = NDArray[np.int64]

GATE_NAMES = {
    "lstm": ("input", "forget", "candidate", "output"),
    "gru": ("reset", "update", "candidate"),
}
"""In torch's order of rows: i, f, g, o and r, z, n."""
KEEPING_GATE = {"lstm": "forget", "gru": "update"}
"""The gate that says which share of a unit's memory stays: f of an LSTM, z of a GRU."""


@dataclass(frozen=True)
class LayerTrace:
    """One layer on T tokens of B streams. All arrays are (T, B, H) unless said otherwise."""

    x: Array
    """(T, B, E or H): what the layer read."""
    before: tuple[Array, ...]
    """The state before each step: (h, c) of an LSTM, (h,) of a GRU."""
    gates: dict[str, Array]
    """By the names of GATE_NAMES, after s or tanh."""
    inner: Array | None
    """Un h + dn of a GRU, which the reset gate multiplies; None of an LSTM."""
    memory: Array
    """What the layer carries on after each step: c of an LSTM, h of a GRU."""
    h: Array
    normed: Array | None
    """(h - mean) / deviation; None without LayerNorm."""
    inverse_deviation: Array | None
    """(T, B, 1)."""
    y: Array
    """What the layer gives to the next: after norm and skip."""


@dataclass(frozen=True)
class Trace:
    """All layers on T tokens of B streams, and what the model predicts after each token."""

    embeddings: Array
    """(T, B, E), of the tokens."""
    ngrams: list[Array]
    """(T, B, E) each: what the n-gram of 2, 3, .. N tokens that ends at each token adds."""
    layers: list[LayerTrace]
    logits: Array
    """(T, B, V)."""
    state: tuple[Array, ...]
    """The state after the last token, as `start` gives one."""


class Tracer:
    """A model that is read step by step, and remembers every step."""

    def __init__(
        self,
        config: ModelConfig,
        weights: Mapping[str, Array],
        dtype: type[np.floating[Any]] = np.float32,
    ) -> None:
        """weights: as `shapes.tensor_shapes` names them.  dtype: of all arrays and sums."""
        self.config, self.dtype = config, dtype
        self.weights = {name: np.asarray(array, dtype) for name, array in weights.items()}
        self.output = self.weights["embedding.weight" if config.tie_weights else "output.weight"]

    def start(self, streams: int) -> tuple[Array, ...]:
        """The empty state of B streams: (L, B, H) each part, and the last tokens, (N - 1, B)."""
        shape = (self.config.num_layers, streams, self.config.hidden_size)
        parts = 2 if self.config.cell == "lstm" else 1
        state: tuple[Array, ...] = tuple(np.zeros(shape, self.dtype) for _ in range(parts))
        return (*state, np.zeros((self.config.ngrams - 1, streams), np.int64))

    def read(self, ids: IdArray, state: tuple[Array, ...] | None = None) -> Trace:
        """The trace of ids, int64 (T, B).  state: as `start` gives it; None: empty."""
        *parts, last = self.start(ids.shape[1]) if state is None else state
        embeddings = self.weights["embedding.weight"][ids]
        tokens = np.concatenate([last, ids + 1])  # (N - 1 + T, B); 0 is no token
        added = self._ngrams(tokens)
        x = sum(added, embeddings)
        layers = []
        for index in range(self.config.num_layers):
            layers.append(self._layer(index, x, tuple(part[index] for part in parts)))
            x = layers[-1].y
        after = zip(*(_last(layer) for layer in layers), strict=True)
        return Trace(
            embeddings,
            added,
            layers,
            logits=x @ self.output.T + self.weights["output.bias"],
            state=(*(np.stack(part) for part in after), tokens[len(tokens) - len(last) :]),
        )

    def _ngrams(self, tokens: IdArray) -> list[Array]:
        config = self.config
        if config.ngrams == 1:
            return []
        table, up = self.weights["ngrams.weight"], self.weights["ngrams_up.weight"]
        rows = ngrams.rows(tokens, config.ngrams, config.ngram_buckets)
        return [table[each] @ up.T for each in rows]

    def _layer(self, index: int, x: Array, state: tuple[Array, ...]) -> LayerTrace:
        """x: (T, B, width).  state: (B, H) each."""
        own = f"layers.{index}."
        step = self._lstm_step if self.config.cell == "lstm" else self._gru_step
        inputs = x @ self.weights[f"{own}weight_ih_l0"].T + self.weights[f"{own}bias_ih_l0"]
        u, d = self.weights[f"{own}weight_hh_l0"].T, self.weights[f"{own}bias_hh_l0"]
        states, gates = [state], []
        for row in inputs:
            found, after = step(row, states[-1][0] @ u + d, states[-1])
            gates.append(found)
            states.append(after)
        # Of all steps: (T + 1, B, H) each part of the state, and (T, B, H) each gate.
        carried = [np.stack(part) for part in zip(*states, strict=True)]
        names = (*GATE_NAMES[self.config.cell], *(() if self.config.cell == "lstm" else ("inner",)))
        kept = dict(zip(names, (np.stack(gate) for gate in zip(*gates, strict=True)), strict=True))
        h = carried[0][1:]
        normed, inverse, y = self._norm(index, h)
        if self._has_skip(x):
            y = y + x
        return LayerTrace(
            x=x,
            before=tuple(part[:-1] for part in carried),
            inner=kept.pop("inner", None),
            gates=kept,
            memory=carried[-1][1:],
            h=h,
            normed=normed,
            inverse_deviation=inverse,
            y=y,
        )

    def _has_skip(self, x: Array) -> bool:
        return self.config.skip and x.shape[-1] == self.config.hidden_size

    def _norm(self, index: int, h: Array) -> tuple[Array | None, Array | None, Array]:
        """LayerNorm: what is kept of it for the way back, and what comes out."""
        if not self.config.norm:
            return None, None, h
        centred = h - h.mean(-1, keepdims=True)
        inverse = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
        normed = centred * inverse
        weight, bias = (self.weights[f"norms.{index}.{part}"] for part in ("weight", "bias"))
        return normed, inverse, normed * weight + bias

    @staticmethod
    def _lstm_step(
        inputs: Array, products: Array, state: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """inputs: W x + b; products: U h + d; both (B, 4H). Returns the gates, the next state."""
        i, f, g, o = np.split(inputs + products, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * state[1] + i * g
        return (i, f, g, o), (o * np.tanh(c), c)

    @staticmethod
    def _gru_step(
        inputs: Array, products: Array, state: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The same of (B, 3H); the last gate returned is a, which r multiplies."""
        (h,) = state
        wr, wz, wn = np.split(inputs, 3, axis=-1)
        ur, uz, a = np.split(products, 3, axis=-1)
        r, z = sigmoid(wr + ur), sigmoid(wz + uz)
        n = np.tanh(wn + r * a)
        return (r, z, n, a), (n + z * (h - n),)


def _last(layer: LayerTrace) -> tuple[Array, ...]:
    """The state (B, H) after the last token: memory is the last part of it."""
    return (layer.h[-1], layer.memory[-1]) if len(layer.before) == 2 else (layer.h[-1],)


def sigmoid(x: Array) -> Array:
    """s(x), without overflow for any x."""
    return 0.5 * (1 + np.tanh(0.5 * x))

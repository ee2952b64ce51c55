"""NumpyRuntime: the model in NumPy, ready in milliseconds, as fast as weights can be read.

One token of one stream touches every weight once and computes next to nothing besides, so its time
is memory traffic plus about 1 us for each NumPy call. Therefore:

- the first layer's input products depend on the token alone: they are kept, a row for each token;
- weights that are stored in fewer bytes are written once, straight into the layout of the products;
  of embeddings and n-grams only the rows that are read are made float32, each time they are;
- those of the other layers, and the output, are taken for all T tokens at once in `forward`;
- s(x) = (1 + tanh(x / 2)) / 2: the weights of sigmoid gates are halved beforehand (exact in
  binary), and one tanh serves all gates.

**A stream's logits are the same bits** whatever B is, whichever row it has, stepped or read whole,
and however many cores work. By construction: each row is multiplied by a block of the matrix in one
BLAS call (sgemv, reached through matmul) whose sizes depend on the config only, and all the rest is
elementwise or a sum over one row; see products.py. (It takes a BLAS that heeds sizes and not
addresses, as OpenBLAS does; another BLAS or processor may round differently, but then does so for
every B.)

The price: one product of all rows (sgemm) would be three times as fast on one core for B >= 64, but
its rounding follows the shape of the batch, and B = 1, where it would have to be padded, would take
three times as long. Rows are spread over the cores instead. Where streams come in groups that are
the same in any batch, such as the particles of one text, `step_groups` multiplies the rows of a
group at once (groups.py), by blocks laid out for that. A process that does only one of the two
writes one layout of the weights.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from rnngen.cores import cores
from rnngen.model import groups, ngrams
from rnngen.model.products import Linear, Matrix, Norm, Table, as_row
from rnngen.model.quantize import PackedTensor, packed_tensor
from rnngen.model.shapes import tensor_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from rnngen.config import ModelConfig
    from rnngen.model.runtime import FloatArray, IdArray, State

    Carried = tuple[FloatArray, ...]

P = TypeVar("P")
R = TypeVar("R")

STREAMS_PER_TASK = 32
"""More streams are split among threads; this many read each block often enough to hide its way."""
ROWS_PER_TASK = 64
"""The same where groups are multiplied at once."""


class NumpyRuntime:
    """The Runtime protocol in float32 NumPy. See the module for what it promises."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, FloatArray]) -> None:
        """weights: as `shapes.tensor_shapes` names them; of PackedWeights embeddings and n-grams
        stay as they are, others are copied.  ValueError: a wrong shape."""
        packed = {name: packed_tensor(weights, name) for name in tensor_shapes(config)}
        for name, shape in tensor_shapes(config).items():
            if packed[name].shape != shape:
                raise ValueError(f"{name} has shape {packed[name].shape}, expected {shape}.")
        self.config = config
        layer = {"lstm": _LSTMLayer, "gru": _GRULayer}[config.cell]
        self._embedding = packed["embedding.weight"]
        self._layers = [layer(config, packed, index) for index in range(config.num_layers)]
        self._first_inputs = Table(self._embedding, self._layers[0].inputs)
        self._ngrams = (
            _NGrams(config, packed, self._layers[0].inputs) if config.ngrams > 1 else None
        )
        output = "embedding.weight" if config.tie_weights else "output.weight"
        self._output = Linear(packed[output], packed["output.bias"].whole())

    def start(self, batch_size: int) -> State:
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        parts = 2 if self.config.cell == "lstm" else 1
        state = tuple(np.zeros(shape, np.float32) for _ in range(parts))
        if self._ngrams:
            state += (np.zeros((self.config.ngrams - 1, batch_size, 1), np.int64),)
        return state

    def step(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """See Runtime. The bits are `forward`'s."""
        logits, state = self._forward(ids[None], state)
        return logits[0], state

    def forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """See Runtime. The bits are those of T calls of `step`; raises ValueError as it does."""
        logits, state = self._forward(ids.T, state)
        return logits.swapaxes(0, 1), state

    def step_groups(
        self, ids: IdArray, state: State, sizes: Sequence[int]
    ) -> tuple[FloatArray, State]:
        """See Runtime. A group's bits are the same whatever other groups there are."""
        if not sum(sizes) == len(ids) == state[0].shape[1]:
            streams = f"ids of {len(ids)} streams, state of {state[0].shape[1]}"
            raise ValueError(f"{streams}, groups of {sum(sizes)}.")
        logits = np.empty((len(ids), self.config.vocab_size), np.float32)
        after = tuple(np.empty_like(part) for part in state)

        def work(task: groups.Task) -> None:
            # P rows are read, some of them twice to fill up their group; R of them are kept.
            # No stream is kept by two tasks, so threads never write one place.
            rows, kept = task.rows, task.rows[task.kept]
            found, states = self._forward_streams(
                ids[None, rows], tuple(part[:, rows] for part in state), task.size
            )
            logits[kept] = found[0, task.kept]
            for whole, part in zip(after, states, strict=True):
                whole[:, kept] = part[:, task.kept]

        _map(work, groups.tasks(sizes, ROWS_PER_TASK))
        return logits, after

    def _forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """Time comes first inside: ids (T, B) -> logits (T, B, V)."""
        streams = ids.shape[1]
        if streams != state[0].shape[1]:
            raise ValueError(f"ids of {streams} streams, state of {state[0].shape[1]}.")
        if streams <= STREAMS_PER_TASK:
            return self._forward_streams(ids, state)
        parts = [slice(i, i + STREAMS_PER_TASK) for i in range(0, streams, STREAMS_PER_TASK)]

        def work(part: slice) -> tuple[FloatArray, State]:
            return self._forward_streams(ids[:, part], tuple(whole[:, part] for whole in state))

        logits, states = zip(*_map(work, parts), strict=True)
        after = tuple(np.concatenate(part, axis=1) for part in zip(*states, strict=True))
        return np.concatenate(logits, axis=1), after

    def _forward_streams(
        self, ids: IdArray, state: State, size: int = 1
    ) -> tuple[FloatArray, State]:
        """size: how many rows are multiplied at once; above 1 it must divide the streams."""
        # (T, B, E) for the skip, and (T, B, gates): the first layer's W x + b, looked up.
        x, inputs = self._embedding.rows(ids), self._first_inputs(ids)
        recent: State = ()
        if self._ngrams:
            state, last = state[:-1], state[-1]  # last: (N - 1, B, 1)
            tokens = np.concatenate([last[..., 0], ids + 1])  # (N - 1 + T, B); 0 is no token
            recent = (tokens[len(tokens) - len(last) :, :, None],)
            # W (x + n) + b = (W x + b) + W n, so both may be looked up and added.
            added, products = self._ngrams(tokens, size)
            x += added
            inputs = inputs + products
        after = tuple(np.empty(part.shape, np.float32) for part in state)
        for index, layer in enumerate(self._layers):
            if index:  # all T at once: only U h must wait for the step before
                inputs = layer.inputs(x, size)
            x, carried = layer.forward(x, inputs, tuple(part[index] for part in state), size)
            for part, value in zip(after, carried, strict=True):
                part[index] = value
        return self._output(x, size), after + recent


class _Layer(ABC):
    """One recurrent layer with its norm and skip. The equations are in `torch/rnnlm.py`."""

    scales: tuple[float, ...]
    """Of each gate: scale * tanh(scale * x) + 1 - scale is s(x) at 1/2 and tanh(x) at 1."""
    summed: int
    """Gates, from the first, whose two biases are only ever added to one another."""

    def __init__(
        self, config: ModelConfig, weights: Mapping[str, PackedTensor], index: int
    ) -> None:
        self._size = config.hidden_size
        # (gates,): 1/2 for each row of a sigmoid gate, 1 for each of a tanh gate.
        scale = np.repeat(np.array(self.scales, np.float32), self._size)
        own = {
            name: weights[f"layers.{index}.{name}_l0"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        # The n gate of a GRU multiplies its recurrent bias by r, so that one must stay inside.
        cut = self.summed * self._size
        bias, inner_bias = own["bias_ih"].whole(), own["bias_hh"].whole()
        bias[:cut] += inner_bias[:cut]
        self._inner_bias = as_row(inner_bias[cut:])  # (1, H) of a GRU, (1, 0) of an LSTM
        self._matrix = Matrix(own["weight_hh"].scaled(scale))
        self.inputs = Linear(own["weight_ih"].scaled(scale), bias * scale)
        self._scale, self._shift = as_row(scale), as_row(1 - scale)
        self._skip = config.skip and own["weight_ih"].shape[1] == self._size
        self._norm = None
        if config.norm:
            norm = [weights[f"norms.{index}.{part}"].whole() for part in ("weight", "bias")]
            self._norm = Norm(*norm)

    def forward(
        self, x: FloatArray, inputs: FloatArray, carried: Carried, size: int
    ) -> tuple[FloatArray, Carried]:
        """x (T, B, width) and its products (T, B, gates) -> (T, B, H), and what is carried on."""
        y = np.empty((*inputs.shape[:2], self._size), np.float32)
        # carried: (B, H) each. Whatever depends on one step only is done before or after the loop.
        for position, gates in enumerate(inputs):
            carried = self.advance(gates, self._matrix(carried[0], size), *carried)
            y[position] = carried[0]
        if self._norm:
            y = self._norm(y)  # of what goes up; what is carried on stays as the cell made it
        if self._skip:
            y += x
        return y, carried

    @abstractmethod
    def advance(self, inputs: FloatArray, products: FloatArray, *carried: FloatArray) -> Carried:
        """inputs: products of x with all biases that are only added; products: those of h."""


class _LSTMLayer(_Layer):
    scales, summed = (0.5, 0.5, 1.0, 0.5), 4

    def advance(self, inputs: FloatArray, products: FloatArray, *carried: FloatArray) -> Carried:
        h, c = carried
        gates = inputs + products  # (B, 4H): W x + b + U h + d, with i, f and o already halved
        np.tanh(gates, out=gates)
        gates *= self._scale  # i, f, o = s(..) = tanh(../ 2) / 2 + 1/2;  g = tanh(..) as it is
        gates += self._shift
        size = self._size
        i, f = gates[:, :size], gates[:, size : 2 * size]
        g, o = gates[:, 2 * size : 3 * size], gates[:, 3 * size :]
        c = f * c  # c' = f * c + i * g; a new array, as the old state is the caller's
        i *= g
        c += i
        h = np.tanh(c)  # h' = o * tanh(c')
        h *= o
        return h, c


class _GRULayer(_Layer):
    scales, summed = (0.5, 0.5, 1.0), 2

    def advance(self, inputs: FloatArray, products: FloatArray, *carried: FloatArray) -> Carried:
        (h,) = carried
        size, both = self._size, 2 * self._size
        gates = (
            inputs[:, :both] + products[:, :both]
        )  # (B, 2H), halved: r, z = s(W x + b + U h + d)
        np.tanh(gates, out=gates)
        gates *= self._scale[:, :both]
        gates += self._shift[:, :both]
        r, z = gates[:, :size], gates[:, size:]
        n = products[:, both:] + self._inner_bias  # n = tanh(Wn x + bn + r * (Un h + dn))
        n *= r
        n += inputs[:, both:]
        np.tanh(n, out=n)
        change = h - n
        change *= z
        change += n  # (1 - z) * n + z * h = n + z * (h - n)
        return (change,)


class _NGrams:
    """What n-grams add to the embeddings, and so to the input products of the first layer.

    The way from D over E to the gates is one matrix, made beforehand.
    """

    def __init__(
        self, config: ModelConfig, weights: Mapping[str, PackedTensor], inputs: Linear
    ) -> None:
        self._longest, self._buckets = config.ngrams, config.ngram_buckets
        self._table = weights["ngrams.weight"]
        up = weights["ngrams_up.weight"].whole()  # (E, D)
        # (E + gates, D): what is added to x, and W up, what is added to W x. `Matrix` takes rows,
        # so W's product with each column of `up` is asked for.
        both = np.concatenate([up, inputs.matrix(up.T, 1).T])
        self._linear = Linear(PackedTensor(both), np.zeros(len(both), np.float32))
        self._width = len(up)

    def __call__(self, tokens: IdArray, size: int) -> tuple[FloatArray, FloatArray]:
        """tokens: as `ngrams.rows` takes them -> (T, B, E) and (T, B, gates)."""
        # N - 1 arrays (T, B) of rows in the table; their embeddings are added up: (T, B, D).
        first, *others = ngrams.rows(tokens, self._longest, self._buckets)
        embeddings = self._table.rows(first)
        for rows in others:
            embeddings += self._table.rows(rows)
        products = self._linear(embeddings, size)
        return products[..., : self._width], products[..., self._width :]


def _map(work: Callable[[P], R], parts: Sequence[P]) -> list[R]:
    """What `work` makes of each part, in order, side by side where there are cores for it."""
    if len(parts) == 1 or cores() == 1:
        return [work(part) for part in parts]
    return list(_pool().map(work, parts))


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Threads that compute rows side by side: NumPy lets go of the interpreter in a product."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(cores(), thread_name_prefix="rnngen")

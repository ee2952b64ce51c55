"""How much each token moved the probability of each later one: exact gradients, in NumPy.

The log-probability of token i, as the model gave it after token i - 1, is differentiated by what
the model read at every earlier place. Two figures come of one way back:

    connectivity[i, j]   the length of the gradient by the vector read at j: what the first layer
                         got there, the token's embedding and those of the n-grams that end there
    effect[i, j]         the derivative by a factor 1 on all that token j takes part in: its
                         embedding, and every n-gram that holds it. Positive: the token made i
                         likelier. A first-order estimate of what would be lost without it.

The equations of the way back, with dh the gradient of h' and * elementwise:

    LayerNorm  dn = dy w      dh = (dn - mean(dn) - n mean(dn n)) / deviation
    LSTM  dc = dc' + dh o (1 - tanh^2 c')     do = dh tanh(c') o (1 - o)
          di = dc g i (1 - i)     df = dc c f (1 - f)     dg = dc i (1 - g^2)
          dh = U^T (di, df, dg, do)     dx = W^T (the same)     carried on: dc f
    GRU   dn = dh (1 - z) (1 - n^2)     dr = dn a r (1 - r)     dz = dh (h - n) z (1 - z)
          dh = dh z + U^T (dr, dz, dn r)     dx = W^T (dr, dz, dn)

Many targets go back side by side, since all share one forward pass: B below is that of targets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from rnngen.analysis.trace import Array, IdArray, LayerTrace, Trace, Tracer

TARGETS_AT_ONCE = 64
"""They share each product of the way back; more would take memory and save no time."""


class Influence(NamedTuple):
    """What earlier tokens did to later ones, in nats. Row i is of target i, column j of input j.

    Input j is the token before target j, so of row i only the columns up to i are not zero.
    """

    connectivity: Array
    """(T, T), at least 0."""
    effect: Array
    """(T, T)."""


def influence(tracer: Tracer, trace: Trace, targets: IdArray) -> Influence:
    """trace: of one stream of T inputs.  targets: (T,), the token after each input."""
    size = len(targets)
    connectivity, effect = (np.zeros((size, size), tracer.dtype) for _ in range(2))
    for first in range(0, size, TARGETS_AT_ONCE):
        last = min(first + TARGETS_AT_ONCE, size)
        # No target of this group has seen an input after `last`.
        gradients = _input_gradients(tracer, trace, targets, first, last)  # (B, last, E)
        connectivity[first:last, :last] = np.sqrt((gradients**2).sum(-1))
        effect[first:last, :last] = _effects(trace, gradients)
    return Influence(connectivity, effect)


def _effects(trace: Trace, gradients: Array) -> Array:
    """(B, P): the gradient times what each token takes part in.  gradients: (B, P, E).

    The n-gram of n tokens that ends at k is of the tokens k - n + 1 .. k.
    """
    steps = gradients.shape[1]

    def along(vectors: Array) -> Array:
        products: Array = np.einsum("bpe,pe->bp", gradients, vectors[:steps, 0])
        return products

    effects = along(trace.embeddings)
    for length, vectors in enumerate(trace.ngrams, start=2):
        ending = along(vectors)
        for back in range(length):
            effects[:, : steps - back] += ending[:, back:]
    return effects


def _input_gradients(
    tracer: Tracer, trace: Trace, targets: IdArray, first: int, last: int
) -> Array:
    """The gradient of ln p of each target in [first, last) by each of the first `last` inputs.

    Returns (B, last, E).
    """
    rows = np.arange(first, last)
    logits = trace.logits[first:last, 0]
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    p *= -1
    p[np.arange(len(rows)), targets[rows]] += 1  # d ln p / d logits = one-hot - p
    dy = np.zeros((len(rows), last, trace.layers[-1].y.shape[-1]), tracer.dtype)
    dy[np.arange(len(rows)), rows] = p @ tracer.output
    for index in reversed(range(len(trace.layers))):
        dy = _layer(tracer, index, trace.layers[index], dy, first)
    return dy


def _layer(tracer: Tracer, index: int, layer: LayerTrace, dy: Array, first: int) -> Array:
    """From the gradient of what a layer gives, (B, P, H), to that of what it reads.

    first: the target of row 0; target i is reached from inputs up to i, and from no later one.
    """
    dh = _norm(tracer, index, layer, dy)
    w = tracer.weights[f"layers.{index}.weight_ih_l0"]
    u = tracer.weights[f"layers.{index}.weight_hh_l0"]
    step = _lstm_step if tracer.config.cell == "lstm" else _gru_step
    dx = np.zeros((*dy.shape[:2], layer.x.shape[-1]), tracer.dtype)
    carried = tuple(np.zeros_like(dh[:, 0]) for _ in layer.before)  # of h and c, or of h
    for t in reversed(range(dy.shape[1])):
        # Targets before t have not begun their way back: their rows are zeros.
        begun = slice(max(0, t - first), None)
        now = tuple(part[begun] for part in carried)
        from_input, from_state, direct = step(layer, t, dh[begun, t] + now[0], now)
        dx[begun, t] = from_input @ w
        now[0][:] = from_state @ u
        # What needs no matrix: of an LSTM it goes to c, of a GRU to h, by its update gate.
        if len(now) == 2:
            now[1][:] = direct
        else:
            now[0][:] += direct
    has_skip = tracer.config.skip and dx.shape[-1] == dy.shape[-1]
    return dx + dy if has_skip else dx


def _norm(tracer: Tracer, index: int, layer: LayerTrace, dy: Array) -> Array:
    if layer.normed is None or layer.inverse_deviation is None:
        return dy
    n = layer.normed[: dy.shape[1], 0]
    dn = dy * tracer.weights[f"norms.{index}.weight"]
    centred = dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)
    return centred * layer.inverse_deviation[: dy.shape[1], 0]  # type: ignore[no-any-return]


def _lstm_step(
    layer: LayerTrace, t: int, dh: Array, carried: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Returns the gradient of W x and that of U h, (B, 4H) and here the same; then that of c."""
    i, f, g, o = (gate[t, 0] for gate in layer.gates.values())
    tanh_c = np.tanh(layer.memory[t, 0])
    dc = carried[1] + dh * (o * (1 - tanh_c**2))
    rows = np.concatenate(
        [
            dc * (g * i * (1 - i)),
            dc * (layer.before[1][t, 0] * f * (1 - f)),
            dc * (i * (1 - g**2)),
            dh * (tanh_c * o * (1 - o)),
        ],
        axis=-1,
    )
    return rows, rows, dc * f


def _gru_step(
    layer: LayerTrace, t: int, dh: Array, carried: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Returns the gradient of W x, that of U h, (B, 3H) each, and what h gets directly."""
    r, z, n = (gate[t, 0] for gate in layer.gates.values())
    assert layer.inner is not None
    dn = dh * ((1 - z) * (1 - n**2))
    dr = dn * (layer.inner[t, 0] * r * (1 - r))
    dz = dh * ((layer.before[0][t, 0] - n) * z * (1 - z))
    return (
        np.concatenate([dr, dz, dn], axis=-1),
        np.concatenate([dr, dz, dn * r], axis=-1),
        dh * z,
    )

"""From a model's logits to one token a row: pure rules, each (B, V) -> (B, V), and `draw`.

A rule takes tokens away by setting them to -inf; none takes away the last one. The order is fixed:

    forbid       mask first: truncating before it could leave only forbidden tokens
    repetition   on the model's own logits, as published
    bias         after repetition, so that what the user adds is not scaled by it
    temperature  0 keeps the likeliest token only
    top_k, top_p, min_p, typical   each on what the one before left, renormalised

Logits are float32 or float64, and a result has the dtype of what it came from. A row's result is
the same to the last bit whatever batch it is in: every sum runs along one contiguous row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.model.softmax import log_softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.floating[Any]]
    IdArray = NDArray[np.int64]


def forbid(logits: FloatArray, forbidden: BoolArray) -> FloatArray:
    """Logits without the forbidden tokens.

    forbidden: (V,) for all rows or (B, V); must leave each row a token.
    """
    return np.where(forbidden, -np.inf, logits).astype(logits.dtype, copy=False)


def repetition(logits: FloatArray, recent: Sequence[Sequence[int]], penalty: float) -> FloatArray:
    """Logits in which tokens written lately are less likely (CTRL, Keskar et al. 2019).

    recent: for each row the ids it wrote lately; how often makes no difference.
    penalty: 1 changes nothing; a positive logit is divided by it, a negative one multiplied.
    The rule depends on where a model puts its zero, so it wants the model's own logits. Given
    log-probabilities, which are never positive, it raises p to the power `penalty`: almost
    nothing for a token that is nearly certain, and those are the ones that loop.
    """
    if penalty == 1:
        return logits
    seen = np.zeros(logits.shape, dtype=np.bool_)
    for row, ids in enumerate(recent):
        seen[row, list(ids)] = True
    penalised = np.where(logits > 0, logits / penalty, logits * penalty)
    return np.asarray(np.where(seen, penalised, logits))


def bias(logits: FloatArray, weights: FloatArray) -> FloatArray:
    """Logits plus `weights`, nats, (V,) for all rows or (B, V); forbidden tokens stay forbidden."""
    return logits + weights.astype(logits.dtype, copy=False)


def temperature(
    logits: FloatArray,
    value: float | FloatArray,
    *,
    dtype: type[np.floating[Any]] | None = None,
) -> FloatArray:
    """Logits divided by the temperature, less a constant that makes each row's highest 0.

    value: one number or one a row, (B,). 0 keeps the row's likeliest token, the lowest id on ties.
    dtype: to divide in, and of the result; by default the logits' own.
    """
    dtype = dtype or logits.dtype.type
    value = np.broadcast_to(np.asarray(value, dtype=dtype), logits.shape[:1])
    below = (logits - logits.max(axis=1, keepdims=True)).astype(dtype, copy=False)
    cold = value <= 0
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the highest to -inf
        warm = below / np.where(cold, 1, value).astype(dtype)[:, None]
    if not cold.any():
        return np.asarray(warm)
    likeliest = np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None]
    return np.where(cold[:, None], forbid(np.zeros_like(below), ~likeliest), warm)


def top_k(logits: FloatArray, k: int) -> FloatArray:
    """The k highest logits of each row, never more: of equal ones the lowest ids are kept."""
    if k >= logits.shape[1]:
        return logits
    lowest = -np.partition(-logits, k - 1, axis=1)[:, k - 1 : k]
    return _keep_best(logits, lowest, np.full(len(logits), k))


def top_p(logits: FloatArray, p: float) -> FloatArray:
    """The fewest tokens of each row that together have probability `p` (Holtzman et al. 2020).

    The likeliest first, of equal ones the lowest ids; 1 keeps every token.
    """
    if p >= 1:
        return logits
    ordered = -np.sort(-logits, axis=1)
    count = _count_to(_weights(ordered), p)
    lowest = np.take_along_axis(ordered, count[:, None] - 1, axis=1)
    return _keep_best(logits, lowest, count)


def min_p(logits: FloatArray, p: float) -> FloatArray:
    """The tokens at least `p` times as likely as the row's likeliest (Nguyen et al. 2024).

    0 keeps every token.
    """
    if p <= 0:
        return logits
    return forbid(logits, logits < logits.max(axis=1, keepdims=True) + math.log(p))


def typical(logits: FloatArray, mass: float) -> FloatArray:
    """The tokens whose surprise is nearest the row's entropy, together of probability `mass`.

    Of equally near ones the lowest ids; 1 keeps every token (Meister et al. 2023).
    """
    if mass >= 1:
        return logits
    log_p = log_softmax(logits.astype(np.float64))
    p = np.exp(log_p)
    entropy = -(p * np.where(p > 0, log_p, 0)).sum(axis=1, keepdims=True)
    order = np.argsort(np.abs(log_p + entropy), axis=1, kind="stable")
    count = _count_to(np.take_along_axis(p, order, axis=1), mass)
    keep = np.zeros(logits.shape, dtype=np.bool_)
    np.put_along_axis(keep, order, np.arange(logits.shape[1]) < count[:, None], axis=1)
    return forbid(logits, ~keep)


def truncate(logits: FloatArray, config: SampleConfig, temperatures: FloatArray) -> FloatArray:
    """What temperature and the four truncations leave, in the order above.

    temperatures: (B,), used in place of the config's, which may hold several.
    """
    if (temperatures != 1).any():
        logits = temperature(logits, temperatures)
    if config.top_k is not None:
        logits = top_k(logits, config.top_k)
    if config.top_p is not None:
        logits = top_p(logits, config.top_p)
    if config.min_p is not None:
        logits = min_p(logits, config.min_p)
    if config.typical is not None:
        logits = typical(logits, config.typical)
    return logits


def draw(logits: FloatArray, uniforms: NDArray[np.float64]) -> IdArray:
    """One token a row, int64 (B,): the first whose cumulative probability exceeds the uniform.

    logits: need not be normalised; log-probabilities do as well.  uniforms: (B,), each in [0, 1).
    """
    cumulative = np.cumsum(_weights(logits), axis=1, dtype=np.float64)
    return np.asarray((cumulative > uniforms[:, None] * cumulative[:, -1:]).argmax(axis=1))


def _weights(logits: FloatArray) -> FloatArray:
    """Unnormalised probabilities: 1 for the highest of each row."""
    return np.asarray(np.exp(logits - logits.max(axis=1, keepdims=True)))


def _count_to(weights: FloatArray, share: float) -> IdArray:
    """How many leading weights of each row reach `share` < 1 of the row's total; at least one."""
    cumulative = np.cumsum(weights, axis=1, dtype=np.float64)
    return np.asarray((cumulative < share * cumulative[:, -1:]).sum(axis=1) + 1)


def _keep_best(logits: FloatArray, lowest: FloatArray, count: IdArray) -> FloatArray:
    """The `count` (B,) highest of each row, the last of them being `lowest` (B, 1)."""
    above, ties = logits > lowest, logits == lowest
    room = (count - above.sum(axis=1))[:, None]
    return forbid(logits, ~(above | (ties & (np.cumsum(ties, axis=1) <= room))))

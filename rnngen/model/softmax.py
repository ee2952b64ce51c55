"""Probabilities from a model's logits. A row's result has the same bits whatever batch it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.floating[Any]]
    IdArray = NDArray[np.int64]


def log_softmax(logits: FloatArray) -> FloatArray:
    """Natural log-probabilities (B, V): each row's exponentials sum to 1."""
    below, total = _exponentials(logits, logits.max(axis=1, keepdims=True))
    return below - np.log(total)


def log_probability(logits: FloatArray, ids: IdArray) -> NDArray[np.float64]:
    """The natural log-probability of one token a row, (B,): log_softmax, for `ids` only."""
    below, total = _exponentials(logits, logits.max(axis=1, keepdims=True))
    logs = below[np.arange(len(ids)), ids] - np.log(total[:, 0].astype(np.float64))
    return np.asarray(logs, dtype=np.float64)


def log_sum_exp(logits: FloatArray) -> NDArray[np.float64]:
    """log of the sum of exponentials of each row, (B,): what log_softmax subtracts.

    Summed in float64. Rows without a finite logit do no harm: they give -690 or inf.
    """
    top = logits.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    below = np.ascontiguousarray(logits - top)
    total = np.exp(below, out=below).sum(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(top[:, 0] + np.log(np.maximum(total[:, 0], 1e-300)))


def _exponentials(logits: FloatArray, top: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Logits less `top`, (B, V), and the sum of their exponentials, (B, 1).

    Subtracting the highest keeps exp from overflowing.
    """
    below = np.ascontiguousarray(logits - top)
    return below, np.exp(below).sum(axis=1, keepdims=True)

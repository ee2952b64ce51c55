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
    below = np.ascontiguousarray(logits - logits.max(axis=1, keepdims=True))
    total: FloatArray = np.exp(below).sum(axis=1, keepdims=True)
    return below - np.log(total)


def log_probability(logits: FloatArray, ids: IdArray) -> NDArray[np.float64]:
    """The natural log-probability of one token a row, (B,): log_softmax, for `ids` only."""
    below = np.ascontiguousarray(logits - logits.max(axis=1, keepdims=True))
    total = np.exp(below).sum(axis=1).astype(np.float64)
    return np.asarray(below[np.arange(len(ids)), ids] - np.log(total), dtype=np.float64)

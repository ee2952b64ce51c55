"""Training that begins with the weights of a trained model in place of random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.checkpoint import Model

    Weights = dict[str, NDArray[np.float32]]


def initial_weights(model: Model, vocab_size: int) -> Weights:
    """The weights of `model`, with rows for tokens that its vocabulary lacks: V up to vocab_size.

    A new token begins as the mean of all: in the embedding, and where that is not the output layer
    as well, with an output row of zeros. Its bias is that of the rarest token.
    """
    new = vocab_size - model.config.vocab_size
    weights = {name: array.copy() for name, array in model.weights.items()}
    if new == 0:
        return weights
    fills = {
        "embedding.weight": weights["embedding.weight"].mean(axis=0),
        "output.weight": np.zeros(model.config.hidden_size, np.float32),
        "output.bias": weights["output.bias"].min(),
    }
    for name in fills.keys() & weights.keys():
        old = weights[name]
        rows = np.broadcast_to(fills[name], (new, *old.shape[1:]))
        weights[name] = np.concatenate([old, rows]).astype(np.float32)
    return weights

"""Training that begins with the weights of a trained model in place of random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.checkpoint import Model
    from rnngen.tokenizers.base import Tokenizer

    Weights = dict[str, NDArray[np.float32]]


def initial_weights(model: Model, tokenizer: Tokenizer) -> Weights:
    """The weights of `model`, with rows for tokens that only `tokenizer`, its extension, has.

    A new token begins as the mean of all: in the embedding, and where that is not the output layer
    as well, with an output row of zeros. Its bias is that of the rarest token.

    tokens   text of the model | new of the text | labels of the model | new labels
    """
    old_labels = len(model.tokenizer.labels)
    old_text = model.config.vocab_size - old_labels
    new_text = tokenizer.vocab_size - len(tokenizer.labels) - old_text
    new_labels = len(tokenizer.labels) - old_labels
    weights = {name: array.copy() for name, array in model.weights.items()}
    if new_text == new_labels == 0:
        return weights
    fills = {
        "embedding.weight": weights["embedding.weight"].mean(axis=0),
        "output.weight": np.zeros(model.config.hidden_size, np.float32),
        "output.bias": weights["output.bias"].min(),
    }
    for name in fills.keys() & weights.keys():
        old = weights[name]
        text, labels = (
            np.broadcast_to(fills[name], (count, *old.shape[1:]))
            for count in (new_text, new_labels)
        )
        rows = (old[:old_text], text, old[old_text:], labels)
        weights[name] = np.concatenate(rows).astype(np.float32)
    return weights

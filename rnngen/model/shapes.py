"""Which tensors a model is made of, known from its config alone.

A checkpoint is checked against this, both runtimes read it, and `model.RNNLM` is tested to agree.
The shape letters are those of `torch/rnnlm.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnngen.config import ModelConfig

GATES = {"lstm": 4, "gru": 3}


def tensor_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The name and shape of every tensor, named as in `RNNLM.state_dict()`.

    A model with tied weights has no `output.weight`: it is `embedding.weight`.
    """
    vocab, hidden = config.vocab_size, config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocab, config.embedding_dim)}
    if config.ngrams > 1:
        shapes["ngrams.weight"] = (config.ngram_buckets, config.ngram_dim)
        shapes["ngrams_up.weight"] = (config.embedding_dim, config.ngram_dim)
    for layer in range(config.num_layers):
        rows = GATES[config.cell] * hidden
        width = hidden if layer else config.embedding_dim
        shapes[f"layers.{layer}.weight_ih_l0"] = (rows, width)
        shapes[f"layers.{layer}.weight_hh_l0"] = (rows, hidden)
        shapes[f"layers.{layer}.bias_ih_l0"] = (rows,)
        shapes[f"layers.{layer}.bias_hh_l0"] = (rows,)
        if config.norm:
            shapes[f"norms.{layer}.weight"] = (hidden,)
            shapes[f"norms.{layer}.bias"] = (hidden,)
    if not config.tie_weights:
        shapes["output.weight"] = (vocab, hidden)
    shapes["output.bias"] = (vocab,)
    return shapes


def parameter_count(config: ModelConfig) -> int:
    """How many numbers are trained; tied weights count once."""
    return sum(math.prod(shape) for shape in tensor_shapes(config).values())


def weights_per_token(config: ModelConfig) -> int:
    """How many weights a token is multiplied by: layers and output, but no tables of rows."""
    layers = sum(
        math.prod(shape)
        for name, shape in tensor_shapes(config).items()
        if name.startswith("layers.") and len(shape) > 1
    )
    return layers + config.vocab_size * config.hidden_size

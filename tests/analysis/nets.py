"""Models with random weights, in float64, and layers whose gates are set by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen.analysis.trace import GATE_NAMES
from rnngen.config import ModelConfig
from rnngen.model.shapes import tensor_shapes

Weights = dict[str, NDArray[Any]]
OPEN, SHUT = 40.0, -40.0
"""Biases that hold a gate at 1 or at 0, as far as float64 can tell."""


def random_net(seed: int = 7, **settings: Any) -> tuple[ModelConfig, Weights]:
    sizes = {"embedding_dim": 6, "hidden_size": 6, "num_layers": 2}
    sizes |= {"ngrams": 3, "ngram_buckets": 5000, "ngram_dim": 4}
    config = ModelConfig(**{"vocab_size": 30, **sizes, **settings})
    rng = np.random.default_rng(seed)
    return config, {
        name: rng.normal(0, 1.5 / np.sqrt(shape[-1]), shape)
        for name, shape in tensor_shapes(config).items()
    }


def blank_net(**settings: Any) -> tuple[ModelConfig, Weights]:
    """One layer without norm and skip, whose embedding is one-hot and whose weights are zeros."""
    sizes = {"hidden_size": 4, "num_layers": 1, "norm": False, "skip": False, "ngrams": 1}
    config = ModelConfig(**{"vocab_size": 257, "embedding_dim": 257, **sizes, **settings})
    weights = {name: np.zeros(shape) for name, shape in tensor_shapes(config).items()}
    weights["embedding.weight"] = np.eye(config.vocab_size)
    return config, weights


def gate(config: ModelConfig, weights: Weights, name: str, unit: int) -> tuple[int, Weights]:
    """The row of a unit's gate, and the layer's weights by their short names, to be written to."""
    row = GATE_NAMES[config.cell].index(name) * config.hidden_size + unit
    short = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return row, {part: weights[f"layers.0.{part}_l0"] for part in short}


def set_bias(config: ModelConfig, weights: Weights, name: str, unit: int, value: float) -> None:
    """Hold a gate of a unit at s(value)."""
    row, layer = gate(config, weights, name, unit)
    layer["bias_ih"][row] = value


def set_token(
    config: ModelConfig, weights: Weights, name: str, unit: int, token: int, value: float
) -> None:
    """Move a gate of a unit by `value` whenever the token is read."""
    row, layer = gate(config, weights, name, unit)
    layer["weight_ih"][row, token] = value


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))

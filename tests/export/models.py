"""Models of every shape and tokenizer, with random weights, to be exported."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np

from rnngen.checkpoint import Model
from rnngen.config import CELLS, ModelConfig
from rnngen.model.shapes import tensor_shapes
from tests.tokenizers.test_every_kind import tokenizer_of

SIZES = {"vocab_size": 37, "hidden_size": 12, "ngram_buckets": 101, "ngram_dim": 6}


def every_shape() -> list[ModelConfig]:
    """Cells, layers, norm, skip, tied weights and n-grams in every combination."""
    return [
        ModelConfig(
            cell=cell,
            num_layers=num_layers,
            norm=norm,
            skip=skip,
            tie_weights=tied,
            ngrams=ngrams,
            embedding_dim=12 if tied or norm else 10,
            **SIZES,
        )
        for cell, num_layers, norm, skip, tied, ngrams in itertools.product(
            CELLS, (1, 3), (False, True), (False, True), (False, True), (1, 2, 4)
        )
    ]


def shape_name(config: ModelConfig | str) -> str:
    """For the names of tests; a string is one."""
    if isinstance(config, str):
        return config
    flags = [name for name in ("norm", "skip", "tie_weights") if getattr(config, name)]
    return "-".join([config.cell, str(config.num_layers), *flags, f"{config.ngrams}gram"])


def random_weights(config: ModelConfig, seed: int = 7) -> dict[str, Any]:
    """Large enough that gates open and shut, and that a mix-up of any two tensors shows."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 1 / np.sqrt(shape[-1]), shape).astype(np.float32)
        for name, shape in tensor_shapes(config).items()
    }


@cache
def model_of(
    kind: str, *, continuous: bool = False, storage: str = "fp32", **settings: Any
) -> Model:
    """A model with a tokenizer of English: "char", "byte", "bpe" or "unigram"."""
    tokenizer = tokenizer_of(kind)
    sizes = {**SIZES, "embedding_dim": 12, "num_layers": 2, "ngrams": 3}
    config = ModelConfig(**{**sizes, **settings, "vocab_size": tokenizer.vocab_size})
    return Model(config, random_weights(config), tokenizer, continuous, {}, storage=storage)

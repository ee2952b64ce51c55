"""Small models for tests that need a whole checkpoint: random weights, no training."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from rnngen.checkpoint import Model
from rnngen.config import ModelConfig
from rnngen.model.shapes import tensor_shapes
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.labelled import LabelledTokenizer


def small_model(seed: int = 0, *, continuous: bool = False, **settings: Any) -> Model:
    """A model of bytes with random weights."""
    tokenizer = ByteTokenizer()
    sizes = {"embedding_dim": 8, "hidden_size": 8, "num_layers": 1}
    sizes |= {"ngrams": 3, "ngram_buckets": 50, "ngram_dim": 4}
    config = ModelConfig(**{"vocab_size": 257, **sizes, **settings})
    rng = np.random.default_rng(seed)
    weights = {
        name: (rng.standard_normal(shape) * 0.3).astype(np.float32)
        for name, shape in tensor_shapes(config).items()
    }
    return Model(config, weights, tokenizer, continuous, {"metrics": {}, "created": "2000-01-01"})


def labelled_model(*labels: str, seed: int = 0) -> Model:
    """A model of bytes and labels with random weights."""
    model = small_model(seed, vocab_size=257 + len(labels))
    return dataclasses.replace(model, tokenizer=LabelledTokenizer(ByteTokenizer(), labels))

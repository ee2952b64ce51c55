"""The shape of a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rnngen.config.base import Config, setting

CELLS = ("lstm", "gru")
LARGEST = {
    "vocab_size": 1 << 24,
    "embedding_dim": 1 << 16,
    "hidden_size": 1 << 16,
    "num_layers": 64,
    "ngrams": 16,
    "ngram_buckets": 1 << 28,
    "ngram_dim": 1 << 16,
}
"""A checkpoint of unknown origin may say anything, and each number is built from before it is
compared with the tensors that are there."""
GROUP = "Model"
chosen = partial(setting, group=GROUP, is_chosen=True)


@dataclass(frozen=True)
class ModelConfig(Config):
    """The shape of a model: enough to build it, together with its weights."""

    vocab_size: int = setting("Number of tokens the model knows.")
    cell: str = setting(
        "Recurrent cell: lstm (long memory) or gru (fewer weights).",
        "lstm",
        group=GROUP,
        choices=CELLS,
    )
    embedding_dim: int = chosen("Size of the embedding of a token.", 256)
    hidden_size: int = chosen("Units in each recurrent layer.", 256)
    num_layers: int = chosen("Number of recurrent layers.", 2)
    dropout: float = chosen("Share of activations dropped in training.", 0.0)
    tie_weights: bool = chosen("Use the embedding as the output layer, too.", False)
    norm: bool = setting("Apply LayerNorm after each recurrent layer.", True, group=GROUP)
    skip: bool = setting(
        "Add the input of a layer to its output if the widths match.", True, group=GROUP
    )
    ngrams: int = chosen("Also read the last 2 to N tokens as one. 1 turns this off.", 1)
    ngram_buckets: int = chosen("Rows of the table that all n-grams share by hashing.", 16384)
    ngram_dim: int = chosen("Size of the embedding of an n-gram.", 64)

    def __post_init__(self) -> None:
        self._check_types()
        for name, most in LARGEST.items():
            self._check_integer(name, 1, most=most)
        self._check_choice("cell", CELLS)
        self._check_number("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._check(
            "tie_weights",
            not self.tie_weights or self.embedding_dim == self.hidden_size,
            "off unless `embedding_dim` equals `hidden_size`",
        )

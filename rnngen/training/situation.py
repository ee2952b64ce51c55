"""What the recipe looks at: the text, the machine, and the model to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnngen.config import ModelConfig

FLOPS_PER_CORE = 33e9
"""What one core of a common laptop or server does in fp32 while training (AVX2)."""
FLOPS_PER_GPU = 5e12
MANY_TOKENS = 1000
"""In a vocabulary; with so many, they are words or parts of words, whose n-grams come seldom."""


@dataclass(frozen=True)
class Situation:
    """What the recipe looks at."""

    num_tokens: int
    """Tokens to train on, held-out ones not counted."""
    held_out: int
    """Tokens held out."""
    vocab_size: int
    cores: int = 1
    device: str = "cpu"
    pretrained: ModelConfig | None = None
    """The model whose training goes on, if there is one; its shape stays."""

    @property
    def has_words(self) -> bool:
        """Whether the tokens are words or parts of words."""
        return self.vocab_size >= MANY_TOKENS

    @property
    def flops(self) -> float:
        """Operations that the machine does in a second of training."""
        return FLOPS_PER_GPU if self.device == "cuda" else FLOPS_PER_CORE * self.cores

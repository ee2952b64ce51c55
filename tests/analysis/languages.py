"""Made languages of which it is known what a model must have to read them, and comparisons."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.precision import PRECISION

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL: dict[str, Any] = {
    "num_layers": 1,
    "ngrams": 1,
    "batch_size": 8,
    "seq_len": 32,
    "device": "cpu",
    "precision": PRECISION,
    "threads": 1,
    "novelty": False,
    "evaluations": 2,
}
"""Settings with which a run takes a second or two."""
BRACKETS = ["()", "[]", "{}", "<>"]
GAP = 20
"""Characters between a bracket and the one that closes it."""
LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Known:
    """A comparison whose answer is known."""

    text: Callable[[int], str]
    """Of a seed."""
    arguments: dict[str, Any]
    winner: str | None
    """None: both are equal."""


def brackets(seed: int) -> str:
    """Lines that end as they began, GAP characters later: 2 bits to guess in each."""
    rng = random.Random(seed)
    kinds = (rng.choice(BRACKETS) for _ in range(1500))
    return "".join(f"{opening}{'.' * GAP}{closing}\n" for opening, closing in kinds)


def pairs(seed: int, characters: int = 30_000) -> str:
    """Letters, each drawn by the one before, from shares that are drawn once for each letter."""
    rng = np.random.default_rng(seed)
    count = len(LETTERS)
    shares = rng.dirichlet([0.3] * count, size=count).cumsum(1)
    found, letter = [], 0
    for uniform in rng.random(characters):
        letter = min(int(np.searchsorted(shares[letter], uniform)), count - 1)
        found.append(LETTERS[letter])
    return "".join(found)


KNOWN = {
    # Gradients reach back within `seq_len` tokens only: 4 are not enough for a bracket 20 back.
    "brackets, seq_len 4 or 64": Known(
        brackets,
        {"cells": ["lstm"], "sizes": [16], "vary": {"seq_len": [4, 64]}, "steps": 150},
        "lstm-16-seq_len64",
    ),
    # The logits of H units have rank H, and with their bias and the norm of a row log-probabilities
    # have rank H + 2 (Yang et al. 2018). Those of 8 letters have rank 8 here, so 2 units must fail.
    "pairs, GRU of 2 or 16 units": Known(
        pairs, {"cells": ["gru"], "sizes": [2, 16], "steps": 100}, "gru-16"
    ),
    "pairs, LSTM of 2 or 16 units": Known(
        pairs, {"cells": ["lstm"], "sizes": [2, 16], "steps": 100}, "lstm-16"
    ),
    # Without n-grams their rate has no effect, so each seed gives the same run twice.
    "pairs, two rates of no n-grams": Known(
        pairs,
        {"cells": ["gru"], "sizes": [8], "vary": {"ngram_rate": [1.0, 5.0]}, "steps": 60},
        None,
    ),
}


def settings(known: Known) -> dict[str, Any]:
    """All arguments of `rnngen.compare` but the text and a name."""
    given = {**SMALL, "documents": "none", **known.arguments}
    return {name: value for name, value in given.items() if name not in given.get("vary", ())}

"""How far back a model holds a symbol: words of made text to be copied, and a small model for them.

A line of the made text is a word of random letters, a bar and the word again:

    cafbd|cafbd

After the bar nothing helps but memory: each letter stands as many characters back as the word has
letters, plus one for the bar. A word of n letters takes n letters' memory at once, so the probe
asks how much a state of this size can carry, not only for how long.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.analysis.trace import Tracer

if TYPE_CHECKING:
    from rnngen.analysis.trace import IdArray
    from rnngen.checkpoint import Model

LETTERS = "abcdefgh"
BAR = "|"
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Letters of the words that are tested."""
LEARNED = 24
"""Letters, at most, of words that are learned. Lengths are drawn so that short ones are often."""
CHARACTERS = 400_000
WORDS = 128
"""Tested, of each length."""
ENOUGH = 0.5
"""Accuracy, 0 for guessing and 1 for no error, from which on a symbol counts as held."""
SETTINGS: dict[str, Any] = {
    "hidden_size": 48,
    "embedding_dim": 48,
    "num_layers": 1,
    "ngrams": 1,
    "steps": 400,
    "batch_size": 32,
    "seq_len": 64,
    "dropout": 0.0,
    "patience": 0,
    "evaluations": 2,
    "documents": "line",
    "tokenizer": "char",
    "novelty": False,
    "seed": 0,
}
"""Of the little model: equal units for every cell, without n-grams, which would remember for it."""


@dataclass(frozen=True)
class ProbeResult:
    """What a cell held, of words that were not in its training text."""

    cell: str
    parameters: int
    accuracy: list[float]
    """Of each of LENGTHS: 0 for guessing, 1 for no error."""

    @property
    def reach(self) -> int:
        """The most characters back at which a symbol is held; 0 if none is."""
        held = [n + len(BAR) for n, a in zip(LENGTHS, self.accuracy, strict=True) if a >= ENOUGH]
        return max(held, default=0)

    to_dict = asdict


def made_text(seed: int = 0, *, characters: int) -> str:
    """Lines to learn from."""
    rng = np.random.default_rng([seed, 0])
    lines, size = [], 0
    while size < characters:
        line = _line(rng, round(float(LEARNED ** rng.random())))
        lines.append(line)
        size += len(line) + 1
    return "".join(f"{line}\n" for line in lines)


def _line(rng: np.random.Generator, length: int) -> str:
    word = "".join(LETTERS[k] for k in rng.integers(len(LETTERS), size=length))
    return f"{word}{BAR}{word}"


def accuracy(model: Model, length: int, seed: int = 0) -> float:
    """How often a model copies a letter of a word of `length` letters, corrected for chance.

    Its choice is the likeliest of the letters. Each line is read from an empty state.
    """
    rng = np.random.default_rng([seed, 1, length])
    lines = [model.tokenizer.encode(_line(rng, length)) for _ in range(WORDS)]
    ids: IdArray = np.array([[model.start_id, *line] for line in lines]).T  # (T, B)
    logits = Tracer(model.config, model.weights).read(ids).logits
    copied = slice(length + 1, 2 * length + 1)  # the bar, and all copied letters but the last
    letters = model.tokenizer.encode(LETTERS)
    chosen = letters[logits[copied][..., letters].argmax(-1)]
    share = float((chosen == ids[length + 2 :]).mean())
    chance = 1 / len(LETTERS)
    return (share - chance) / (1 - chance)


def probe(model: Model) -> ProbeResult:
    """What a model that learned from `made_text` holds."""
    parameters = sum(array.size for array in model.weights.values())
    found = [accuracy(model, length) for length in LENGTHS]
    return ProbeResult(model.config.cell, parameters, found)

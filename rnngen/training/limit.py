"""What limited a run: more of what would have made its model better?

The last evaluation says how well the model reads text it has not seen. Read without dropout, a part
of the text it was trained on says how well it could do. Far apart, the model knows its text by
heart, and only more text helps. Close together, it is the model or the time that is short, by how
many tokens it has read for each of its weights.
"""

from __future__ import annotations

import lzma
import random
from collections import Counter
from dataclasses import dataclass

from rnngen.training.recipe import TOKENS_PER_PARAMETER

FAR_APART = 0.08
"""Held-out loss above that of the training text, as a share of it: the text is known by heart."""
CLOSE = 0.03
"""Below this share dropout has nothing to prevent."""
NOTABLE_DROPOUT = 0.2
WELL_FED = 4 * TOKENS_PER_PARAMETER
"""Tokens read for each weight from which on a larger model would do better in the same time."""
ODD_REPEATS = 0.3
"""Share of the characters in lines that stood before, of lines long enough to be none by chance."""
LEAST_LINE = 20
ODD_DIGITS = 0.3
"""Share of digits among letters and digits."""
ODD_SIZE = 0.1
"""Compressed, prose takes 0.25 to 0.5 of its bytes, the same line over and over 0.01."""
ODD_ORDER = 0.97
"""Compressed, as a share of its characters shuffled and compressed: prose in any language takes
0.5 to 0.9, and 0.94 where it is short; random letters take 1."""
LEAST_CHARACTERS, MOST_CHARACTERS = 10_000, 100_000
"""Of less text compression says little about its order, and of more nothing else."""


@dataclass(frozen=True)
class Ending:
    """Where a run ended. Losses are in nats per token."""

    train: float
    """Of text it was trained on, without dropout."""
    valid: float
    """Of held-out text, by the same weights."""
    tokens: int
    """Read in training."""
    weights: int
    """Of the layers and the output."""
    dropout: float
    is_fine_tuned: bool = False
    """Its weights were trained before, so what they have read is not known."""


def what_limited(ending: Ending, oddness: str = "") -> tuple[str, str]:
    """What would help most, `text`, `time`, `size`, `dropout` or `oddness`, and a sentence why."""
    if oddness:
        return "oddness", f"another text. {oddness}"
    apart = ending.valid / max(ending.train, 1e-9) - 1
    losses = f"{ending.train:.3f} nats per token on text it has read, {ending.valid:.3f} on other"
    if apart >= FAR_APART:
        return "text", f"more text. The model knows this one too well: {losses} text."
    if apart < CLOSE and ending.dropout >= NOTABLE_DROPOUT:
        return "dropout", (
            f"less dropout than {ending.dropout:g}. The model knows its text no better than "
            f"other text: {losses}."
        )
    fed = ending.tokens / ending.weights
    if ending.is_fine_tuned:
        return "time", f"more time, or more text. The model has {losses} text."
    if fed < WELL_FED:
        return "time", (
            f"more time. The model has read {_rounded(fed)} tokens for each of its weights so far, "
            f"and reading up to {WELL_FED:.0f} pays."
        )
    return "size", (
        f"a larger model. This one has read {_rounded(fed)} tokens for each of its weights so far, "
        f"and has {losses} text."
    )


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def oddness(text: str) -> str:
    """What is odd about a text from which a model is to learn to write, a sentence; "" if nothing.

    A line over and over, numbers, or what has no order that could be learned.
    """
    lines = Counter(line for raw in text.split("\n") if len(line := raw.strip()) >= LEAST_LINE)
    characters = sum(len(line) * count for line, count in lines.items())
    repeated = sum(len(line) * (count - 1) for line, count in lines.items())
    if repeated > ODD_REPEATS * max(characters, len(text) / 2):
        return f"{repeated / len(text):.0%} of it are lines that stood there before."
    digits = sum(map(str.isdigit, text))
    if digits > ODD_DIGITS * max(1, digits + sum(map(str.isalpha, text))):
        return f"{digits / len(text):.0%} of its characters are digits."
    text = text[:MOST_CHARACTERS]
    size, num_bytes = _compressed(text), len(text.encode())
    if size < ODD_SIZE * num_bytes:
        return f"It says the same again and again: compressed, {size / num_bytes:.1%} is left."
    shuffled = list(text)
    random.Random(0).shuffle(shuffled)
    if len(text) >= LEAST_CHARACTERS and size > ODD_ORDER * _compressed("".join(shuffled)):
        return "Its characters come in no order that could be learned."
    return ""


def _compressed(text: str) -> int:
    return len(lzma.compress(text.encode()))

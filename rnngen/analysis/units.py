"""How long units remember, and which of them follow a feature of the text.

A unit that keeps the share f of its memory at each token holds f^k of it after k tokens, 1/e of it
after -1/ln f: its time constant. f is the mean of its forget gate, or of the update gate of a GRU.

A unit follows a feature if its memory correlates with it. The best of many units correlates with
anything to some degree, so the unit is chosen on the first half of a text and measured on the
second, and the same is done with the feature's values shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.analysis.trace import KEEPING_GATE
from rnngen.tokenizers.base import decode, piece_characters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.analysis.trace import Array, IdArray, Tracer
    from rnngen.tokenizers.base import Tokenizer

    Values = NDArray[np.float64]

LEAST_CORRELATION = 0.8
"""Of a unit that is said to follow a feature."""
SHUFFLES = 20
MOST_TOKENS = 5000
"""Of the text that units are measured on: a few seconds."""
LEAST_TOKENS = 40
"""Fewer say nothing of a correlation."""
BLOCK = 256
"""Tokens traced at once."""
EDGES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, np.inf)
"""Of the bins of time constants, in characters."""
WORD_START = "word start"
OPENING, CLOSING, TOGGLING = "\u201c\u00ab\u300c", "\u201d\u00bb\u300d", '"'


class UnitActivity(NamedTuple):
    """What units did on a text: T tokens of all its documents, one after the other."""

    kept: list[Array]
    """(H,) of each layer: the mean of the gate that keeps the memory."""
    memory: Array
    """(T, L H): the memory of all units after each token, layer after layer."""
    features: dict[str, Values]
    """(T,) each."""
    characters_per_token: float


@dataclass(frozen=True)
class Follower:
    """The unit that follows a feature best."""

    feature: str
    layer: int
    unit: int
    correlation: float
    """On the second half of the text; the unit was chosen on the first."""
    shuffled: float
    """The highest that came of shuffled values, in SHUFFLES tries, in size."""

    @property
    def is_labelled(self) -> bool:
        """Whether the unit may be called after the feature."""
        return abs(self.correlation) >= LEAST_CORRELATION > self.shuffled


def time_constants(kept: Array) -> Values:
    """Tokens after which 1/e of a unit's memory is left.  kept: its mean gate, 0 to 1."""
    with np.errstate(divide="ignore"):
        return 1 / np.abs(np.log(np.asarray(kept, np.float64)))


def histogram(characters: Values) -> list[int]:
    """How many time constants are in each bin of EDGES."""
    bins = np.searchsorted(EDGES, characters, side="right") - 1
    return np.bincount(np.minimum(bins, len(EDGES) - 2), minlength=len(EDGES) - 1).tolist()  # type: ignore[no-any-return]


def bin_names() -> list[str]:
    """What to call the bins of EDGES."""
    inner = [f"{low}-{high}" for low, high in pairwise(EDGES[1:-1])]
    return [f"under {EDGES[1]}", *inner, f"{EDGES[-2]}+"]


def activity(
    tracer: Tracer,
    tokenizer: Tokenizer,
    documents: Iterable[str],
    *,
    start_id: int,
    state: tuple[Array, ...] | None = None,
) -> UnitActivity:
    """What the units do on documents, on the first MOST_TOKENS tokens of them.

    state: in which each document begins; None: empty.  start_id: the token read first.
    """
    kept: list[list[Array]] = []
    memories: list[Array] = []
    values: list[dict[str, Values]] = []
    left, characters = MOST_TOKENS, 0
    for document in documents:
        ids = tokenizer.encode(document)[:left]
        if not len(ids):
            continue
        found, memory = _read(tracer, np.concatenate([[start_id], ids]), state)
        kept.append(found)
        memories.append(memory)
        ends = np.cumsum(piece_characters(tokenizer)[ids])
        values.append(features(decode(tokenizer, ids), ends))
        characters, left = characters + int(ends[-1]), left - len(ids)
        if left <= 0:
            break
    tokens = MOST_TOKENS - left
    return UnitActivity(
        [sum(part) / tokens for part in zip(*kept, strict=True)],
        np.concatenate(memories),
        {name: np.concatenate([each[name] for each in values]) for name in FEATURES},
        characters / tokens,
    )


def _read(
    tracer: Tracer, ids: IdArray, state: tuple[Array, ...] | None
) -> tuple[list[Array], Array]:
    """The sum of each layer's keeping gate, (H,), and all memory, (T, L H); ids: (1 + T,)."""
    gate = KEEPING_GATE[tracer.config.cell]
    memories = []
    sums = [np.zeros(tracer.config.hidden_size) for _ in range(tracer.config.num_layers)]
    for first in range(0, len(ids), BLOCK):
        trace = tracer.read(ids[first : first + BLOCK, None], state)
        state, skip = trace.state, int(first == 0)  # the start token is none of the text
        for total, layer in zip(sums, trace.layers, strict=True):
            total += layer.gates[gate][skip:, 0].sum(0)
        memories.append(np.concatenate([layer.memory[skip:, 0] for layer in trace.layers], -1))
    return list(sums), np.concatenate(memories)


def features(text: str, ends: IdArray) -> dict[str, Values]:
    """Each feature of `text` after each token.  ends: (T,), characters up to its end."""
    # Of each character, after a 0 for none: a token that begins none has the value before it.
    each = {name: np.array([0.0, *values(text)]) for name, values in FEATURES.items()}
    found = {name: values[ends] for name, values in each.items()}
    # A word may start anywhere in a token.
    started = np.cumsum(each[WORD_START])[ends]
    found[WORD_START] = (np.diff(started, prepend=0) > 0).astype(np.float64)
    return found


def _inside_quotes(text: str) -> Iterator[float]:
    """1 within quotation marks; a blank line ends a quotation that nobody closed."""
    inside, last = False, ""
    for character in text:
        if character in TOGGLING:
            inside = not inside
        elif character in OPENING or character in CLOSING:
            inside = character in OPENING
        elif character == last == "\n":
            inside = False
        last = character
        yield float(inside)


def _newlines(text: str) -> Iterator[float]:
    return (float(character == "\n") for character in text)


def _line_positions(text: str) -> Iterator[float]:
    """Characters of the line so far."""
    position = 0
    for character in text:
        position = 0 if character == "\n" else position + 1
        yield float(position)


def _word_starts(text: str) -> Iterator[float]:
    before = False
    for character in text:
        yield float(character.isalpha() and not before)
        before = character.isalpha()


FEATURES: dict[str, Callable[[str], Iterable[float]]] = {
    "inside quotes": _inside_quotes,
    "after a newline": _newlines,
    "line position": _line_positions,
    WORD_START: _word_starts,
}


def followers(found: UnitActivity, seed: int = 0) -> tuple[list[Follower], list[str]]:
    """The unit that follows each feature best, and the features that the text does not show."""
    if len(found.memory) < LEAST_TOKENS:
        return [], list(found.features)
    units = found.memory.shape[1] // len(found.kept)
    middle = len(found.memory) // 2
    halves = [_standardized(half) for half in (found.memory[:middle], found.memory[middle:])]
    rng = np.random.default_rng(seed)
    shown, missing = [], []
    for name, values in found.features.items():
        if not (np.ptp(values[:middle]) and np.ptp(values[middle:])):
            missing.append(name)
            continue
        unit, correlation = _best(halves, values, middle)
        tries = (_best(halves, rng.permutation(values), middle) for _ in range(SHUFFLES))
        shuffled = max(abs(each) for _, each in tries)
        shown.append(Follower(name, unit // units, unit % units, correlation, shuffled))
    return shown, missing


def _best(halves: Sequence[Array], values: Values, middle: int) -> tuple[int, float]:
    """The unit of highest correlation on the first half, and its correlation on the second."""
    parts = values[:middle], values[middle:]
    first, second = (_standardized(part[:, None])[:, 0] for part in parts)
    unit = int(np.abs(first @ halves[0]).argmax())
    return unit, float(second @ halves[1][:, unit])


def _standardized(values: Array) -> Values:
    """Columns of mean 0 and length 1, so that products are correlations; constant ones are 0."""
    centred = np.asarray(values, np.float64) - values.mean(0)
    length = np.sqrt((centred**2).sum(0))
    return centred / np.where(length > 1e-12, length, np.inf)  # type: ignore[no-any-return]

"""What a model keeps of held-out text: its loss by context, and its accuracy within words.

The held-out tokens are cut into windows that begin at evenly spaced places, and each window is read
from an empty state. So a prediction at place k of a window was made from k tokens and nothing else,
and places do not differ in anything but context: windows begin anywhere in a document.

    held out   . . . . . . . . . . . . . . . . .
    windows    [ 1 2 3 4 5 6 ]                       the number: tokens read before the target
                     [ 1 2 3 4 5 6 ]
                           [ 1 2 3 4 5 6 ]
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnngen.analysis.trace import Tracer
from rnngen.errors import CorpusError
from rnngen.tokenizers.base import piece_bytes, piece_characters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.analysis.trace import IdArray
    from rnngen.checkpoint import Model
    from rnngen.tokenizers.base import Tokenizer

    Numbers = NDArray[np.float64]

WINDOWS, WINDOW = 384, 255
"""Windows, at most, and tokens of each: some 100,000 predictions. Of characters, 255 fill a bin."""
STREAMS, BLOCK = 64, 32
"""Windows and tokens traced at once: a trace keeps all of them."""
CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Where bins of context begin, in characters."""
LEAST_TARGETS = 100
"""Of a bin that is shown."""
LETTERS = 6
"""Characters of the word seen, 0 to 5; the last is of 5 and more."""
SETTLED = 32
"""Tokens that are read before accuracy is measured."""
LEAST_TOKENS = 2 * SETTLED


class HeldOutReading(NamedTuple):
    """What a model made of held-out text. None where there was too little to measure."""

    context: list[float | None]
    """Bits per byte with so many characters read: of CONTEXTS, each up to the next."""
    accuracy: list[float | None]
    """Share of next tokens that were the likeliest, by letters of the word before, 0 to 5."""


def read_held_out(model: Model, ids: IdArray) -> HeldOutReading:
    """What a model makes of held-out tokens, int64 (N,), end tokens among them.

    Raises CorpusError if there are too few.
    """
    check_enough(ids)
    length = min(WINDOW, (len(ids) - 1) // 2)
    count = min(WINDOWS, len(ids) - length)
    starts = np.unique(np.linspace(0, len(ids) - 1 - length, count).astype(np.int64))
    places = starts[:, None] + np.arange(length + 1)  # (B, T + 1)
    nats, hits = _predictions(model, ids[places])
    sizes = piece_bytes(model.tokenizer)[ids]
    lengths = piece_characters(model.tokenizer)[ids]
    # Characters read before each target; a window that begins within one has read a part of it.
    seen = np.maximum(1, np.cumsum(lengths[places[:, :-1]], axis=1))
    targets = places[:, 1:]
    bins = np.searchsorted(CONTEXTS, seen, side="right") - 1
    before = letters_before(model.tokenizer, ids)[targets][:, SETTLED:]
    return HeldOutReading(
        context=_ratios(bins, nats / math.log(2), sizes[targets], len(CONTEXTS)),
        accuracy=_ratios(before, hits[:, SETTLED:], np.ones(before.shape), LETTERS),
    )


def check_enough(ids: IdArray) -> None:
    """Raises CorpusError if there are too few held-out tokens to measure anything."""
    if len(ids) <= LEAST_TOKENS:
        raise CorpusError(
            f"too little text is held out to compare by: {len(ids)} of {LEAST_TOKENS + 1} tokens. "
            "Add text, hold out more with `valid_fraction`, or name a second file with `valid`."
        )


def _predictions(model: Model, ids: IdArray) -> tuple[Numbers, NDArray[np.bool_]]:
    """ids: (B, T + 1).  (B, T) each: surprise in nats, and whether the target was likeliest."""
    tracer = Tracer(model.config, model.weights)
    nats, hits = np.empty(ids[:, 1:].shape), np.empty(ids[:, 1:].shape, np.bool_)
    for first in range(0, len(ids), STREAMS):
        rows, state = slice(first, first + STREAMS), None
        for start in range(0, ids.shape[1] - 1, BLOCK):
            columns = slice(start, min(start + BLOCK, ids.shape[1] - 1))
            trace = tracer.read(ids[rows, columns].T, state)
            state = trace.state
            targets = ids[rows, 1:][:, columns]
            nats[rows, columns], hits[rows, columns] = _judge(trace.logits, targets)
    return nats, hits


def _judge(logits: Any, targets: IdArray) -> tuple[Numbers, NDArray[np.bool_]]:
    """logits: (T, B, V).  targets: (B, T)."""
    below = logits.swapaxes(0, 1).astype(np.float64)  # (B, T, V)
    below -= below.max(-1, keepdims=True)
    chosen = np.take_along_axis(below, targets[..., None], -1)[..., 0]
    return np.log(np.exp(below).sum(-1)) - chosen, below.argmax(-1) == targets


def letters_before(tokenizer: Tokenizer, ids: IdArray) -> IdArray:
    """How many letters of a word stand just before each token, 0 to LETTERS - 1: (N,)."""
    pieces, end = tokenizer.pieces, tokenizer.end_id
    # A blank for each end: a word does not go on from one document to the next. Bytes that a cut
    # has left of a character are ignored, as they are where characters are counted.
    text = b"".join(b" " if i == end else pieces[i] for i in ids.tolist()).decode("utf-8", "ignore")
    counts, count = [0], 0
    for character in text:
        count = count + 1 if character.isalpha() else 0
        counts.append(count)
    ends = np.minimum(np.cumsum(piece_characters(tokenizer)[ids]), len(text))
    before = np.concatenate([[0], ends[:-1]])
    found: IdArray = np.minimum(np.array(counts, np.int64)[before], LETTERS - 1)
    return found


def _ratios(
    bins: IdArray, above: NDArray[Any], below: NDArray[Any], count: int
) -> list[float | None]:
    """In each bin, the sum of one thing over that of the other; None with too few targets."""
    flat = bins.ravel()
    sums = [np.bincount(flat, part.ravel(), count) for part in (above, below)]
    enough = np.bincount(flat, minlength=count) >= LEAST_TARGETS
    return [
        float(one / other) if shown and other else None
        for one, other, shown in zip(*sums, enough, strict=True)
    ]

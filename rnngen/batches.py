"""Token ids as contiguous streams: what the model reads at each step.

The tokens of an epoch, N of them, are laid out as one sequence and cut into B streams of equal
length S = ceil(N / B). Batch k holds tokens k*T .. (k+1)*T of every stream:

              T          T        T
    stream 0  [0 .. T)  [T .. )  ...  S)
    stream 1  [S .. S+T)         ... 2S)
    ...
    stream B-1                   ...  N)   the ends of short rows are padding

so the state carried from batch k into batch k + 1 belongs to the text just before. Every token is
a target exactly once; where a row has no more text, the target is `IGNORE`.
The order is a pure function of (seed, epoch), and batch k can be read without the ones before it:
that is what makes resuming exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rnngen.store import TokenStore

    IdArray = NDArray[np.int64]

IGNORE = -100
"""Target of padding; what torch's cross_entropy leaves out by default."""


class Batch(NamedTuple):
    inputs: IdArray
    """int64 (B, T): the token before each target; of the rows asked for."""
    targets: IdArray
    """int64 (B, T): the token to predict, or IGNORE."""
    position: int
    """Number of this batch in its epoch, from 0. At 0 the streams begin: the state is empty."""
    num_targets: int
    """Targets in all B rows, also where only some of them were asked for."""


class Spans:
    """Stretches of a token store, read one after the other as if they were one sequence."""

    def __init__(self, store: TokenStore, starts: IdArray, stops: IdArray) -> None:
        """starts, stops: int64 (D,), the stretches [start, stop) in the order they are read."""
        self._store = store
        self._starts = starts
        self._ends = np.cumsum(stops - starts)  # where each stretch ends in the sequence

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def read(self, start: int, stop: int) -> IdArray:
        """Tokens [start, stop) of the sequence, int64."""
        parts = []
        index = int(np.searchsorted(self._ends, start, side="right"))
        while start < stop:
            end = int(self._ends[index])
            until = min(stop, end)
            # The stretch's last token is at `end - 1` here and at its stop in the store.
            first = int(self._starts[index])
            begin = end - self._length(index)
            parts.append(self._store.read(first + start - begin, first + until - begin))
            start, index = until, index + 1
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _length(self, index: int) -> int:
        return int(self._ends[index] - (self._ends[index - 1] if index else 0))


class Split:
    """One side of a corpus: the documents, or the range of a continuous text, that belong to it."""

    def __init__(self, store: TokenStore, starts: IdArray, stops: IdArray, *, documents: bool):
        self._store = store
        self._starts = starts
        self._stops = stops
        self._documents = documents
        self.num_tokens = int((stops - starts).sum())

    def in_order(self, most: int = 0) -> Spans:
        """The text as it stands; only stretches within the first `most` tokens unless it is 0."""
        if not most or most >= self.num_tokens:
            return Spans(self._store, self._starts, self._stops)
        lengths = self._stops - self._starts
        before = np.cumsum(lengths) - lengths
        kept = before < most
        stops = np.minimum(self._stops, self._starts + np.maximum(most - before, 0))
        return Spans(self._store, self._starts[kept], stops[kept])

    def shuffled(self, seed: int, epoch: int) -> Spans:
        """The epoch's order: documents permuted; a continuous text begun at another place."""
        rng = np.random.default_rng([seed, epoch])
        if self._documents:
            order = rng.permutation(len(self._starts))
            return Spans(self._store, self._starts[order], self._stops[order])
        start, stop = int(self._starts[0]), int(self._stops[0])
        turn = int(rng.integers(start, stop))
        return Spans(self._store, np.array([turn, start]), np.array([stop, turn]))


def split(store: TokenStore, valid_fraction: float) -> tuple[Split, Split]:
    """The training and the validation side of a store.

    Documents are drawn by a hash of their content, so that equal ones never part and a growing
    corpus keeps its sides. A continuous text, or a single document, holds out its end.
    Raises CorpusError if either side would be empty.
    """
    starts, stops = store.offsets[:-1].astype(np.int64), store.offsets[1:].astype(np.int64)
    held_out = _drawn(store.hashes, valid_fraction) if store.documents != "none" else None
    if held_out is None or held_out.all():
        cut = round(store.num_tokens * (1 - valid_fraction))
        if not 0 < cut < store.num_tokens:
            raise CorpusError(
                f"the text has {store.num_tokens} tokens: too few to train on and to measure with. "
                "Add text, or name a second file with --valid."
            )
        return (
            Split(store, np.array([0]), np.array([cut]), documents=False),
            Split(store, np.array([cut]), np.array([store.num_tokens]), documents=False),
        )
    return (
        Split(store, starts[~held_out], stops[~held_out], documents=True),
        Split(store, starts[held_out], stops[held_out], documents=True),
    )


def whole(store: TokenStore) -> Split:
    """All of a store, as one side."""
    starts, stops = store.offsets[:-1].astype(np.int64), store.offsets[1:].astype(np.int64)
    return Split(store, starts, stops, documents=store.documents != "none")


def _drawn(hashes: NDArray[np.uint64], fraction: float) -> NDArray[np.bool_]:
    """Which documents are held out; the one with the least hash if the draw holds out none."""
    held_out = np.asarray(hashes < np.uint64(int(fraction * 2**64)))
    if not held_out.any():
        held_out = np.asarray(hashes == hashes.min())
    return held_out


def num_batches(num_tokens: int, batch_size: int, seq_len: int) -> int:
    """Batches in an epoch."""
    return -(-_stream_length(num_tokens, batch_size) // seq_len)


def batches(
    spans: Spans,
    batch_size: int,
    seq_len: int,
    *,
    start_id: int,
    first: int = 0,
    rows: slice = slice(None),
) -> Iterator[Batch]:
    """The batches of one epoch from number `first` on.

    start_id: the token fed before the very first one.  rows: read only these streams, at least one.
    """
    length = _stream_length(len(spans), batch_size)
    for position in range(first, num_batches(len(spans), batch_size, seq_len)):
        offset = position * seq_len
        width = min(seq_len, length - offset)
        starts = np.arange(batch_size) * length + offset
        stops = np.minimum(np.arange(1, batch_size + 1) * length, len(spans))
        ids = np.stack(
            [
                _row(spans, int(start), int(stop), width, start_id)
                for start, stop in zip(starts[rows], stops[rows], strict=True)
            ]
        )
        inputs = np.where(ids[:, :-1] == IGNORE, start_id, ids[:, :-1])
        num_targets = int(np.clip(stops - starts, 0, width).sum())
        yield Batch(inputs, ids[:, 1:], position, num_targets)


def _row(spans: Spans, start: int, stop: int, width: int, start_id: int) -> IdArray:
    """The token before `start` and `width` tokens from it on, padded from `stop` on."""
    row = np.full(width + 1, IGNORE, np.int64)
    stop = min(stop, start + width)
    if start >= stop:
        return row
    if start == 0:
        row[0] = start_id
        row[1 : 1 + stop] = spans.read(0, stop)
    else:
        row[: stop - start + 1] = spans.read(start - 1, stop)
    return row


def _stream_length(num_tokens: int, batch_size: int) -> int:
    return -(-num_tokens // batch_size)

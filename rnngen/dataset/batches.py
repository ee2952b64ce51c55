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

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from rnngen.dataset.held_out import usual_draw
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from rnngen.dataset.held_out import Draw, Tail
    from rnngen.dataset.store import TokenStore

    IdArray = NDArray[np.int64]
    Ranges = Callable[[int], tuple[IdArray, IdArray]]

IGNORE = -100
"""Target of padding; what torch's cross_entropy leaves out by default."""
MOST_UNITS = 1 << 20
"""Documents, or groups of neighbours, that are shuffled: some 40 MB."""
AT_ONCE = 1 << 18
"""Documents whose places and hashes are looked at together."""


class Batch(NamedTuple):
    inputs: IdArray
    """int64 (B, T): the token before each target; of the rows asked for."""
    targets: IdArray
    """int64 (B, T): the token to predict, or IGNORE."""
    position: int
    """Number of this batch in its epoch, from 0. At 0 the streams begin: the state is empty."""
    num_targets: int
    """Targets in all B rows, also where only some of them were asked for."""


class TokenSequence:
    """Ranges of a token store, read one after the other as if they were one sequence."""

    def __init__(self, store: TokenStore, lengths: IdArray, ranges: Ranges, most: int = 0):
        """The sequence is `len(lengths)` units long, unit u of `lengths[u]` tokens.

        ranges(u): which ranges [start, stop) of the store make up unit u, int64 (n,) each.
        most: only so many tokens of the sequence, unless it is 0.
        """
        self._store = store
        self._ranges = ranges
        self._ends = np.cumsum(lengths)  # where each unit ends in the sequence
        total = int(self._ends[-1]) if len(self._ends) else 0
        self._length = min(most or total, total)

    def __len__(self) -> int:
        return self._length

    def read(self, start: int, stop: int) -> IdArray:
        """Tokens [start, stop) of the sequence, int64."""
        parts: list[IdArray] = []
        # The first unit that ends after `start`; from there on units follow one another.
        unit = int(np.searchsorted(self._ends, start, side="right"))
        while start < stop:
            begin = int(self._ends[unit - 1]) if unit else 0  # of the unit, in the sequence
            until = min(stop, int(self._ends[unit]))
            parts += self._read_unit(unit, start - begin, until - begin)
            start, unit = until, unit + 1
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _read_unit(self, unit: int, start: int, stop: int) -> Iterator[IdArray]:
        """Tokens [start, stop) of a unit, range by range."""
        begin = 0  # of the range, in the unit
        for first, last in zip(*map(np.ndarray.tolist, self._ranges(unit)), strict=True):
            end = begin + last - first
            if start < end and begin < stop:
                inside = max(start, begin) - begin, min(stop, end) - begin  # of the range
                yield self._store.read(first + inside[0], first + inside[1])
            begin = end


class Split(Protocol):
    """One side of a corpus: the documents, or the range of a continuous text, that belong to it."""

    @property
    def num_tokens(self) -> int: ...

    def in_order(self, most: int = 0) -> TokenSequence:
        """The text as it stands; only the first `most` tokens unless it is 0."""
        ...

    def shuffled(self, seed: int, epoch: int) -> TokenSequence:
        """The epoch's order: documents permuted; a continuous text begun at another place."""
        ...


class ContinuousSplit:
    """Tokens [start, stop) of a continuous text."""

    def __init__(self, store: TokenStore, start: int, stop: int) -> None:
        self._store = store
        self._start, self._stop = start, stop
        self.num_tokens = stop - start

    def in_order(self, most: int = 0) -> TokenSequence:
        return self._sequence([(self._start, self._stop)], most)

    def shuffled(self, seed: int, epoch: int) -> TokenSequence:
        # A permutation would tear the text apart; a turn moves the cuts between streams instead,
        # so that an epoch's streams do not begin where those of the one before did.
        turn = int(np.random.default_rng([seed, epoch]).integers(self._start, self._stop))
        return self._sequence([(turn, self._stop), (self._start, turn)])

    def _sequence(self, ranges: list[tuple[int, int]], most: int = 0) -> TokenSequence:
        pairs = np.array(ranges, np.int64)
        return TokenSequence(
            self._store, pairs[:, 1] - pairs[:, 0], lambda u: (pairs[u, :1], pairs[u, 1:]), most
        )


class DocumentSplit:
    """The documents, or ends of documents, that a draw puts on one side, shuffled whole.

    At most `MOST_UNITS` things are shuffled, so that memory does not grow with the corpus: of more
    documents, groups of neighbours. Where documents lie is read from the store when they are.
    """

    def __init__(
        self, store: TokenStore, draw: Draw | Tail | None = None, *, held_out: bool = False
    ) -> None:
        """draw: what is held out; None: nothing.  held_out: this is that side."""
        self._store = store
        self._draw, self._held_out = draw, held_out
        self._count = len(store.hashes)
        self._group = -(-self._count // MOST_UNITS)  # documents in a group, 1 for most texts
        lengths = np.concatenate([*map(self._lengths, self._chunks()), np.empty(0, np.int64)])
        self._units = np.flatnonzero(lengths)
        """Groups that hold documents of this side."""
        self._unit_lengths = lengths[self._units]
        self.num_tokens = int(lengths.sum())

    def in_order(self, most: int = 0) -> TokenSequence:
        return TokenSequence(
            self._store, self._unit_lengths, lambda u: self._ranges(int(self._units[u])), most
        )

    def shuffled(self, seed: int, epoch: int) -> TokenSequence:
        # From (seed, epoch) alone, and not from a generator that goes on: a resumed run need not
        # draw the orders of the epochs before.
        order = np.random.default_rng([seed, epoch]).permutation(len(self._units))
        units = self._units[order]
        return TokenSequence(
            self._store, self._unit_lengths[order], lambda u: self._ranges(int(units[u]))
        )

    def _ranges(self, group: int) -> tuple[IdArray, IdArray]:
        """Where the documents of this side begin and end that a group holds."""
        return self._here(group * self._group, (group + 1) * self._group)

    def _here(self, first: int, last: int) -> tuple[IdArray, IdArray]:
        """The same of documents [first, last)."""
        starts, stops = self._ends(first, min(last, self._count))
        some = starts < stops
        return starts[some], stops[some]

    def _ends(self, first: int, last: int) -> tuple[IdArray, IdArray]:
        """Where the parts of documents [first, last) begin and end that are on this side."""
        offsets = self._store.offsets[first : last + 1].astype(np.int64)
        starts, stops = offsets[:-1], offsets[1:]
        if self._draw is None:
            return starts, stops
        hashes = self._store.hashes[first:last]
        return self._draw.ends(hashes, starts, stops, held_out=self._held_out)

    def _chunks(self) -> Iterator[int]:
        """The first document of every so many groups."""
        return iter(range(0, self._count, self._chunk))

    @property
    def _chunk(self) -> int:
        return self._group * max(1, AT_ONCE // self._group)

    def _lengths(self, first: int) -> IdArray:
        """Tokens of this side in each group of a chunk."""
        last = min(first + self._chunk, self._count)
        starts, stops = self._ends(first, last)
        # reduceat adds up [0, g), [g, 2 g), .. of the lengths: one sum a group.
        return np.add.reduceat(stops - starts, np.arange(0, last - first, self._group))


def split(
    store: TokenStore, valid_fraction: float, draw: Draw | Tail | None = None
) -> tuple[Split, Split]:
    """The training and the validation side of a store.

    Documents are drawn by a hash of their content, so that equal ones never part and a growing
    corpus keeps its sides. A continuous text, or a single document, holds out its end.
    draw: what is held out of documents, as `held_out_of` found it; None: the usual draw.
    Raises CorpusError if either side would be empty.
    """
    if store.documents != "none":
        draw = draw or usual_draw(store, valid_fraction)
        sides = DocumentSplit(store, draw), DocumentSplit(store, draw, held_out=True)
        if all(side.num_tokens for side in sides):
            return sides
    cut = round(store.num_tokens * (1 - valid_fraction))
    if not 0 < cut < store.num_tokens:
        raise CorpusError(
            f"the text has {store.num_tokens} tokens: too few to train on and to measure with. "
            "Add text, or name a second file with `valid`."
        )
    return ContinuousSplit(store, 0, cut), ContinuousSplit(store, cut, store.num_tokens)


def whole(store: TokenStore) -> Split:
    """All of a store, as one side."""
    return (
        ContinuousSplit(store, 0, store.num_tokens)
        if store.documents == "none"
        else DocumentSplit(store)
    )


def num_batches(num_tokens: int, batch_size: int, seq_len: int) -> int:
    """Batches in an epoch."""
    return -(-_stream_length(num_tokens, batch_size) // seq_len)  # ceil(S / T)


def batches(
    sequence: TokenSequence,
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
    length = _stream_length(len(sequence), batch_size)  # S; stream b is [b S, (b + 1) S)
    for position in range(first, num_batches(len(sequence), batch_size, seq_len)):
        offset = position * seq_len
        width = min(seq_len, length - offset)  # T, less in the last batch
        # (B,): where each row of the batch begins, and where its stream ends. The last streams may
        # be short or empty, as B S is N or more: there start >= stop, and all is padding.
        starts = np.arange(batch_size) * length + offset
        stops = np.minimum(np.arange(1, batch_size + 1) * length, len(sequence))
        ids = np.stack(
            [
                _row(sequence, int(start), int(stop), width, start_id)
                for start, stop in zip(starts[rows], stops[rows], strict=True)
            ]
        )
        # (b, T + 1): inputs are the first T, targets the last T, so each target's input is the
        # token before it, also across batches. Padding must be some token; its loss is left out.
        inputs = np.where(ids[:, :-1] == IGNORE, start_id, ids[:, :-1])
        # Counted without reading: rows that other processes read count as well.
        num_targets = int(np.clip(stops - starts, 0, width).sum())
        yield Batch(inputs, ids[:, 1:], position, num_targets)


def _row(sequence: TokenSequence, start: int, stop: int, width: int, start_id: int) -> IdArray:
    """The token before `start` and `width` tokens from it on, padded from `stop` on."""
    row = np.full(width + 1, IGNORE, np.int64)
    stop = min(stop, start + width)
    if start >= stop:
        return row
    if start == 0:  # nothing stands before the first token of all
        row[0] = start_id
        row[1 : 1 + stop] = sequence.read(0, stop)
    else:
        row[: stop - start + 1] = sequence.read(start - 1, stop)
    return row


def _stream_length(num_tokens: int, batch_size: int) -> int:
    return -(-num_tokens // batch_size)  # S = ceil(N / B)

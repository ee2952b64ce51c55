"""The surprise of each token of a text: many texts side by side, or a long one part by part.

    inputs   START t h e   p o n     the token before each one, from an empty state on
    targets  t     h e   p o n d     nats float64: -ln of the probability that was given to it

Memory does not grow with the text: logits are made, used and forgotten a block at a time.
"""

from __future__ import annotations

import sys
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rnngen.errors import ConfigError
from rnngen.model.softmax import log_probability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from rnngen.model.runtime import IdArray, Runtime, State

    Nats = NDArray[np.float64]

STREAMS = 128
"""Rows side by side, at most: enough to hide the cost of a call, and to keep a few cores busy."""
LOGITS = 1 << 22
"""Logits at once, at most: 16 MB."""
LONGEST_BLOCK = 128
"""Tokens of each row at once, at most."""


class Reader(Protocol):
    """Reads rows, int64 (N + 1,): the token before, and the N tokens whose surprise is asked."""

    on_read: Callable[[int], None]
    """Called with the number of tokens that were just read."""

    def read_batch(self, rows: Sequence[IdArray]) -> list[Nats]:
        """float64 (N,) for each row; each is a text of its own."""
        ...

    def read_next(self, row: IdArray, *, first: bool) -> Nats:
        """float64 (N,) for a row that begins a text, if `first`, or goes on with the last row's."""
        ...


class RuntimeReader:
    """Reads with a Runtime, its state carried through a text or through windows of it."""

    def __init__(self, runtime: Runtime, stride: int | None = None) -> None:
        """stride: tokens after which to begin again with an empty state; None: never."""
        if stride is not None and stride < 1:
            raise ConfigError(
                f"`stride` must be at least 1 token, got {stride}. Leave it out to carry the state "
                "through the whole text."
            )
        self.on_read: Callable[[int], None] = lambda count: None
        self._runtime = runtime
        self._stride = stride or sys.maxsize
        self._begin()

    def _begin(self) -> None:
        self._state = self._runtime.start(1)
        self._left = self._stride  # tokens of the open window that are still to come

    def read_batch(self, rows: Sequence[IdArray]) -> list[Nats]:
        windows = [_windows(row, self._stride) for row in rows]
        nats = iter(self._side_by_side(list(chain(*windows))))
        return [np.concatenate(list(islice(nats, len(each)))) for each in windows]

    def read_next(self, row: IdArray, *, first: bool) -> Nats:
        """The rest of the open window, then whole windows side by side, then one that stays open.

        row  [ head | window | window | .. | tail ]
        """
        if first:
            self._begin()
        end = len(row) - 1
        head = min(self._left, end)
        tail = end - (end - head) % self._stride
        nats = [self._read_carried(row[: head + 1]), *self.read_batch([row[head : tail + 1]])]
        if tail < end:
            self._begin()
            nats.append(self._read_carried(row[tail:]))
        return np.concatenate(nats)

    def _read_carried(self, row: IdArray) -> Nats:
        [nats], self._state = self._score_rows([row], self._state)
        self._left -= len(nats)
        return nats

    def _side_by_side(self, rows: list[IdArray]) -> list[Nats]:
        """Rows of like length go together, so that little is computed for nothing."""
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        found: dict[int, Nats] = {}
        for start in range(0, len(rows), STREAMS):
            batch = order[start : start + STREAMS]
            nats, _ = self._score_rows([rows[i] for i in batch], self._runtime.start(len(batch)))
            found.update(zip(batch, nats, strict=True))
        return [found[i] for i in range(len(rows))]

    def _score_rows(self, rows: list[IdArray], state: State) -> tuple[list[Nats], State]:
        """The surprise of rows, the longest first; a row that has ended leaves the batch.

        Returns also the state after the last block, which is a single row's own.
        """
        lengths = np.array([len(row) - 1 for row in rows])
        nats = [np.empty(length) for length in lengths]
        done = 0
        while alive := int((lengths > done).sum()):
            stop = min(done + self._block(alive), int(lengths[0]))
            ids = _pad([row[done : stop + 1] for row in rows[:alive]], stop - done + 1)
            found, state = self._block_nats(ids, tuple(part[:, :alive] for part in state))
            for into, row in zip(nats, found, strict=False):
                into[done:stop] = row[: len(into) - done]
            self.on_read(int(np.minimum(lengths[:alive], stop).sum()) - done * alive)
            done = stop
        return nats, state

    def _block(self, streams: int) -> int:
        most = LOGITS // (streams * self._runtime.config.vocab_size)
        return max(1, min(LONGEST_BLOCK, most))

    def _block_nats(self, ids: IdArray, state: State) -> tuple[Nats, State]:
        """ids (B, T + 1) -> the surprise (B, T) of all but the first, and the next state."""
        logits, state = self._runtime.forward(ids[:, :-1], state)
        flat = logits.reshape(-1, logits.shape[-1])
        return -log_probability(flat, ids[:, 1:].ravel()).reshape(logits.shape[:2]), state


def _windows(row: IdArray, stride: int) -> list[IdArray]:
    """The row in rows of `stride` tokens to be read; the last may be shorter."""
    return [row[i : i + stride + 1] for i in range(0, max(1, len(row) - 1), stride)]


def _pad(rows: list[IdArray], width: int) -> IdArray:
    """(B, width), zeros after short rows; what is computed for them is not used."""
    ids = np.zeros((len(rows), width), np.int64)
    for into, row in zip(ids, rows, strict=True):
        into[: len(row)] = row
    return ids

"""Pieces of text to token ids, block by block, by as many processes as it pays.

The ids do not depend on how many there are: blocks are cut here, before they are handed out, and
come back in order. `char` and `byte` encode faster than a text can be sent to another process,
and so does `subword` in the time that other processes take to start.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import tokenizers
from rnngen.corpus.documents import LabelledPiece
from rnngen.errors import CorpusError
from rnngen.tokenizers.labelled import label_ids

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import IdArray, Tokenizer

    Block = list[tuple[str, bool]]
    """Pieces of text, each with whether a document ends there."""

BLOCK = 1 << 20
"""Characters, at least, that are encoded at once."""
ALONE = 8
"""Blocks encoded here before other processes are started: a second or two of work."""
SEPARATOR = "\0"


def blocks_of(pieces: Iterable[tuple[str, bool]]) -> Iterator[Block]:
    """The pieces in lists of `BLOCK` characters or somewhat more.

    A piece that was cut within a line always ends a block, so that the ids depend on where pieces
    end and not on what came before: words never join there, and anywhere else they never would.
    """
    block: Block = []
    length = 0
    for piece in pieces:
        block.append(piece)
        length += len(piece[0])
        if length >= BLOCK or not (piece[1] or piece[0].endswith("\n")):
            yield block
            block, length = [], 0
    if block:
        yield block


def encode_blocks(
    blocks: Iterator[Block], tokenizer: Tokenizer, workers: int
) -> Generator[tuple[Block, NDArray[Any]], None, None]:
    """Each block with its ids, where the end token follows each document, and its label, if it has
    one, stands before it: uint16 or uint32 (N,).

    Raises TokenizerError for text that is none, CorpusError if a process was killed.
    """
    alone = islice(blocks, ALONE) if workers > 1 and tokenizer.kind == "subword" else blocks
    for block in alone:
        yield block, encode_block(tokenizer, block)
    try:
        yield from _encode_by_many(blocks, tokenizer, workers)
    except BrokenProcessPool as error:
        raise CorpusError(
            "a process that encodes the text was killed, perhaps for want of memory; "
            "encode with one process (workers=1)."
        ) from error


def encode_block(tokenizer: Tokenizer, block: Block) -> NDArray[Any]:
    """The ids of a block, as `encode_blocks` gives them.

    Thousands of small documents are encoded as one text, with NUL between them: it is a token of
    its own in every tokenizer, and no other token depends on what is beyond it.
    """
    dtype = id_dtype(tokenizer.vocab_size)
    labels = label_ids(tokenizer)
    if any(SEPARATOR in text for text, _ in block):
        return np.concatenate([_encode_piece(tokenizer, p, labels) for p in block]).astype(dtype)
    text = "".join([text + SEPARATOR if ends else text for text, ends in block])
    ids = tokenizer.encode(text).astype(dtype)
    ids[ids == tokenizer.encode(SEPARATOR)[0]] = tokenizer.end_id
    return _insert_labels(ids, block, tokenizer.end_id, labels) if labels else ids


def _insert_labels(
    ids: NDArray[Any], block: Block, end_id: int, labels: Mapping[str, int]
) -> NDArray[Any]:
    """The ids with the label of each document that begins in the block before its text.

    block    a document goes on | one begins | the next
    ids      t e x t END          o n e END    t w o
    with     t e x t END L0       o n e END L1 t w o
    """
    starts = np.append(0, np.flatnonzero(ids == end_id) + 1)
    ended = np.cumsum([0, *(ends for _, ends in block)])  # documents that end before each piece
    found = [
        (int(starts[ended[n]]), labels[piece.label])
        for n, piece in enumerate(block)
        if isinstance(piece, LabelledPiece)
    ]
    places, tokens = (list(column) for column in zip(*found, strict=True)) if found else ([], [])
    return np.insert(ids, places, tokens)


def _encode_piece(
    tokenizer: Tokenizer, piece: tuple[str, bool], labels: Mapping[str, int]
) -> IdArray:
    text, ends = piece
    label = [labels[piece.label]] if labels and isinstance(piece, LabelledPiece) else []
    end = [tokenizer.end_id] if ends else []
    return np.concatenate([label, tokenizer.encode(text), end]).astype(np.int64)


def id_dtype(vocab_size: int) -> np.dtype[Any]:
    """The smallest little-endian type that holds every id."""
    return np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")


def _encode_by_many(
    blocks: Iterator[Block], tokenizer: Tokenizer, workers: int
) -> Iterator[tuple[Block, NDArray[Any]]]:
    """At most two blocks a worker are in flight, so memory does not grow with the corpus.

    A worker starts when there is a block for it, so no block, no worker.
    """
    pool = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),  # the fork of a process that has threads may hang
        initializer=_start,
        initargs=(tokenizer.settings(), tokenizer.tensors()),
    )
    waiting: deque[tuple[Block, Future[NDArray[Any]]]] = deque()
    try:
        for block in blocks:
            with _hold_interrupts():
                waiting.append((block, pool.submit(_encode_there, block)))
            if len(waiting) == 2 * workers:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _done(block: Block, future: Future[NDArray[Any]]) -> tuple[Block, NDArray[Any]]:
    return block, future.result()


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Ctrl-C waits. A process started here never gets it: it would print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_tokenizer: Tokenizer
"""What a worker encodes with; there is none in other processes."""


def _start(settings: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Make this process a worker."""
    global _tokenizer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _tokenizer = tokenizers.load(settings, tensors)


def _exit_with_parent() -> None:
    """A parent that was killed tells its workers nothing; they would wait for work for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _encode_there(block: Block) -> NDArray[Any]:
    return encode_block(_tokenizer, block)

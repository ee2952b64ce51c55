"""Is it new? An index of the training text's spans, small enough to travel with the model.

The index is a Bloom filter (1970) over all spans of `SPAN` characters of the training text: one
that occurs there is always found, one that does not is found by mistake once in about 300. So
whatever is built on it errs on one side: a guard may forbid a little more than it must and never
less, and a measured copy may come out longer than it is and never shorter.

A copied span of N characters is N - SPAN + 1 found spans in a row. The reverse holds but for
mistakes and for text stitched from copies that overlap by SPAN - 1 characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnngen.canonical import nfc
from rnngen.novelty import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.novelty.spans import Hashes
    from rnngen.tokenizers.base import Texts

SPAN = 20
BITS_PER_SPAN = 12
PROBES = 8  # bits set for each span; 12 ln 2, the number that makes mistakes rarest
MOST_BYTES = 2 << 20  # of an index nobody asked for
MOST_BITS = 1 << 32
AT_ONCE = 1 << 16  # hashes worked on at once: they stay in the cache


@dataclass(frozen=True)
class SpanIndex:
    """A Bloom filter of the spans of a text. Made by `build`, or of what a model file holds."""

    span: int
    """Characters of every span in it."""
    probes: int
    bits: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Raises ValueError if the parts cannot be: a file may hold anything."""
        if self.bits.dtype != np.uint8 or self.bits.ndim != 1 or not 0 < self.size <= MOST_BITS:
            raise ValueError(f"novelty.bits is {self.bits.dtype} {self.bits.shape}")
        numbers = (self.span, range(1, 1 << 16)), (self.probes, range(1, 65))
        if not all(type(number) is int and number in usual for number, usual in numbers):
            raise ValueError(f"an index of spans of {self.span!r} with {self.probes!r} probes")

    @property
    def size(self) -> int:
        """Number of bits."""
        return 8 * len(self.bits)

    @property
    def false_positive_rate(self) -> float:
        """How often a span that is not in the text is found all the same."""
        filled = int(np.unpackbits(self.bits).sum()) / self.size
        return filled**self.probes

    def settings(self) -> dict[str, int]:
        """With `bits`, what the index can be made of again."""
        return {"span": self.span, "probes": self.probes}

    def describe(self) -> dict[str, float]:
        """What `rnngen info` says of the index."""
        rate = round(self.false_positive_rate, 6)
        return {"span": self.span, "bytes": len(self.bits), "false_positive_rate": rate}

    def add(self, hashes: Hashes) -> None:
        """Put spans in, (N,)."""
        place = self._places(hashes, 0, self.probes)
        np.bitwise_or.at(self.bits, place >> 3, _BIT[place & 7])

    def contains(self, hashes: Hashes) -> NDArray[np.bool_]:
        """For each hash whether its span was put in, or is taken for one that was; any shape."""
        flat = hashes.ravel()
        left = np.arange(len(flat))
        # Most spans of new text fail one of the first two probes.
        for begin, end in ((0, min(2, self.probes)), (2, self.probes)):
            place = self._places(flat[left], begin, end)
            left = left[(self.bits[place >> 3] & _BIT[place & 7] != 0).all(axis=1)]
        result = np.zeros(len(flat), dtype=np.bool_)
        result[left] = True
        return result.reshape(hashes.shape)

    def longest_copied(self, text: str) -> int:
        """The most characters in a row of `text`, in NFC, that the training text may hold.

        Never less than it holds, but copies shorter than `span` cannot be distinguished: for all of
        them it is span - 1 (or the whole of a shorter text).
        """
        text = nfc(text)
        hits = self.contains(spans.spans(spans.prefix_sums(spans.code_points(text)), self.span))
        return min(len(text), self.span - 1 + int(spans.hits_in_a_row(hits).max()))

    def _places(self, hashes: Hashes, begin: int, end: int) -> NDArray[np.int64]:
        """Which bits stand for each span, (N, end - begin): its probes from `begin` to `end`.

        They are made from two hashes (Kirsch and Mitzenmacher 2006).
        """
        first, second = hashes * _MIX[0] >> _32, hashes * _MIX[1] >> _32
        mixed = first[:, None] + second[:, None] * np.arange(begin, end, dtype=np.uint64) & _LOW
        return np.asarray(mixed * np.uint64(self.size) >> _32, dtype=np.int64)


_32 = np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_BIT = np.array([1 << k for k in range(8)], dtype=np.uint8)
_MIX = np.array([0xD6E8FEB86659FD93, 0xA0761D6478BD642F], dtype=np.uint64)


def build(texts: Texts, *, most_bytes: int | None = MOST_BYTES) -> SpanIndex | None:
    """The index of a text, or None if it would take more than `most_bytes`.

    Reads the text, which must be in NFC, twice, the first time only to count. Spans do not cross
    documents.
    """
    most_spans = None if most_bytes is None else 8 * most_bytes // BITS_PER_SPAN
    count = _count(texts, most_spans)
    if count is None:
        return None
    size = min(MOST_BITS, max(64, count * BITS_PER_SPAN)) + 7 >> 3
    index = SpanIndex(SPAN, PROBES, np.zeros(size, dtype=np.uint8))
    for stretch in spans.stretches(texts, SPAN - 1):
        characters = spans.code_points(stretch)
        hashes = spans.spans(spans.prefix_sums(characters), SPAN)[spans.within(characters, SPAN)]
        for begin in range(0, len(hashes), AT_ONCE):
            index.add(hashes[begin : begin + AT_ONCE])
    return index


def _count(texts: Texts, most: int | None) -> int | None:
    """How many spans the documents have, or None if that is more than `most`."""
    total, length = 0, 0
    for text, ends in texts.pieces():
        before = max(0, length - SPAN + 1)
        length += len(text)
        total += max(0, length - SPAN + 1) - before
        if most is not None and total > most:
            return None
        length = 0 if ends else length
    return total

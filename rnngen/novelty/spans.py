"""Every span of a text as a number: hashes of all spans of a length at once, for any length.

The hash of characters c[0], ..., c[L-1] is the sum of c[t] * BASE**t modulo 2**64 (Karp and Rabin
1987). With running sums over the whole text, the spans of any length cost one subtraction and one
multiplication each: about 5 milliseconds for a million characters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import Texts

    Codes = NDArray[np.uint32]
    Hashes = NDArray[np.uint64]

BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse; 5 modulo 8, so its powers repeat after 2**62
INVERSE = pow(BASE, -1, 1 << 64)
BORDER = "\ud800"  # half a surrogate pair, which no text holds: stands between documents
STRETCH = 1 << 20  # characters hashed at once


def code_points(text: str) -> Codes:
    """The code points of `text`, uint32 (N,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def prefix_sums(characters: NDArray[Any]) -> Hashes:
    """Running sums (..., N + 1) over code points (..., N); what the other functions start from."""
    length = characters.shape[-1]
    sums = np.zeros((*characters.shape[:-1], length + 1), dtype=np.uint64)
    np.cumsum(characters * powers(length), axis=-1, out=sums[..., 1:])
    return sums


def spans(sums: Hashes, length: int) -> Hashes:
    """The hashes of all spans of `length` characters, (..., max(0, N - length + 1))."""
    count = max(0, sums.shape[-1] - length)
    return (sums[..., length:] - sums[..., :count]) * _inverses(count)


def spans_at(sums: Hashes, length: int, starts: NDArray[np.int64]) -> Hashes:
    """The hashes of the spans of `length` characters that begin at `starts`; sums: (N + 1,)."""
    return (sums[starts + length] - sums[starts]) * _inverses(len(sums))[starts]


def ends(sums: Hashes, lengths: NDArray[np.int64]) -> Hashes:
    """The hashes of the last `lengths` (n,) characters, (..., n)."""
    starts = sums.shape[-1] - 1 - lengths
    return np.asarray((sums[..., -1:] - sums[..., starts]) * _inverses(sums.shape[-1])[starts])


def within(characters: Codes, length: int) -> NDArray[np.bool_]:
    """Which spans of `length` characters lie within one document: hold no `BORDER`."""
    borders = np.zeros(len(characters) + 1, dtype=np.int64)
    np.cumsum(characters == ord(BORDER), out=borders[1:])
    count = max(0, len(borders) - length)
    return np.asarray(borders[length:] == borders[:count])


def hits_in_a_row(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many hits in a row there are before each place, (..., n) -> (..., n + 1)."""
    places = np.arange(hits.shape[-1] + 1)
    misses = np.zeros((*hits.shape[:-1], len(places)), dtype=np.int64)
    np.maximum.accumulate(np.where(hits, 0, places[1:]), axis=-1, out=misses[..., 1:])
    return np.asarray(places - misses)


def powers(count: int) -> Hashes:
    """BASE to the powers 0 to count - 1."""
    return _powers(BASE, _next_power_of_two(count))[:count]


def stretches(texts: Texts, overlap: int) -> Iterator[str]:
    """The text in stretches of `STRETCH` characters or more, with `BORDER` after each document.

    Each begins with the last `overlap` characters of the one before, so that every span of
    overlap + 1 characters is in one stretch and no other.
    """
    held, new = [""], 0
    for text, ends in texts.pieces():
        held.append(text + BORDER if ends else text)
        new += len(held[-1])
        if new >= STRETCH:
            stretch = "".join(held)
            yield stretch
            held, new = [stretch[max(0, len(stretch) - overlap) :]], 0
    if new:
        yield "".join(held)


def _inverses(count: int) -> Hashes:
    return _powers(INVERSE, _next_power_of_two(count))[:count]


def _next_power_of_two(count: int) -> int:
    """The power of two not below `count`, so that few tables are enough for all."""
    return 1 << max(0, count - 1).bit_length()


@lru_cache(maxsize=8)
def _powers(base: int, count: int) -> Hashes:
    table = np.full(count, base, dtype=np.uint64)
    table[0] = 1
    return np.cumprod(table, dtype=np.uint64)

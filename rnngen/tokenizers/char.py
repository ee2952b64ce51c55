"""A token is a character where the corpus has it often enough, else a byte of it.

ids   0 .. 255      the bytes of UTF-8, so an ASCII character is its own id
      256           the end of a document
      257 .. 256+n  characters beyond ASCII, by code point; those of a later text follow
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import TokenizerError
from rnngen.tokenizers.base import join_pieces, seen_tensor, seen_with, tensor, utf8
from rnngen.tokenizers.byte import BYTES, END

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import IdArray, Tensors, Texts

CODE_POINTS = 0x110000
SURROGATES = range(0xD800, 0xE000)
FIRST = END + 1
UNKNOWN = -1
SLICE = 1 << 15
"""Characters encoded at once: the arrays stay in the cache, and few slices are not all ASCII."""


class CharTokenizer:
    kind = "char"
    labels: Sequence[str] = ()
    end_id = END

    def __init__(self, code_points: NDArray[np.uint32], seen: NDArray[np.bool_]) -> None:
        """code_points: uint32 (n,), all different, beyond ASCII.  seen: bool (257 + n,)."""
        self.code_points = code_points
        self.seen = seen
        self.vocab_size = FIRST + len(code_points)

    @classmethod
    def train(cls, texts: Texts, min_count: int) -> CharTokenizer:
        """A token for each character beyond ASCII that `texts` has `min_count` times or more."""
        return cls.build(*count_code_points(texts), min_count)

    @classmethod
    def build(cls, counts: NDArray[np.int64], has_end: bool, min_count: int) -> CharTokenizer:
        """counts: int64 (0x110000,), how often each code point occurs.

        has_end: whether the corpus has documents, so that the end token is ever seen.
        """
        is_frequent = counts >= max(min_count, 1)
        is_frequent[:128] = False
        code_points = np.flatnonzero(is_frequent).astype(np.uint32)
        seen = np.ones(FIRST + len(code_points), np.bool_)
        seen[:END] = False
        seen[END] = has_end
        as_bytes = np.flatnonzero((counts > 0) & ~is_frequent).astype("<u4")
        seen[_utf8(as_bytes)] = True
        return cls(code_points, seen)

    def extend(self, texts: Texts, min_count: int) -> CharTokenizer:
        counts, has_end = count_code_points(texts)
        found = CharTokenizer.build(counts, has_end, min_count)
        new = found.code_points[~np.isin(found.code_points, self.code_points)]
        seen = np.append(self.seen, np.ones(len(new), np.bool_))
        larger = CharTokenizer(np.append(self.code_points, new), seen)
        return CharTokenizer(larger.code_points, seen_with(larger, texts))

    @classmethod
    def load(cls, settings: Mapping[str, Any], tensors: Tensors) -> CharTokenizer:
        """The tokenizer whose `tensors()` these are. Raises TokenizerError if they do not fit."""
        code_points = tensor(tensors, "code_points", np.uint32)
        as_int = code_points.astype(np.int64)
        wrong = (as_int < 128) | (as_int >= CODE_POINTS)
        wrong |= (as_int >= SURROGATES.start) & (as_int < SURROGATES.stop)
        if wrong.any() or len(np.unique(as_int)) < len(as_int):
            raise TokenizerError(
                "tokenizer tensor 'code_points' must hold characters beyond ASCII, each once."
            )
        return cls(code_points, seen_tensor(tensors, FIRST + len(code_points)))

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        return (*BYTES, b"", *(chr(c).encode() for c in self.code_points.tolist()))

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """The token of every code point, or UNKNOWN: int32 (0x110000,), 4 MB."""
        table = np.full(CODE_POINTS, UNKNOWN, np.int32)
        table[:128] = np.arange(128)
        table[self.code_points] = np.arange(FIRST, self.vocab_size)
        return table

    def encode(self, text: str) -> IdArray:
        starts = range(0, len(text), SLICE) or [0]
        return np.concatenate([self._encode(text[i : i + SLICE]) for i in starts])

    def _encode(self, text: str) -> IdArray:
        code_points = code_points_of(text)
        if code_points.dtype == np.uint8:
            return code_points.astype(np.int64)
        ids = self._table[code_points].astype(np.int64)
        is_unknown = ids == UNKNOWN
        return _spell_unknown(ids, is_unknown, code_points) if is_unknown.any() else ids

    def settled(self, text: str) -> int:
        return len(text)

    def unseen(self, text: str) -> list[str]:
        ids = self._table[code_points_of(text)].tolist()
        return [c for c, i in dict(zip(text, ids, strict=True)).items() if not self._knows(i)]

    def _knows(self, token: int) -> bool:
        return token != UNKNOWN and bool(self.seen[token])

    def settings(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """code_points: uint32 (n,); seen: uint8 (257 + n,)."""
        return {"code_points": self.code_points, "seen": self.seen.astype(np.uint8)}


def count_code_points(texts: Texts) -> tuple[NDArray[np.int64], bool]:
    """How often each code point occurs, int64 (0x110000,), and whether any document ends."""
    counts = np.zeros(CODE_POINTS, np.int64)
    has_end = False
    for text, ended in join_pieces(texts):
        add_counts(counts, text)
        has_end |= ended
    return counts, has_end


def add_counts(counts: NDArray[np.int64], text: str) -> None:
    """Add to `counts`, int64 (0x110000,), how often each code point occurs in `text`."""
    found = np.bincount(code_points_of(text))
    counts[: len(found)] += found


def code_points_of(text: str) -> NDArray[Any]:
    """The code points of `text`: uint8 (N,) if all are ASCII, else uint32 (N,)."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    try:
        return np.frombuffer(text.encode("utf-32-le"), "<u4")
    except UnicodeEncodeError:
        return np.frombuffer(utf8(text), np.uint8)  # raises, with the message for it


def _utf8(code_points: NDArray[Any]) -> NDArray[np.uint8]:
    """The UTF-8 bytes of the characters, one after the other."""
    text = code_points.tobytes().decode("utf-32-le")
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def _spell_unknown(
    ids: IdArray, is_unknown: NDArray[np.bool_], code_points: NDArray[Any]
) -> IdArray:
    """`ids` with each unknown one replaced by the bytes of its character.

    ids          104  -1       ids of "hé", widths 1 and 2
    repeated     104  -1  -1
    filled       104 195 169
    """
    unknown = code_points[is_unknown]
    widths = np.ones(len(ids), np.int64)
    widths[is_unknown] = 2 + (unknown >= 0x800).astype(np.int64) + (unknown >= 0x10000)
    spelled = np.repeat(ids, widths)
    spelled[spelled == UNKNOWN] = _utf8(unknown)
    return spelled

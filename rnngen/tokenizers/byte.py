"""A token is a byte of UTF-8: the smallest vocabulary, and the longest texts.

ids   0 .. 255  the bytes      256  the end of a document
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.tokenizers.base import join_pieces, seen_tensor, seen_with, utf8

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import IdArray, Tensors, Texts

END = 256
BYTES = tuple(bytes([i]) for i in range(256))


class ByteTokenizer:
    kind = "byte"
    labels: Sequence[str] = ()
    vocab_size = END + 1
    end_id = END
    pieces: Sequence[bytes] = (*BYTES, b"")

    def __init__(self, seen: NDArray[np.bool_] | None = None) -> None:
        """seen: bool (257,), the tokens of the corpus; None: all of them."""
        self.seen = np.ones(self.vocab_size, np.bool_) if seen is None else seen

    @classmethod
    def train(cls, texts: Texts) -> ByteTokenizer:
        """A tokenizer that knows which bytes `texts` holds."""
        seen = np.zeros(cls.vocab_size, np.bool_)
        for text, ended in join_pieces(texts):
            seen[np.frombuffer(utf8(text), np.uint8)] = True
            seen[END] |= ended
        return cls(seen)

    def extend(self, texts: Texts, min_count: int) -> ByteTokenizer:
        return ByteTokenizer(seen_with(self, texts))

    @classmethod
    def load(cls, settings: Mapping[str, Any], tensors: Tensors) -> ByteTokenizer:
        """The tokenizer whose `tensors()` these are. Raises TokenizerError if they do not fit."""
        return cls(seen_tensor(tensors, cls.vocab_size))

    def encode(self, text: str) -> IdArray:
        return np.frombuffer(utf8(text), np.uint8).astype(np.int64)

    def settled(self, text: str) -> int:
        return len(text)

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` with a byte that the corpus never held, in order of appearance."""
        return [c for c in dict.fromkeys(text) if not self.seen[list(utf8(c))].all()]

    def settings(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """seen: uint8 (257,)."""
        return {"seen": self.seen.astype(np.uint8)}

"""A token is a frequent piece of a word (sentencepiece); what has no piece is spelled in bytes.

The ids are sentencepiece's own: 0 is its unused `<unk>`, 1 the end of a document, 2 .. 257 the
bytes, the pieces follow. Three facts make it lossless for every text:
- the model has all 256 bytes and neither normalises nor adds or drops a space;
- sentencepiece writes a space as U+2581, so that character itself goes around it, as bytes;
- no piece crosses from a word to the next or holds a line's end (`training` sees to that), so
  text may be cut there, and a word met before need not be encoded again: twice as fast in prose.
"""

from __future__ import annotations

import re
from array import array
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import TokenizerError
from rnngen.tokenizers.base import decode, seen_tensor, seen_with, tensor, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import IdArray, Tensors, Texts

SPACE_MARK = "\u2581"
MARKS = "\0\n" + SPACE_MARK  # always spelled in bytes
# Longer words are cut: sentencepiece's BPE takes memory for each character of a word.
WORD = re.compile(f"[{MARKS}]| {{0,64}}[^ {MARKS}]{{1,64}}| {{1,64}}")
CACHED_WORDS = 1 << 18
DAMAGED = (RuntimeError, ValueError, OSError, TypeError)  # what sentencepiece raises for one
# Two spaces, a ligature, a fullwidth letter, a Hangul syllable in parts: what normalising changes.
PROBE = "  a b \ufb01\uff21\u1112\u1161\u11ab\t\r\n </s><unk><0x41>\u2581\0 "


class SubwordTokenizer:
    kind = "subword"
    labels: Sequence[str] = ()

    def __init__(self, model: bytes, seen: NDArray[np.bool_] | None = None) -> None:
        """model: a serialized sentencepiece model.  seen: bool (V,); None: every token.

        Raises TokenizerError if the model is damaged, or not lossless as ours are.
        """
        from sentencepiece import SentencePieceProcessor

        self._bytes = model
        try:
            self._model = SentencePieceProcessor(model_proto=model)
            self.vocab_size: int = self._model.get_piece_size()
            self.end_id: int = self._model.eos_id()
            is_lossless = self.end_id >= 0 and self._gives_back(PROBE)
        except DAMAGED as error:
            raise TokenizerError("the tokenizer's sentencepiece model is damaged.") from error
        if not is_lossless:
            raise TokenizerError("the tokenizer's sentencepiece model loses text; make it here.")
        self.seen = np.ones(self.vocab_size, np.bool_) if seen is None else seen

    def extend(self, texts: Texts, min_count: int) -> SubwordTokenizer:
        """See Tokenizer; pieces cannot be added, so new characters are spelled in bytes."""
        return SubwordTokenizer(self._bytes, seen_with(self, texts))

    @classmethod
    def load(cls, settings: Mapping[str, Any], tensors: Tensors) -> SubwordTokenizer:
        """The tokenizer whose `tensors()` these are. Raises TokenizerError if they do not fit."""
        tokenizer = cls(tensor(tensors, "model", np.uint8).tobytes())
        tokenizer.seen = seen_tensor(tensors, tokenizer.vocab_size)
        return tokenizer

    def _gives_back(self, text: str) -> bool:
        return len(self._byte_ids) == 256 and decode(self, self.encode(text)) == text

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        return tuple(self._piece(i) for i in range(self.vocab_size))

    def _piece(self, token: int) -> bytes:
        piece: str = self._model.id_to_piece(token)
        if self._model.is_byte(token):
            return bytes([int(piece[3:5], 16)])  # "<0x41>"
        if self._model.is_control(token) or self._model.is_unknown(token):
            return b""
        return piece.replace(SPACE_MARK, " ").encode()

    @cached_property
    def _byte_ids(self) -> dict[int, int]:
        """The token of each byte."""
        tokens = (i for i in range(self.vocab_size) if self._model.is_byte(i))
        return {self._piece(i)[0]: i for i in tokens}

    @cached_property
    def _alphabet(self) -> set[str]:
        """The characters that are a piece, or a byte the corpus holds."""
        pieces = [p.decode("utf-8", "ignore") for p in self.pieces]
        known = self.seen.copy()
        known[[i for i in range(self.vocab_size) if not self._model.is_byte(i)]] = True
        return {pieces[i] for i in np.flatnonzero(known) if len(pieces[i]) == 1}

    @cached_property
    def _words(self) -> _Words:
        marks = {c: [self._byte_ids[b] for b in c.encode()] for c in MARKS}
        return _Words(self._model.encode, marks)

    def encode(self, text: str) -> IdArray:
        utf8(text)  # sentencepiece would replace half a surrogate pair
        if len(self._words) > CACHED_WORDS:
            del self._words
        ids = b"".join(map(self._words.__getitem__, WORD.findall(text)))
        return np.frombuffer(ids, np.int64).copy()

    def settled(self, text: str) -> int:
        """See Tokenizer; the last word may grow, and then be cut in another way."""
        begins = [match.start() for match in WORD.finditer(text)]
        return len(text) if not text or text[-1] in MARKS else begins[-1]

    def unseen(self, text: str) -> list[str]:
        return [c for c in dict.fromkeys(text) if c not in self._alphabet]

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """What sentencepiece prefers, (V,): pieces are chosen or merged by it, bytes are not."""
        return np.array([self._model.get_score(i) for i in range(self.vocab_size)], np.float32)

    @cached_property
    def is_piece(self) -> NDArray[np.bool_]:
        """Which tokens were learned, (V,): neither bytes nor marks."""
        other = self._model.is_byte, self._model.is_control, self._model.is_unknown
        return np.array([not any(is_a(i) for is_a in other) for i in range(self.vocab_size)])

    @property
    def model_type(self) -> str:
        """bpe if the pieces' scores are their ranks, 0, -1, -2, .., else unigram: log-shares."""
        ranks = -np.arange(np.count_nonzero(self.is_piece))
        return "bpe" if np.array_equal(self.scores[self.is_piece], ranks) else "unigram"

    def settings(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """model: the sentencepiece model's bytes, uint8 (N,); seen: uint8 (V,)."""
        model = np.frombuffer(self._bytes, np.uint8)
        return {"model": model, "seen": self.seen.astype(np.uint8)}


class _Words(dict[str, bytes]):
    """The ids of each word met so far, as the bytes of an int64 array: those are joined fastest."""

    def __init__(self, encode: Callable[[str], list[int]], marks: dict[str, list[int]]) -> None:
        """marks: the ids of what sentencepiece must never see."""
        super().__init__({mark: array("q", ids).tobytes() for mark, ids in marks.items()})
        self._encode = encode

    def __missing__(self, word: str) -> bytes:
        ids = self[word] = array("q", self._encode(word)).tobytes()
        return ids

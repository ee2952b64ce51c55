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
from rnngen.tokenizers.base import seen_tensor, seen_with, tensor, utf8
from rnngen.tokenizers.byte import BYTES
from rnngen.tokenizers.subword_model import END, FIXED, MARKS, SPACE, read_subword_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from sentencepiece import SentencePieceProcessor

    from rnngen.tokenizers.base import IdArray, Tensors, Texts

UNLEARNED = "\0\n" + SPACE  # always spelled in bytes
# Longer words are cut: sentencepiece's BPE takes memory for each character of a word.
WORD = re.compile(f"[{UNLEARNED}]| {{0,64}}[^ {UNLEARNED}]{{1,64}}| {{1,64}}")
CACHED_WORDS = 1 << 18


class SubwordTokenizer:
    kind = "subword"
    labels: Sequence[str] = ()

    def __init__(self, model: bytes, seen: NDArray[np.bool_] | None = None) -> None:
        """model: a serialized sentencepiece model.  seen: bool (V,); None: every token.

        Raises TokenizerError if the model is damaged, or not such as are made here.
        """
        self._read = read_subword_model(model)
        self.vocab_size = len(FIXED) + len(self._read.pieces)
        self.end_id = FIXED.index(END)
        self.seen = np.ones(self.vocab_size, np.bool_) if seen is None else seen

    @cached_property
    def _model(self) -> SentencePieceProcessor:
        """Encodes words. What needs none, such as a sample without a prompt, does not import it."""
        from sentencepiece import SentencePieceProcessor

        try:
            return SentencePieceProcessor(model_proto=self._read.to_bytes())
        except (RuntimeError, ValueError, OSError, TypeError) as error:  # what it raises for damage
            raise TokenizerError("sentencepiece cannot read the tokenizer's model.") from error

    def extend(self, texts: Texts, min_count: int) -> SubwordTokenizer:
        """See Tokenizer; pieces cannot be added, so new characters are spelled in bytes."""
        return SubwordTokenizer(self._read.to_bytes(), seen_with(self, texts))

    @classmethod
    def load(cls, settings: Mapping[str, Any], tensors: Tensors) -> SubwordTokenizer:
        """The tokenizer whose `tensors()` these are. Raises TokenizerError if they do not fit."""
        tokenizer = cls(tensor(tensors, "model", np.uint8).tobytes())
        tokenizer.seen = seen_tensor(tensors, tokenizer.vocab_size)
        return tokenizer

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        learned = (piece.replace(SPACE, " ").encode() for piece in self._read.pieces)
        return (*(b"" for _ in MARKS), *BYTES, *learned)

    @cached_property
    def _alphabet(self) -> set[str]:
        """The characters that are a piece, or a byte the corpus holds."""
        pieces = [p.decode("utf-8", "ignore") for p in self.pieces]
        known = self.seen.copy()
        known[self.is_piece] = True
        return {pieces[i] for i in np.flatnonzero(known) if len(pieces[i]) == 1}

    @cached_property
    def _words(self) -> _Words:
        spelled = {c: [len(MARKS) + byte for byte in c.encode()] for c in UNLEARNED}
        return _Words(lambda word: self._model.encode(word), spelled)

    def encode(self, text: str) -> IdArray:
        utf8(text)  # sentencepiece would replace half a surrogate pair
        if len(self._words) > CACHED_WORDS:
            del self._words
        ids = b"".join(map(self._words.__getitem__, WORD.findall(text)))
        return np.frombuffer(ids, np.int64).copy()

    def settled(self, text: str) -> int:
        """See Tokenizer; the last word may grow, and then be cut in another way."""
        begins = [match.start() for match in WORD.finditer(text)]
        return len(text) if not text or text[-1] in UNLEARNED else begins[-1]

    def unseen(self, text: str) -> list[str]:
        return [c for c in dict.fromkeys(text) if c not in self._alphabet]

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """What sentencepiece prefers, (V,): pieces are chosen or merged by it, bytes are not."""
        return np.append(np.zeros(len(FIXED), np.float32), self._read.scores)

    @cached_property
    def is_piece(self) -> NDArray[np.bool_]:
        """Which tokens were learned, (V,): neither bytes nor marks."""
        return np.arange(self.vocab_size) >= len(FIXED)

    @property
    def model_type(self) -> str:
        """bpe or unigram."""
        return self._read.model_type

    def settings(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """model: the sentencepiece model's bytes, uint8 (N,); seen: uint8 (V,)."""
        model = np.frombuffer(self._read.to_bytes(), np.uint8)
        return {"model": model, "seen": self.seen.astype(np.uint8)}


class _Words(dict[str, bytes]):
    """The ids of each word met so far, as the bytes of an int64 array: those are joined fastest."""

    def __init__(self, encode: Callable[[str], list[int]], spelled: dict[str, list[int]]) -> None:
        """spelled: the ids of what sentencepiece must never see."""
        super().__init__({sign: array("q", ids).tobytes() for sign, ids in spelled.items()})
        self._encode = encode

    def __missing__(self, word: str) -> bytes:
        ids = self[word] = array("q", self._encode(word)).tobytes()
        return ids

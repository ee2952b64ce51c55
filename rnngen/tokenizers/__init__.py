"""Text to token ids and back: `char`, `byte` and `subword`, behind one protocol.

Each token stands for some bytes of UTF-8, and a text is the join of its tokens' bytes. That one
rule makes every tokenizer lossless, and lets one `Decoder` stream the text of any of them.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rnngen.errors import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    IdArray = NDArray[np.int64]
    Tensors = Mapping[str, NDArray[Any]]

KINDS = ("char", "byte", "subword")


class Tokenizer(Protocol):
    """A reversible map between text and ids in [0, vocab_size)."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        ...

    @property
    def vocab_size(self) -> int: ...

    @property
    def end_id(self) -> int:
        """The token that closes a document. `encode` never returns it; its bytes are empty."""
        ...

    @property
    def pieces(self) -> Sequence[bytes]:
        """The UTF-8 bytes each id stands for; a piece may be part of one character."""
        ...

    def encode(self, text: str) -> IdArray:
        """Token ids of `text`, int64 (N,), such that `decode(encode(text)) == text`."""
        ...

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` that have no token of their own, each once, in order of appearance."""
        ...

    def settings(self) -> dict[str, Any]:
        """What `load` needs besides the tensors, as JSON values; holds `kind`."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The large part of the tokenizer, as arrays (a sentencepiece model is a uint8 array)."""
        ...


class Decoder:
    """Joins tokens into text as they come, and never gives out half a character.

    >>> decoder = Decoder(tokenizer)
    >>> "".join(decoder.feed(i) for i in ids) + decoder.finish() == decode(tokenizer, ids)
    True
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._pieces = tokenizer.pieces
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        """The text that `token` completes; empty while a character is unfinished."""
        return self._utf8.decode(self._pieces[token])

    def finish(self) -> str:
        """What is left: U+FFFD if the last character was never completed, else nothing."""
        return self._utf8.decode(b"", final=True)


def decode(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """The text of `ids`; bytes that are not UTF-8 become U+FFFD, end tokens nothing."""
    pieces = tokenizer.pieces
    return b"".join([pieces[i] for i in ids]).decode("utf-8", "replace")


def digest(tokenizer: Tokenizer) -> str:
    """A hexadecimal SHA-256 that differs between any two tokenizers that encode differently."""
    hasher = hashlib.sha256(json.dumps(tokenizer.settings(), sort_keys=True).encode())
    for name, array in sorted(tokenizer.tensors().items()):
        hasher.update(f"{name} {array.dtype.str} {array.shape}".encode())
        hasher.update(np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()


def load(settings: Mapping[str, Any], tensors: Tensors) -> Tokenizer:
    """The tokenizer whose `settings()` and `tensors()` these are.

    Raises TokenizerError if the kind is unknown or the parts do not fit each other.
    """
    kind = settings.get("kind")
    if kind == "char":
        from rnngen.tokenizers.char import CharTokenizer

        return CharTokenizer.load(settings, tensors)
    if kind == "byte":
        from rnngen.tokenizers.byte import ByteTokenizer

        return ByteTokenizer.load(settings, tensors)
    if kind == "subword":
        from rnngen.tokenizers.subword import SubwordTokenizer

        return SubwordTokenizer.load(settings, tensors)
    raise TokenizerError(f"unknown tokenizer {kind!r}; this version knows {', '.join(KINDS)}.")

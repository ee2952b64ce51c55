"""What every tokenizer is, and what all kinds share.

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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    IdArray = NDArray[np.int64]
    Tensors = Mapping[str, NDArray[Any]]


class Texts(Protocol):
    """What a tokenizer is built from; `rnngen.corpus.Corpus` is one."""

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each with whether a document ends there; the same at every call."""
        ...


class Tokenizer(Protocol):
    """A reversible map between text and ids in [0, vocab_size)."""

    @property
    def kind(self) -> str:
        """One of `rnngen.config.TOKENIZERS`."""
        ...

    @property
    def vocab_size(self) -> int: ...

    @property
    def end_id(self) -> int:
        """The token that closes a document. `encode` never returns it; its bytes are empty."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Labels of documents, each with a token after all others, without bytes; none usually."""
        ...

    @property
    def pieces(self) -> Sequence[bytes]:
        """The UTF-8 bytes each id stands for; a piece may be part of one character."""
        ...

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Tokens of the text it was built from, (vocab_size,); the others are never trained."""
        ...

    def encode(self, text: str) -> IdArray:
        """Token ids of `text`, int64 (N,), such that `decode(encode(text)) == text`.

        Raises TokenizerError for half a surrogate pair, which no UTF-8 stands for.
        """
        ...

    def settled(self, text: str) -> int:
        """How many characters of `text` keep their tokens whatever text follows.

        So encode(text + more) begins with encode(text[:settled(text)]).
        """
        ...

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` without a token of their own, or with one that was never seen.

        Each once, in order of appearance.
        """
        ...

    def extend(self, texts: Texts, min_count: int) -> Tokenizer:
        """The same tokens with the same ids, new ones after them for what only `texts` holds.

        min_count: as for `train`.  `seen` then covers both texts.
        """
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


def piece_bytes(tokenizer: Tokenizer) -> IdArray:
    """Bytes of text each token counts as, int64 (V,); at least 1: the end is a separator's.

    But for a label, which counts as none.
    """
    sizes = np.array([max(1, len(piece)) for piece in tokenizer.pieces], np.int64)
    sizes[tokenizer.vocab_size - len(tokenizer.labels) :] = 0
    return sizes


def piece_characters(tokenizer: Tokenizer) -> IdArray:
    """Characters of text that begin in each token, int64 (V,); the end is a separator's, 1."""
    counts = [sum(byte & 0xC0 != 0x80 for byte in piece) for piece in tokenizer.pieces]
    counts[tokenizer.end_id] = 1
    return np.array(counts, np.int64)


def digest(tokenizer: Tokenizer) -> str:
    """A hexadecimal SHA-256 that differs between any two tokenizers that encode differently."""
    hasher = hashlib.sha256(json.dumps(tokenizer.settings(), sort_keys=True).encode())
    for name, array in sorted(tokenizer.tensors().items()):
        hasher.update(f"{name} {array.dtype.str} {array.shape}".encode())
        hasher.update(np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()


def utf8(text: str) -> bytes:
    """The bytes of `text`. Raises TokenizerError for half a surrogate pair."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TokenizerError(
            f"character {error.start + 1} of the text is U+{ord(text[error.start]):04X}, "
            f"half a surrogate pair; remove it, or read the text as UTF-8."
        ) from error


def join_pieces(texts: Texts, size: int = 1 << 18) -> Iterator[tuple[str, bool]]:
    """`texts` in fewer pieces, of `size` characters or more, and whether a document ends in each.

    A poem a piece would otherwise cost one round of NumPy calls each.
    """
    waiting: list[str] = []
    length, ended = 0, False
    for text, ends in texts.pieces():
        waiting.append(text)
        length += len(text)
        ended |= ends
        if length >= size:
            yield "".join(waiting), ended
            waiting, length, ended = [], 0, False
    yield "".join(waiting), ended


def seen_with(tokenizer: Tokenizer, texts: Texts) -> NDArray[np.bool_]:
    """`tokenizer.seen` and the tokens of `texts`: bool (V,)."""
    seen = tokenizer.seen.copy()
    for text, ended in join_pieces(texts):
        seen[tokenizer.encode(text)] = True
        seen[tokenizer.end_id] |= ended
    return seen


def tensor(tensors: Tensors, name: str, dtype: type[np.generic]) -> NDArray[Any]:
    """The one-dimensional tensor `name`. Raises TokenizerError if it is not there or another."""
    array = tensors.get(name)
    wanted = np.dtype(dtype)
    if array is None or array.ndim != 1 or array.dtype != wanted:
        found = "nothing" if array is None else f"{array.dtype} {array.shape}"
        raise TokenizerError(f"tokenizer tensor {name!r} must be {wanted} (N,), found {found}.")
    return array


def seen_tensor(tensors: Tensors, vocab_size: int) -> NDArray[np.bool_]:
    """The tensor `seen` of a tokenizer of `vocab_size` tokens, checked."""
    seen = tensor(tensors, "seen", np.uint8)
    if len(seen) != vocab_size:
        raise TokenizerError(
            f"tokenizer tensor 'seen' has {len(seen)} entries, the vocabulary {vocab_size}."
        )
    return seen.astype(np.bool_)

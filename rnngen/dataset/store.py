"""The token ids of a corpus on disk, memory-mapped: a folder that is whole or not there.

    store.json        what it is of, and how large; written last
    tokens-00000.bin  uint16 (uint32 if the vocabulary is larger) ids, little-endian; then -00001 ..
    offsets.bin       uint64 (D + 1,): where each document starts, and where the last one ends
    hashes.bin        uint64 (D,): of each document's text, so equal documents have equal hashes
    counts.bin        int64 (V,): how often each token occurs
    checks.bin        uint32 (B,): a check of each block of the tokens' files; see checks.py

Each document is followed by the end token; continuous text is one document without it.

A large corpus may be cut into tokens by many machines, each of which writes such a folder of its
part; `open_shards` reads them as the one store they would have been. Nothing is copied.
"""

from __future__ import annotations

import errno
import hashlib
import zlib
from bisect import bisect_right
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

import numpy as np

from rnngen.cores import cores
from rnngen.dataset.checks import BlockChecks
from rnngen.dataset.encode import blocks_of, encode_blocks
from rnngen.dataset.facts import FACTS, STORE_VERSION, Facts, chunk_name
from rnngen.dataset.folder import AGAIN, CHECKS, COUNTS, HASHES, OFFSETS, OTHERS, StoreFolder
from rnngen.dataset.mapped import concatenate_hashes, concatenate_offsets
from rnngen.errors import CorpusError
from rnngen.files import replace_folder
from rnngen.tokenizers.base import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.dataset.encode import Block
    from rnngen.dataset.mapped import Rows
    from rnngen.tokenizers.base import IdArray, Tokenizer

CHUNK = 1 << 28
"""Most tokens in a file."""


class CorpusLike(Protocol):
    """What a store is built from; `rnngen.corpus.Corpus` is one."""

    @property
    def documents(self) -> str:
        """What a document is; "none" for continuous text."""
        ...

    def pieces(self) -> Iterator[tuple[str, bool]]: ...

    def digest(self) -> str: ...


class TokenStore:
    """The tokens of a corpus, read-only. Made by `build_store`, `open_store` or `open_shards`."""

    def __init__(self, path: Path, folders: Sequence[Path]) -> None:
        """folders: those that hold the tokens, in order.

        Raises OSError or ValueError if a file is missing or not as long as it must be, or if the
        folders hold parts of different corpora.
        """
        parts = [StoreFolder(folder) for folder in folders]
        facts = parts[0].facts
        if any(part.facts.made_from() != facts.made_from() for part in parts):
            raise ValueError("its parts were made from different texts or tokenizers")
        self.path = path
        self.vocab_size = facts.vocab_size
        self.tokenizer_digest = facts.tokenizer_digest
        self.corpus_digest = facts.corpus_digest
        self.documents = facts.documents
        self.num_tokens = sum(part.facts.num_tokens for part in parts)
        """Documents are each followed by the end token; a continuous text has none."""
        self.num_bytes = sum(part.facts.num_bytes for part in parts)
        """Bytes of the text as UTF-8, and one for each end token."""
        self.counts: NDArray[np.int64] = np.sum([part.counts for part in parts], axis=0)
        """int64 (V,): how often each token occurs."""
        self._files = [file for part in parts for file in part.tokens]
        self._starts = np.cumsum([0, *map(len, self._files)]).tolist()
        self.offsets: Rows
        """uint64 (D + 1,): document d is tokens `offsets[d]` to `offsets[d + 1]`."""
        self.hashes: Rows
        """uint64 (D,): 64 bits of BLAKE2b of a document's text, whatever the tokenizer.

        Of a continuous text 0: nothing is drawn by it, and its parts may be on many machines.
        """
        if len(parts) > 1 and self.documents == "none":
            self.offsets, self.hashes = (
                np.array([0, self.num_tokens], np.uint64),
                np.zeros(1, "<u8"),
            )
        else:
            self.offsets = concatenate_offsets([part.offsets for part in parts])
            self.hashes = concatenate_hashes([part.hashes for part in parts])

    def read(self, start: int, stop: int) -> IdArray:
        """Tokens [start, stop), int64.

        Raises ValueError unless 0 <= start <= stop <= num_tokens, CorpusError for what is no id.
        """
        if not 0 <= start <= stop <= self.num_tokens:
            raise ValueError(f"tokens {start} to {stop} of {self.num_tokens}")
        ids = np.empty(stop - start, np.int64)
        done = 0
        index = bisect_right(self._starts, start) - 1
        try:
            while done < len(ids):
                first = start + done - self._starts[index]
                part = self._files[index].read(first, first + len(ids) - done)
                ids[done : done + len(part)] = part
                done, index = done + len(part), index + 1
            if len(ids) and ids.max() >= self.vocab_size:
                raise ValueError(f"token {ids.max()} of {self.vocab_size}")
        except ValueError as error:
            raise _damaged(self.path, error) from error
        return ids

    def check(self) -> None:
        """Look at all tokens now, and not when they are read. Raises CorpusError for damage."""
        try:
            for file in self._files:
                file.check()
        except ValueError as error:
            raise _damaged(self.path, error) from error


def open_store(path: Path) -> TokenStore:
    """The store that `build_store` wrote. Raises CorpusError if it is not there or damaged."""
    return _open(path, [path])


def open_shards(path: Path, folders: Sequence[Path]) -> TokenStore:
    """The shards in `folders`, in this order, as the one store they are parts of.

    path: the folder around them.  Raises CorpusError if one is not there or damaged, or if they
    are not of one text.
    """
    store = _open(path, folders)
    if not store.num_tokens:
        raise CorpusError("the corpus holds no text.")
    return store


def _open(path: Path, folders: Sequence[Path]) -> TokenStore:
    try:
        return TokenStore(path, folders)
    except OSError as error:
        name = Path(error.filename or path).name
        raise CorpusError(f"{path}: no token store: {name}: {error.strerror}. {AGAIN}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> CorpusError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return CorpusError(f"{path}: a damaged token store: {reason}. {AGAIN}")


def build_store(
    corpus: CorpusLike,
    tokenizer: Tokenizer,
    path: Path,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    may_be_empty: bool = False,
) -> TokenStore:
    """The store of `corpus` at `path`, where an older one is replaced once this one is whole.

    workers: most processes that encode; None: one a core. The store is the same with any number.
    progress: called with the number of characters encoded so far.
    may_be_empty: it is one of the parts that `open_shards` joins.
    Raises CorpusError if it cannot be written, also if the folder around `path` is not there, and
    whatever reading the corpus raises.
    """
    try:
        _refuse_to_replace_another_thing(path)
        with replace_folder(path) as folder, _StoreWriter(folder, tokenizer) as writer:
            blocks = blocks_of(corpus.pieces())
            with closing(encode_blocks(blocks, tokenizer, workers or cores())) as encoded:
                for block, ids in encoded:
                    writer.add(block, ids)
                    if progress is not None:
                        progress(writer.num_characters)
            if not writer.num_tokens and not may_be_empty:
                raise CorpusError("the corpus holds no text.")
            writer.finish(corpus)
    except OSError as error:
        hint = " It takes 2 or 4 bytes a token, in a folder that you may write."
        if error.errno in (errno.EMFILE, errno.ENFILE):
            hint = ""
        raise CorpusError(
            f"{path}: the token store cannot be written: {error.strerror or error}.{hint}"
        ) from error
    return open_store(path)


def _refuse_to_replace_another_thing(path: Path) -> None:
    if path.exists() and not (path / FACTS).is_file():
        raise CorpusError(f"{path}: holds something else than a token store; choose a free path.")


class _StoreWriter:
    """Writes a store as the ids come; what it keeps in memory does not grow with the corpus."""

    def __init__(self, folder: Path, tokenizer: Tokenizer) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._counts = np.zeros(tokenizer.vocab_size, np.int64)
        self._document = _hasher()
        self._is_open = False  # whether a document has begun and not ended
        self._checks = BlockChecks()  # of the file of tokens that is being written
        self._checks_before: list[NDArray[np.uint32]] = []
        self._crc32 = dict.fromkeys(OTHERS, 0)
        self.num_characters = self.num_tokens = 0
        self._num_bytes = self._num_documents = 0

    def __enter__(self) -> Self:
        self._files = ExitStack()
        self._tokens = self._open(chunk_name(0))
        self._others = {name: self._open(name) for name in OTHERS}
        self._write(OFFSETS, bytes(8))
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def _open(self, name: str) -> BinaryIO:
        return self._files.enter_context((self._folder / name).open("wb"))

    def _write(self, name: str, content: bytes) -> None:
        """Append to a file that is not of tokens."""
        self._others[name].write(content)
        self._crc32[name] = zlib.crc32(content, self._crc32[name])

    def add(self, block: Block, ids: NDArray[Any]) -> None:
        """Append a block and its ids, where an end token closes each document."""
        ends = np.flatnonzero(ids == self._tokenizer.end_id) + 1 + self.num_tokens
        self._write(OFFSETS, ends.astype("<u8").tobytes())
        self._counts += np.bincount(ids, minlength=len(self._counts))
        self._add_tokens(ids)
        self._add_texts(block)

    def _add_tokens(self, ids: NDArray[Any]) -> None:
        while len(ids):
            index, used = divmod(self.num_tokens, CHUNK)
            if index and not used:
                self._tokens.close()
                self._tokens = self._open(chunk_name(index))
                self._end_chunk()
            part, ids = np.split(ids, [CHUNK - used])
            self._tokens.write(part.view(np.uint8).data)
            self._checks.update(part)
            self.num_tokens += len(part)

    def _end_chunk(self) -> None:
        self._checks_before.append(self._checks.finish())
        self._checks = BlockChecks()

    def _add_texts(self, block: Block) -> None:
        hashes = []
        for text, ends in block:
            data = text.encode("utf-8")
            self._document.update(data)
            self._is_open = not ends and (self._is_open or bool(text))
            self._num_bytes += len(data) + ends
            self.num_characters += len(text)
            if ends:
                hashes.append(self._document.digest())
                self._document = _hasher()
        self._write(HASHES, b"".join(hashes))
        self._num_documents += len(hashes)

    def finish(self, corpus: CorpusLike) -> None:
        """Write what is known only at the end."""
        if self._is_open:
            self._write(OFFSETS, self.num_tokens.to_bytes(8, "little"))
            is_continuous = corpus.documents == "none"
            self._write(HASHES, bytes(8) if is_continuous else self._document.digest())
            self._num_documents += 1
        self._end_chunk()
        self._write(COUNTS, self._counts.astype("<i8").tobytes())
        self._write(CHECKS, np.concatenate(self._checks_before).tobytes())
        self._files.close()
        facts = Facts(
            version=STORE_VERSION,
            vocab_size=self._tokenizer.vocab_size,
            tokenizer_digest=digest(self._tokenizer),
            corpus_digest=corpus.digest(),
            documents=corpus.documents,
            num_tokens=self.num_tokens,
            num_bytes=self._num_bytes,
            num_documents=self._num_documents,
            chunk=CHUNK,
            crc32=self._crc32,
        )
        (self._folder / FACTS).write_text(facts.to_json() + "\n", encoding="utf-8")


def _hasher() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=8)

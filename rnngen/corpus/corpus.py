"""All the text of some files, as documents or as one stream, read any number of times."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from rnngen.corpus.columns import check_column, column_texts
from rnngen.corpus.detect import BEGINNING, detect
from rnngen.corpus.digests import DigestCache
from rnngen.corpus.documents import SPLITTERS, Piece, continuous, split
from rnngen.corpus.files import STDIN, Source, find, source
from rnngen.corpus.text import check_encoding, read
from rnngen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

DOCUMENTS = ("auto", "line", "paragraph", "section", "file", "none")


@dataclass(frozen=True)
class Corpus:
    """Text that can be read any number of times. Made by `open_corpus` or `reopen`."""

    names: tuple[str, ...]  # as the user named them; "-" is stdin
    sources: tuple[Source, ...]
    documents: str  # one of DOCUMENTS, never "auto"
    reason: str = ""  # what "auto" saw, one sentence; "" if the mode was given
    encoding: str = "utf-8"
    column: str | None = None
    digests: DigestCache = field(default_factory=DigestCache, compare=False, repr=False)

    def pieces(self) -> Iterator[Piece]:
        """All text in order, in pieces of at most 2**20 characters; each call begins anew.

        Documents come without blank lines around them, and blank ones not at all; a row of a table
        is one document. In mode "none" no piece ends.
        Raises CorpusError, possibly midway, if a file cannot be read; at the end if all is blank.
        """
        is_blank = True
        for piece in self.pieces_of(self.sources):
            is_blank = is_blank and piece.text.isspace()
            yield piece
        if is_blank:
            more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
            raise CorpusError(f"{self.names[0]}{more}: no text, only blanks or nothing at all.")

    def digest(self) -> str:
        """Hexadecimal SHA-256 of the files' bytes in order, and of how they are read.

        The files are read for it once, unless `digests` knows them.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        how = [self.encoding, self.column, self.documents]
        hasher = hashlib.sha256(json.dumps(how).encode())
        for digest in self.digests.of(self.sources):
            hasher.update(digest)
        return hasher.hexdigest()

    def size(self) -> int:
        """Bytes of all files as they are on disk."""
        return sum(each.size for each in self.sources)

    def description(self) -> dict[str, Any]:
        """JSON that `reopen` makes the same corpus of, in any folder."""
        return {
            "files": [each.describe() for each in self.sources],
            "documents": self.documents,
            "encoding": self.encoding,
            "column": self.column,
        }

    def pieces_of(self, sources: Iterable[Source]) -> Iterator[Piece]:
        """The pieces of some files as if there were no others, blank or none as they may be."""
        if self.documents == "none":
            yield from continuous(chain.from_iterable(map(self._files, sources)))
            return
        for each in sources:
            splitter = SPLITTERS["file" if each.table else self.documents]
            for file in self._files(each):
                yield from split(file, splitter)

    def _files(self, each: Source) -> Iterator[Iterator[str]]:
        """The text of a file; a row of a table counts as a file."""
        if each.table and self.column is not None:
            yield from (iter([text]) for text in column_texts(each, self.encoding, self.column))
        else:
            yield read(each, self.encoding)


def open_corpus(
    paths: Sequence[str],
    *,
    documents: str = "auto",
    encoding: str = "utf-8",
    column: str | None = None,
    digests: Path | None = None,
) -> Corpus:
    """The text of files, folders (every .txt below), globs and "-" (stdin), in this order.

    documents: what one is; "auto" looks at the beginning of the text and decides.
    column: which column of .csv, .tsv and .jsonl files; each row is a document.
    digests: where those of large files are remembered, so that unchanged ones are not read for it.
    Raises CorpusError if a path means no file, or the beginning is no text in `encoding`.
    """
    if documents not in DOCUMENTS:
        raise ConfigError(f"--documents must be one of {', '.join(DOCUMENTS)}, got {documents}.")
    check_encoding(encoding)
    sources = tuple(find(paths))
    check_column(sources, encoding, column)
    reason = ""
    if documents == "auto":
        documents, reason = _guess(sources, encoding, column)
    corpus = Corpus(
        tuple(paths), sources, documents, reason, encoding, column, DigestCache(digests)
    )
    # What is wrong with the beginning is better said now.
    next(piece for piece in corpus.pieces() if not piece.text.isspace())
    return corpus


def reopen(description: Mapping[str, Any], *, digests: Path | None = None) -> Corpus:
    """The corpus that `description()` described.  digests: as for `open_corpus`.

    Raises CorpusError if a file is gone, or if it was stdin.
    """
    try:
        names = tuple(map(str, description["files"]))
        documents, encoding = str(description["documents"]), str(description["encoding"])
        column = description["column"]
    except (KeyError, TypeError) as error:
        raise CorpusError(f"the stored description of the corpus is damaged: {error}.") from error
    if STDIN in names:
        raise CorpusError("the corpus was stdin (-), which cannot be read again; name a file.")
    check_encoding(encoding)
    sources = tuple(map(source, names))
    check_column(sources, encoding, column)
    return Corpus(names, sources, documents, "", encoding, column, DigestCache(digests))


def _guess(sources: tuple[Source, ...], encoding: str, column: str | None) -> tuple[str, str]:
    """Rows of a table are documents anyway, so only the other files are looked at."""
    files = tuple(each for each in sources if not each.table)
    if not files:
        return "file", f"Each row of column {column!r} is a document."
    names = tuple(each.name for each in files)
    mode, reason = detect(
        _beginning(Corpus(names, files, "none", "", encoding)), [f.size for f in files]
    )
    if mode == "none" and len(files) < len(sources):
        return "file", "Rows of a table are documents, so each other file is one too."
    return mode, reason


def _beginning(corpus: Corpus) -> str:
    """The first `BEGINNING` characters, or a few more."""
    found, length = [], 0
    for piece in corpus.pieces_of(corpus.sources):
        found.append(piece.text)
        length += len(piece.text)
        if length >= BEGINNING:
            break
    return "".join(found)[:BEGINNING]

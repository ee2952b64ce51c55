"""A part of a corpus, as one machine of many reads it: the parts in a row are the whole, exactly.

The bytes of all files, one after the other, are divided evenly; where a share begins, the part
begins with the next document (or the next line, of continuous text). A file that cannot be entered
in the middle goes to one part whole: compressed ones, tables other than .jsonl, those with markup,
those whose encoding does not show where a line ends, and those of which each is one document.

So that a part gives the very pieces that the whole does, it begins in a block (of `files.BLOCK`
bytes) that has another line's end after it: what the readers hold back at the end of that block is
then the same text, and so is all that follows.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
from typing import TYPE_CHECKING

from rnngen.corpus import files, remote
from rnngen.corpus.documents import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.config import ReadingConfig
    from rnngen.corpus.corpus import Corpus
    from rnngen.corpus.files import Source

    FilePosition = tuple[int, int]
    """Which source, and how many bytes into it."""

MOST_LEARNED = 1 << 32  # bytes; a tokenizer learned from more would hardly be another
STRETCHES = 1 << 10
# Of these, the byte 10 is always a line's end.
ENCODINGS = ("utf-8", "ascii", "iso8859-1", "cp1252")
LINE = re.compile(rb"\n")
# Blank lines, as documents.py has them but of fewer kinds of blanks.
GAPS = {
    "none": LINE,
    "line": LINE,
    "paragraph": re.compile(rb"\n(?:[ \t\r]*\n)+"),
    "section": re.compile(rb"\n(?:[ \t\r]*\n){2,}"),
}


@dataclasses.dataclass(frozen=True)
class CorpusShard:
    """Part `index` of `count`, from 1 on, of a corpus."""

    corpus: Corpus
    index: int
    count: int

    @property
    def documents(self) -> str:
        return self.corpus.documents

    def digest(self) -> str:
        """That of the whole corpus."""
        return self.corpus.digest()

    def pieces(self) -> Iterator[Piece]:
        """The pieces of this part; there may be none."""
        end = self._begin(self.index + 1)
        last = "\n"
        for piece in self.corpus.pieces_of(self._sources()):
            yield piece
            last = piece.text[-1]
        # Continuous text: files are joined by a newline where one lacks it.
        if self.documents == "none" and last != "\n" and self._has_text(end):
            yield Piece("\n", ends=False)

    def remarks(self) -> list[str]:
        """What was left out or replaced in this part, once it has been read."""
        return self.corpus.remarks(self._sources())

    def _sources(self) -> Iterator[Source]:
        begin, end = self._begin(self.index), self._begin(self.index + 1)
        return _between(self.corpus.sources, begin, end)

    def _begin(self, index: int) -> FilePosition:
        """Where part `index` begins, which is where the one before it ends."""
        if index > self.count:  # also after files whose size nobody tells
            return len(self.corpus.sources), 0
        return _place(self.corpus, self.corpus.size() * (index - 1) // self.count)

    def _has_text(self, place: FilePosition) -> bool:
        """Whether there is text from there on, which is where a file begins."""
        return any(True for _ in self.corpus.pieces_of(self.corpus.sources[place[0] :]))


@dataclasses.dataclass(frozen=True)
class CorpusExcerpt:
    """Stretches spread evenly over a corpus, `MOST_LEARNED` bytes in all or about so many."""

    corpus: Corpus

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the stretches; those of all the corpus if it is smaller.

        Of packed files some are read whole; all of them if the stretches would hold none.
        """
        size, is_empty = self.corpus.size(), True
        if size > MOST_LEARNED:
            for number in range(STRETCHES):
                start = size * number // STRETCHES
                begin = _place(self.corpus, start)
                end = _place(self.corpus, start + MOST_LEARNED // STRETCHES)
                for piece in self.corpus.pieces_of(_between(self.corpus.sources, begin, end)):
                    is_empty = is_empty and piece.text.isspace()
                    yield piece
        if is_empty:
            yield from self.corpus.pieces()


def _place(corpus: Corpus, byte: int) -> FilePosition:
    """Where reading can begin at `byte` of all files in a row, or next after it."""
    for index, source in enumerate(corpus.sources):
        if byte <= 0:
            return index, 0
        if byte < source.size:
            start = next_start(source, byte, corpus.documents, corpus.reading)
            return (index + 1, 0) if start is None else (index, start)
        byte -= source.size
    return len(corpus.sources), 0


def next_start(source: Source, start: int, documents: str, reading: ReadingConfig) -> int | None:
    """The first byte at `start` or later where reading can begin; None if there is none."""
    gap = _gap(source, documents, reading)
    if gap is None:
        return None
    while start < source.size:
        stop = min(source.size, start - start % files.BLOCK + files.BLOCK)
        block = b"".join(files.blocks(dataclasses.replace(source, start=start, stop=stop)))
        if not block:
            return None
        for found in gap.finditer(block):
            place = found.end()
            if block.find(b"\n", place, len(block) - 1) < 0:
                break
            if gap is LINE or not _is_blank(block[place:], reading):
                return start + place
        start = stop
    return None


def _gap(source: Source, documents: str, reading: ReadingConfig) -> re.Pattern[bytes] | None:
    """What stands before a place where the file can be entered; None if it cannot be."""
    if source.markup or source.compression or reading.clean:
        return None
    if codecs.lookup(reading.encoding).name not in ENCODINGS:
        return None
    if remote.is_remote(source.path) and not remote.can_seek(source.path):
        return None
    if source.table:
        return LINE if source.table.format == "jsonl" else None
    return GAPS.get(documents)


def _is_blank(data: bytes, reading: ReadingConfig) -> bool:
    """Whether the first character is."""
    errors = "replace" if reading.errors == "replace" else "ignore"
    return data[:4].decode(reading.encoding, errors)[:1].strip() == ""


def _between(
    sources: tuple[Source, ...], begin: FilePosition, end: FilePosition
) -> Iterator[Source]:
    for index, source in enumerate(sources[begin[0] : end[0] + 1], begin[0]):
        start = begin[1] if index == begin[0] else 0
        stop = end[1] if index == end[0] else None
        if stop is None or start < stop:
            yield dataclasses.replace(source, start=start, stop=stop)

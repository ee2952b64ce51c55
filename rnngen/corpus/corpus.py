"""All the text of some files, as documents or as one stream, read any number of times."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from rnngen.config import DOCUMENTS, ReadingConfig
from rnngen.corpus import chat, labels, markup, tally
from rnngen.corpus.columns import check_column, column_texts
from rnngen.corpus.detect import BEGINNING, detect
from rnngen.corpus.digests import DigestCache
from rnngen.corpus.documents import (
    SPLITTERS,
    LabelledPiece,
    Piece,
    continuous,
    split,
    with_label,
)
from rnngen.corpus.files import GROWTH, STDIN, Source, ending, find, source
from rnngen.corpus.folders import LeftOut
from rnngen.corpus.layout import TableLayout
from rnngen.corpus.tables import recognise
from rnngen.corpus.tally import Tally
from rnngen.corpus.text import read
from rnngen.errors import ConfigError, CorpusError
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


LATER = ("clean", "speaker", "label", "max_growth")
"""Settings that a description holds only if they are given: it is older than they are."""


@dataclass(frozen=True)
class Corpus:
    """Text that can be read any number of times. Made by `open_corpus` or `reopen`."""

    names: tuple[str, ...]  # as the user named them; "-" is stdin
    sources: tuple[Source, ...]
    documents: str  # one of DOCUMENTS, never "auto"
    reason: str = ""  # what "auto" saw, one sentence; "" if the mode was given
    reading: ReadingConfig = field(default_factory=ReadingConfig)
    digests: DigestCache = field(default_factory=DigestCache, compare=False, repr=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the user should know of how the files are read, a sentence each."""
    tallies: dict[Source, Tally] = field(default_factory=dict, compare=False, repr=False)
    """Of each file that has been read to its end, or part of one."""

    @property
    def encoding(self) -> str:
        return self.reading.encoding

    @property
    def column(self) -> str | None:
        return self.reading.column

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
        how: list[Any] = [self.encoding, self.column, self.documents]
        tables = [each.table for each in self.sources if each.table]
        if self.reading.errors != "strict":
            how.append(self.reading.errors)
        if tables and not all(table.is_lenient for table in tables):
            how.append([table.describe() for table in tables])
        if self.reading.clean is not None:
            how.append([self.reading.clean, self.reading.speaker])
        if self.reading.label is not None:
            how.append([self.reading.label, labels.places(self.sources, self.reading)])
        if self.has_markup:
            how.append([each.markup for each in self.sources])
        hasher = hashlib.sha256(json.dumps(how).encode())
        for digest in self.digests.of(self.sources):
            hasher.update(digest)
        return hasher.hexdigest()

    def size(self) -> int:
        """Bytes of all files as they are on disk."""
        return sum(each.size for each in self.sources)

    def description(self) -> dict[str, Any]:
        """JSON that `reopen` makes the same corpus of, in any folder."""
        reading = dataclasses.asdict(self.reading)
        return {
            "files": [each.describe() for each in self.sources],
            "documents": self.documents,
            **{k: v for k, v in reading.items() if v is not None or k not in LATER},
            "tables": [each.table and each.table.describe() for each in self.sources],
            **({"markup": [each.markup for each in self.sources]} if self.has_markup else {}),
        }

    @property
    def has_markup(self) -> bool:
        return any(each.markup for each in self.sources)

    def dropped(self) -> list[str]:
        """What is not read of chats and of files with markup, a sentence for each kind of them."""
        said = markup.remarks(self.sources)
        if self.reading.clean == "chat":
            whose = (
                f"; only what {self.reading.speaker} says is kept" if self.reading.speaker else ""
            )
            said.append(f"chat: time stamps, notices and media dropped{whose}.")
        return said

    def remarks(self, sources: Iterable[Source] | None = None) -> list[str]:
        """What was left out or replaced in the files once they have been read, a sentence each.

        sources: files, or parts of them, in place of all.
        """
        chosen = self.sources if sources is None else sources
        found = [self.tallies[each] for each in chosen if each in self.tallies]
        reading = self.reading
        return tally.remarks(
            found, column=reading.column, encoding=reading.encoding, mode=reading.errors
        )

    def labels(self) -> Iterator[str]:
        """The labels of all documents, each once, in order; none if there are no labels."""
        if self.reading.label is None:
            return
        known = set[str]()
        for piece in self.pieces():
            if isinstance(piece, LabelledPiece) and piece.label not in known:
                known.add(piece.label)
                yield piece.label

    def pieces_of(self, sources: Iterable[Source]) -> Iterator[Piece]:
        """The pieces of some files as if there were no others, blank or none as they may be."""
        if self.documents == "none":
            files = chain.from_iterable(map(self._files, sources))
            yield from continuous(file for file, _ in files)
            return
        for each in sources:
            splitter = SPLITTERS["file" if each.table else self.documents]
            for file, label in self._files(each):
                pieces = split(file, splitter)
                yield from pieces if label is None else with_label(pieces, label)

    def _files(self, each: Source) -> Iterator[tuple[Iterator[str], str | None]]:
        """The text of a file and its label; a row of a table counts as a file, and so do a
        chapter of a book and, if it has a label, a message of a chat."""
        counts, reading = Tally(each.name), self.reading
        whole = labels.place_label(each, reading) if labels.has_place(each, reading) else None
        if each.table and reading.column is not None:
            for text, found in column_texts(each, reading, counts):
                label = whole if whole is not None else labels.of_row(found, each, reading, counts)
                yield iter([text]), label
        elif each.markup:
            for file in markup.texts(each, reading, counts):
                yield file, whole
        elif reading.clean == "chat":
            for file, speaker in self._chat(each, counts):
                yield file, whole if speaker is None else labels.clean_label(speaker, each)
        else:
            yield read(each, reading, counts), whole
        self.tallies[each] = counts

    def _chat(self, each: Source, counts: Tally) -> Iterator[tuple[Iterator[str], str | None]]:
        """A chat as one text, or as its messages, each with the label of who speaks."""
        texts, reading = read(each, self.reading, counts), self.reading
        if reading.label == labels.SPEAKER:
            for found in chat.messages(texts, each.name, counts):
                if reading.speaker in (None, found.speaker):
                    yield iter([found.text]), found.speaker
            return
        gap = "\n\n" if self.documents == "paragraph" else "\n"
        yield chat.read_chat(texts, each.name, counts, speaker=reading.speaker, gap=gap), None


def open_corpus(
    paths: Sequence[str],
    *,
    documents: str = "auto",
    digests: Path | None = None,
    **reading: Any,
) -> Corpus:
    """The text of files, folders (the texts below), globs and "-" (stdin), in this order.

    documents: what one is; "auto" looks at the beginning of the text and decides.
    digests: where those of large files are remembered, so that unchanged ones are not read for it.
    reading: fields of `Reading`, such as encoding and column; a row of a table is a document.
    Raises CorpusError if a path means no file, or the beginning is no text in its encoding,
    ConfigError for a setting that cannot be.
    """
    if documents not in DOCUMENTS:
        meant = did_you_mean(documents, DOCUMENTS)
        raise ConfigError(
            f"`documents` must be one of {', '.join(DOCUMENTS)}, got {documents}.{meant}"
        )
    how = ReadingConfig(**reading)
    left_out = LeftOut()
    sources, notes = recognise(find(paths, left_out, growth=how.max_growth), how)
    sources = _without_broken(sources, left_out)
    check_column(sources, how)
    _check_clean(sources, how)
    labels.check_label(sources, how)
    reason = ""
    if documents == "none" and how.label is not None:
        raise ConfigError(
            "`documents` none is one stream, and a `label` is of a document. Leave one of them out."
        )
    if documents == "auto":
        documents, reason = _guess(sources, how)
    corpus = Corpus(tuple(paths), sources, documents, reason, how, DigestCache(digests))
    notes = [*([left_out.note()] if left_out.reasons else []), *notes, *corpus.dropped()]
    corpus = dataclasses.replace(corpus, notes=tuple(notes))
    # What is wrong with the beginning is better said now.
    next(piece for piece in corpus.pieces() if not piece.text.isspace())
    return corpus


def _without_broken(sources: tuple[Source, ...], left_out: LeftOut) -> tuple[Source, ...]:
    """Without the books that cannot be read, unless they were named themselves.

    Raises CorpusError if nothing else is there.
    """
    found = []
    for each in sources:
        if reason := each.is_found and markup.refusal(each):
            left_out.add(each.name, reason)
        else:
            found.append(each)
    if not found:
        raise CorpusError(f"none of the files can be read. It was {left_out.note()}")
    return tuple(found)


def reopen(description: Mapping[str, Any], *, digests: Path | None = None) -> Corpus:
    """The corpus that `description()` described.  digests: as for `open_corpus`.

    Raises CorpusError if a file is gone, or if it was stdin.
    """
    try:
        names = tuple(map(str, description["files"]))
        documents = str(description["documents"])
        known = {k: v for k, v in description.items() if k in ReadingConfig.__dataclass_fields__}
        reading = ReadingConfig(
            **known | {"encoding": description["encoding"], "column": description["column"]}
        )
        tables = _tables(description, names)
        # Earlier versions knew no markup.
        kinds = [str(kind) for kind in description.get("markup", [""] * len(names))]
    except (KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"the stored description of the corpus is damaged: {error}.") from error
    if STDIN in names:
        raise CorpusError("the corpus was stdin (-), which cannot be read again; name a file.")
    sources = tuple(
        dataclasses.replace(
            source(name), table=table, markup=kind, growth=reading.max_growth or GROWTH
        )
        for name, table, kind in zip(names, tables, kinds, strict=True)
    )
    check_column(sources, reading)
    return Corpus(names, sources, documents, "", reading, DigestCache(digests))


def _tables(description: Mapping[str, Any], names: Sequence[str]) -> list[TableLayout | None]:
    """How each file is read; as version 0.1 read tables, which it did not store."""
    if "tables" in description:
        stored = zip(description["tables"], names, strict=True)
        return [TableLayout.from_dict(values) if values else None for values, _ in stored]
    first = {
        ".csv": TableLayout("csv", is_lenient=True),
        ".tsv": TableLayout("csv", "\t", is_lenient=True),
        ".jsonl": TableLayout("jsonl", is_lenient=True),
    }
    return [first.get(ending(name, tuple(first))) for name in names]


def _check_clean(sources: Sequence[Source], reading: ReadingConfig) -> None:
    """Raises CorpusError for files that cannot be cleaned, or a speaker who says nothing."""
    if reading.clean is None:
        return
    if other := next((each for each in sources if each.table or each.markup), None):
        raise CorpusError(
            f"{other.name}: `clean` {reading.clean} reads plain text, and this is a "
            f"{other.markup or 'table'} file. Save the chat as .txt, or pass `format` text."
        )
    if reading.speaker is not None:
        chats = (chat.messages(read(each, reading), each.name) for each in sources)
        chat.check_speaker(chats, reading.speaker)


def _guess(sources: tuple[Source, ...], reading: ReadingConfig) -> tuple[str, str]:
    """Rows of a table are documents anyway, so only the other files are looked at."""
    files = tuple(each for each in sources if not each.table)
    if not files:
        return "file", f"Each row of column {reading.column!r} is a document."
    if reading.clean == "chat":
        return "paragraph", "Each message of the chat is a document."
    if all(each.markup == "subtitles" for each in files):
        if len(sources) > 1 or reading.label is not None:
            return "file", "Subtitles follow each other, so each file is a document."
        return "none", "Subtitles follow each other, so the text is one stream."
    names = tuple(each.name for each in files)
    plain = dataclasses.replace(reading, label=None)
    mode, reason = detect(
        _beginning(Corpus(names, files, "none", "", plain)), [f.size for f in files]
    )
    if mode == "none" and reading.label is not None:
        return "file", "Documents have a label, so each file is one."
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

"""Text to documents: cut at newlines, blank lines or file ends, in pieces of bounded size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rnngen.corpus.text import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LIMIT = 1 << 20  # characters in a piece, at most
LONGEST_BLANK = 1 << 20  # characters; more spaces and newlines in a row are shortened to this
ONE_BLANK = re.compile(r"\n\s*\n")  # one or more blank lines
TWO_BLANK = re.compile(r"\n[^\S\n]*\n\s*\n")  # two or more
SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "line": lambda text: text.split("\n"),
    "paragraph": ONE_BLANK.split,
    "section": TWO_BLANK.split,
    "file": lambda text: [text],
}


class Piece(NamedTuple):
    """A document, or a part of a long one."""

    text: str  # NFC, "\n" line ends
    ends: bool  # the document ends with this piece


class LabelledPiece(Piece):
    """The first piece of a document that has a label."""

    label: str = ""

    @classmethod
    def of(cls, piece: Piece, label: str) -> LabelledPiece:
        found = cls(*piece)
        found.label = label
        return found


def with_label(pieces: Iterable[Piece], label: str) -> Iterator[Piece]:
    """The same documents, each with the label."""
    begins = True
    for piece in pieces:
        yield LabelledPiece.of(piece, label) if begins else piece
        begins = piece.ends


def continuous(files: Iterable[Iterable[str]]) -> Iterator[Piece]:
    """All text as one stream without end; files are joined by a newline where one lacks it."""
    last = "\n"
    for texts in files:
        joint = "" if last == "\n" else "\n"
        for text in texts:
            for part in _parts(joint + text):
                yield Piece(part, ends=False)
            joint, last = "", text[-1]


def split(texts: Iterable[str], splitter: Callable[[str], list[str]]) -> Iterator[Piece]:
    """The documents of one file, without blank lines around them; blank ones are dropped.

    `splitter` cuts a text at whitespace it drops; so that a separator is seen whole, whitespace at
    the end waits for the next text.
    """
    rest, is_open = "", False  # is_open: the document that `rest` belongs to has pieces out already
    for text in texts:
        *whole, rest = splitter(rest + text)
        for document in whole:
            if is_open or len(document) > LIMIT:
                yield from _finish(document, is_open)
                is_open = False
            elif document := strip_blank_lines(document):  # the quick way, for millions of lines
                yield Piece(document, True)
        if len(rest) > LIMIT:
            body = rest.rstrip()
            blanks = rest[len(body) :]
            *most, last = _parts(body if is_open else strip_blank_lines(body)) or [""]
            for part in most:
                yield Piece(part, ends=False)
            # What stays holds a letter, so the document's last piece is never empty.
            rest, is_open = last + blanks[-LONGEST_BLANK:], is_open or bool(most)
    yield from _finish(rest, is_open)


def strip_blank_lines(text: str) -> str:
    """`text` without the blank lines it begins and ends with; its first indent stays."""
    body = text.strip()
    if len(body) == len(text) or not body:
        return body
    indent = len(text) - len(text.lstrip())
    return _strip_end(text[text.rfind("\n", 0, indent) + 1 :])


def _strip_end(text: str) -> str:
    length = len(text.rstrip())
    newline = text.find("\n", length)
    return text if newline < 0 else text[:newline]


def _finish(document: str, is_open: bool) -> Iterator[Piece]:
    text = _strip_end(document) if is_open else strip_blank_lines(document)
    parts = _parts(text)
    for index, part in enumerate(parts, 1):
        yield Piece(part, ends=index == len(parts))


def _parts(text: str) -> list[str]:
    """`text` in parts of at most `LIMIT` characters, cut at newlines where that can be."""
    parts = []
    while len(text) > LIMIT:
        end = cut(text, LIMIT) or LIMIT
        parts.append(text[:end])
        text = text[end:]
    if text:
        parts.append(text)
    return parts

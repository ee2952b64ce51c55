"""EPUB books to text: the chapters in reading order, each the text of a page of HTML.

A book is a zip archive. `META-INF/container.xml` names the package file, whose manifest lists the
pages and whose spine says in which order they are read. Nothing of it is written to disk, entities
are not expanded, and no more is unpacked than `MOST_BYTES`.
"""

from __future__ import annotations

import codecs
import posixpath
import re
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote
from xml.parsers import expat

from rnngen.corpus import remote, web
from rnngen.corpus.files import BLOCK, blocks, check_growth
from rnngen.corpus.tally import HANDLERS, Tally
from rnngen.corpus.text import unix_newlines
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")
MOST_BYTES = 1 << 30
"""Of a whole book, unpacked."""
MOST_XML = 1 << 24
"""Bytes of a file that says how the book is made."""
DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)[\"']")
DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, expat.ExpatError, EOFError, OSError),
    *(KeyError, NotImplementedError, RuntimeError, ValueError, zlib.error),
)
"""What zipfile, zlib and expat raise for what they cannot read."""


def chapters(source: Source, reading: ReadingConfig, tally: Tally) -> Iterator[Iterator[str]]:
    """The text of each chapter of a book, to be read one after the other.

    Raises CorpusError for what is no book, or one that is encrypted.
    """
    with _opened(source) as book:
        unpacked = 0
        for name in _spine(book, source):
            size = book.getinfo(name).file_size
            unpacked += size
            check_growth(source, unpacked)
            if unpacked > MOST_BYTES:
                raise CorpusError(
                    f"{source.name}: unpacks to more than {MOST_BYTES >> 30} GiB, which no book "
                    "does."
                )
            page = _decode(_page(book, source, name), f"{source.name}, {name}", reading, tally)
            yield chain(web.read_html(page, f"{source.name}, {name}"), ["\n\n\n"])


def check(source: Source) -> None:
    """Raises CorpusError unless the chapters of a book can be found."""
    with _opened(source) as book:
        _spine(book, source)


@contextmanager
def _opened(source: Source) -> Iterator[zipfile.ZipFile]:
    """The archive. A packed or a far one is copied to a temporary file: zip is read by places."""
    with tempfile.TemporaryFile(prefix="rnngen-") as copy:
        path: str | None = source.path
        if source.compression or remote.is_remote(source.path):
            path, size = None, 0
            for block in blocks(source):
                size += copy.write(block)
                if size > MOST_BYTES:
                    raise CorpusError(f"{source.name}: larger than any book.")
        try:
            book = zipfile.ZipFile(path or copy)
        except DAMAGED as error:
            raise _damaged(source, str(error)) from error
        with book:
            yield book


def _spine(book: zipfile.ZipFile, source: Source) -> list[str]:
    """The names of the pages in reading order."""
    try:
        package = _package_name(book)
        parts = _parse(book, package, _Package())
    except DAMAGED as error:
        raise _damaged(source, f"{error.args[0] if error.args else error}") from error
    folder = posixpath.dirname(package)
    found = [
        posixpath.normpath(posixpath.join(folder, unquote(parts.pages[id].split("#")[0])))
        for id in parts.order
        if id in parts.pages
    ]
    known, locked = set(book.namelist()), _encrypted(book)
    if missing := [name for name in found if name not in known]:
        raise _damaged(source, f"its page {missing[0]!r} is missing")
    if not found:
        raise _damaged(source, "it lists no pages of text")
    if not locked.isdisjoint(found) or any(book.getinfo(n).flag_bits & 1 for n in found):
        raise CorpusError(f"{source.name}: an encrypted book, which cannot be read.")
    return found


def _damaged(source: Source, what: str) -> CorpusError:
    return CorpusError(f"{source.name}: no EPUB book that can be read: {what.rstrip('.')}.")


def _package_name(book: zipfile.ZipFile) -> str:
    names = _parse(book, CONTAINER, _Container()).packages
    if not names:
        raise ValueError(f"{CONTAINER} names no package")
    return names[0]


def _encrypted(book: zipfile.ZipFile) -> set[str]:
    if ENCRYPTION not in book.namelist():
        return set()
    try:
        return _parse(book, ENCRYPTION, _Encryption()).names
    except DAMAGED:
        return set()


@dataclass
class _Container:
    packages: list[str] = field(default_factory=list)

    def start(self, tag: str, values: dict[str, str]) -> None:
        if tag == "rootfile" and "full-path" in values:
            self.packages.append(values["full-path"])


@dataclass
class _Package:
    pages: dict[str, str] = field(default_factory=dict)
    """Id -> path, of pages of text that are not the table of contents."""
    order: list[str] = field(default_factory=list)

    def start(self, tag: str, values: dict[str, str]) -> None:
        is_contents = "nav" in values.get("properties", "").split()
        if tag == "item" and values.get("media-type", "") in PAGES and not is_contents:
            self.pages[values.get("id", "")] = values.get("href", "")
        elif tag == "itemref" and values.get("linear", "yes") != "no":
            self.order.append(values.get("idref", ""))


@dataclass
class _Encryption:
    names: set[str] = field(default_factory=set)

    def start(self, tag: str, values: dict[str, str]) -> None:
        if tag == "CipherReference":
            self.names.add(unquote(values.get("URI", "")))


Found = TypeVar("Found", _Container, _Package, _Encryption)


def _parse(book: zipfile.ZipFile, name: str, found: Found) -> Found:
    """`found`, called with each element of an XML file of the book.

    Raises one of `DAMAGED`.
    """
    try:
        with book.open(name) as stream:
            data = stream.read(MOST_XML + 1)
    except KeyError as error:
        raise KeyError(f"it has no {name}") from error
    if len(data) > MOST_XML:
        raise ValueError(f"{name} is longer than that of any book")
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse_entity
    parser.StartElementHandler = lambda tag, values: found.start(tag.rpartition(":")[2], values)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"{name} is no XML ({error})") from error
    return found


def _refuse_entity(*_: object) -> None:
    raise ValueError("its XML declares entities, which may grow without end")


def _page(book: zipfile.ZipFile, source: Source, name: str) -> Iterator[bytes]:
    try:
        with book.open(name) as stream:
            while block := stream.read(BLOCK):
                yield block
    except DAMAGED as error:
        raise _damaged(source, f"{name}: {error}") from error


def _decode(
    page: Iterator[bytes], place: str, reading: ReadingConfig, tally: Tally
) -> Iterator[str]:
    """The text of a page in the encoding that its first bytes tell, UTF-8 if they tell none."""
    first = next(page, b"").removeprefix(codecs.BOM_UTF8)
    wide = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    declared = DECLARED.match(first[:256])
    encoding = "utf-16" if wide else declared[1].decode() if declared else "utf-8"
    handler = HANDLERS.get(reading.errors, "strict")
    try:
        # What declares a wide encoding, and is read as ASCII, is not in it.
        is_narrow = not wide and encoding.lower().startswith(("utf-16", "utf-32", "ucs"))
        decoder = codecs.getincrementaldecoder("utf-8" if is_narrow else encoding)(handler)
        for block in chain([first], page, [b""]):
            yield unix_newlines(tally.decode(decoder, block))
    except LookupError as error:
        raise CorpusError(f"{place}: declares an unknown encoding, {encoding!r}.") from error
    except UnicodeError as error:
        raise CorpusError(
            f"{place}: not {encoding}, as it should be ({error}). `errors` replace reads on."
        ) from error

"""EPUB books: their chapters in reading order, and what is wrong with those that are none."""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from rnngen.corpus import epub, open_corpus
from rnngen.errors import CorpusError

from .books import book, page, parts, zipped
from .texts import joined, whole, write

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = page("<h1>One</h1><p>It began.</p>"), page("<h1>Two</h1><p>It went on.</p>")
MODES = ("file", "section")


@pytest.mark.parametrize("documents", MODES)
def test_each_chapter_is_a_document_in_reading_order(tmp_path: Path, documents: str) -> None:
    path = write(tmp_path, book(ONE, TWO, order=[1, 0]), "x.epub")
    corpus = open_corpus([path], documents=documents)
    assert whole(corpus.pieces()) == ["Two\n\nIt went on.", "One\n\nIt began."]
    assert corpus.notes == ("1 EPUB book: tags, styles and contents dropped.",)


def test_a_book_may_be_packed_once_more(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(book(ONE)), "x.epub.gz")
    assert joined(open_corpus([path], documents="file")) == "One\n\nIt began."


def test_a_page_is_read_in_the_encoding_it_declares(tmp_path: Path) -> None:
    pages = parts("", "")
    pages["OEBPS/text/page 0.xhtml"] = b'<?xml version="1.0" encoding="latin-1"?><p>caf\xe9</p>'
    pages["OEBPS/text/page 1.xhtml"] = "<p>wide é</p>".encode("utf-16")
    corpus = open_corpus([write(tmp_path, zipped(pages), "x.epub")], documents="file")
    assert whole(corpus.pieces()) == ["café", "wide é"]


ENTITIES = '<!DOCTYPE package [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
LOCKED = '<encryption><CipherReference URI="OEBPS/text/page%200.xhtml"/></encryption>'
BROKEN = {
    "no zip": (b"PK, but no more", "not a zip file"),
    "no container": (zipped({"a.txt": "a"}), "it has no META-INF/container.xml"),
    "no xml": (zipped(parts(ONE) | {"META-INF/container.xml": "<c"}), "is no XML"),
    "no package": (zipped(parts(ONE) | {"META-INF/container.xml": "<c/>"}), "names no package"),
    "no pages": (book(), "lists no pages"),
    "entities": (zipped(parts(ONE, head=ENTITIES)), "declares entities"),
    "locked": (zipped(parts(ONE) | {"META-INF/encryption.xml": LOCKED}), "an encrypted book"),
    "cut off": (book(ONE)[:-30], "not a zip file"),
}


@pytest.mark.parametrize(("data", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_book_is_refused_by_name_and_left_out_of_a_folder(
    tmp_path: Path, data: bytes, what: str
) -> None:
    path = write(tmp_path, data, "bad.epub")
    with pytest.raises(CorpusError) as caught:
        open_corpus([path])
    assert str(caught.value).startswith(f"{path}: ")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(CorpusError, match=r"none of the files can be read. It was left out: .*bad"):
        open_corpus([str(tmp_path)])
    write(tmp_path, b"words", "good.txt")
    corpus = open_corpus([str(tmp_path)], documents="file")
    assert joined(corpus) == "words"
    assert what in corpus.notes[0]


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    whole_book = book(page("<p>" + "many words " * 50 + "</p>"))
    path = write(tmp_path, whole_book, "x.epub")
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("OEBPS/text/page 0.xhtml").header_offset + 60
    damaged = whole_book[:place] + b"\xff\xff" + whole_book[place + 2 :]
    with pytest.raises(CorpusError, match=r"bad\.epub: .*page 0\.xhtml"):
        open_corpus([write(tmp_path, damaged, "bad.epub")])


def test_a_book_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, book(page("<p>" + "a" * 10_000)), "x.epub")
    with (
        patch.object(epub, "MOST_BYTES", 9_000),
        pytest.raises(CorpusError, match="unpacks to more"),
    ):
        open_corpus([path])


def test_bytes_that_are_no_text_follow_the_setting(tmp_path: Path) -> None:
    pages = parts("") | {"OEBPS/text/page 0.xhtml": b"<p>caf\xe9 au lait</p>"}
    path = write(tmp_path, zipped(pages), "x.epub")
    with pytest.raises(CorpusError, match="`errors` replace"):
        open_corpus([path])
    assert joined(open_corpus([path], errors="skip", documents="file")) == "caf au lait"

"""Files with markup among others: by name, in folders, packed, described and found again."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rnngen.corpus import CorpusShard, open_corpus, reopen
from rnngen.corpus.files import MARKUP
from rnngen.corpus.markup import SAID
from rnngen.errors import CorpusError

from .books import book, page
from .texts import joined, whole, write

SRT = b"1\n00:00:01,000 --> 00:00:02,000\n<i>Hello.</i>\n"
FILES = {
    "a.md": b"# Title\n\n*word*\n",
    "b.srt": SRT,
    "c.HTML": b"<p>page</p>",
    "d.epub": book(page("<p>one</p>"), page("<p>two</p>")),
    "e.txt": b"*plain*",
    "f.md.gz": gzip.compress(b"**packed**"),
}
TEXTS = ["Title\n\nword", "Hello.", "page", "one", "two", "*plain*", "packed"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        write(tmp_path, data, name)
    return tmp_path


def test_a_folder_of_all_kinds_is_read_and_what_is_dropped_is_said(folder: Path) -> None:
    corpus = open_corpus([str(folder)], documents="file")
    assert whole(corpus.pieces()) == TEXTS
    assert list(corpus.notes) == corpus.dropped()
    assert corpus.dropped() == [
        "2 Markdown files: markup, code blocks and front matter dropped.",
        "1 subtitle file: numbers, time stamps and tags dropped.",
        "1 HTML file: tags, scripts, styles and navigation dropped.",
        "1 EPUB book: tags, styles and contents dropped.",
    ]


def test_every_ending_is_of_a_kind_that_is_read() -> None:
    assert set(MARKUP.values()) == SAID.keys()


def test_a_description_gives_the_same_corpus(folder: Path) -> None:
    corpus = open_corpus([str(folder)], documents="file")
    again = reopen(corpus.description())
    assert whole(again.pieces()) == TEXTS
    assert again.digest() == corpus.digest()


def test_a_description_of_an_earlier_version_is_read_as_it_was(folder: Path) -> None:
    path = str(folder / "a.md")
    old = {
        "files": [path],
        "documents": "file",
        "encoding": "utf-8",
        "column": None,
        "tables": [None],
    }
    assert joined(reopen(old | {"tables": [None]})) == "# Title\n\n*word*"


def test_plain_text_has_the_description_and_digest_it_always_had(folder: Path) -> None:
    corpus = open_corpus([str(folder / "e.txt")], documents="file")
    assert "markup" not in corpus.description()
    as_text = open_corpus([str(folder / "a.md")], documents="file", format="text")
    assert as_text.digest() != open_corpus([str(folder / "a.md")], documents="file").digest()


def test_format_text_reads_markup_as_it_is_and_leaves_books_out(folder: Path) -> None:
    assert joined(open_corpus([str(folder / "b.srt")], format="text")) == SRT.decode()
    corpus = open_corpus([str(folder)], documents="file", format="text")
    assert whole(corpus.pieces())[0] == "# Title\n\n*word*"
    assert corpus.notes == (f"left out: {folder / 'd.epub'} (a book, which is no plain text).",)
    with pytest.raises(CorpusError, match="EPUB book"):
        open_corpus([str(folder / "d.epub")], format="text")


def test_a_format_reads_files_of_any_name(folder: Path) -> None:
    path = write(folder, b"<b>bold</b>", "page")
    assert joined(open_corpus([path], format="html")) == "bold"


def test_parts_of_many_machines_are_the_whole(folder: Path) -> None:
    corpus = open_corpus([str(folder)], documents="file")
    found = [text for i in (1, 2, 3) for text in whole(CorpusShard(corpus, i, 3).pieces())]
    assert found == TEXTS
    stream = open_corpus([str(folder)], documents="none")
    split = "".join(p.text for i in (1, 2, 3) for p in CorpusShard(stream, i, 3).pieces())
    assert split == joined(stream)

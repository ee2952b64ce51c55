from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus import open_corpus
from rnngen.corpus import text as text_module
from rnngen.corpus.text import compose, cut, replace_surrogates
from rnngen.errors import CorpusError

from .texts import blocks_of, hard_texts, joined, plainly, sizes, write

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts")


@given(text=hard_texts, size=sizes, encoding=st.sampled_from(ENCODINGS))
def test_text_read_in_blocks_is_the_text_read_at_once(
    folder: Path, text: str, size: int, encoding: str
) -> None:
    data = ("x" + text).encode(encoding)
    with blocks_of(size):
        corpus = open_corpus([write(folder, data)], documents="none", encoding=encoding)
        assert joined(corpus) == plainly(data, encoding)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), size=sizes)
def test_any_text_at_all_is_read_as_python_reads_it(folder: Path, text: str, size: int) -> None:
    data = ("x" + text).encode()
    with blocks_of(size):
        assert joined(open_corpus([write(folder, data)], documents="none")) == plainly(data)


@given(text=hard_texts, size=sizes)
def test_no_piece_begins_with_a_mark_that_belongs_to_the_piece_before(
    folder: Path, text: str, size: int
) -> None:
    with blocks_of(size):
        corpus = open_corpus([write(folder, ("x" + text).encode())], documents="none")
        texts = [piece.text for piece in corpus.pieces()]
    for before, after in pairwise(texts):
        starts = not unicodedata.category(after[0]).startswith("M")
        assert before.endswith("\n") or (starts and not "\u1160" <= after[0] <= "\u11ff")


def test_cut_parts_no_two_characters_that_unicode_can_compose() -> None:
    # Every canonical pair in Python's tables; Hangul, which they leave out, is computed.
    pairs = [
        "".join(chr(int(code, 16)) for code in parts)
        for parts in (unicodedata.decomposition(chr(c)).split() for c in range(sys.maxunicode + 1))
        if len(parts) == 2 and not parts[0].startswith("<")
    ]
    hangul = [
        unicodedata.normalize("NFD", chr(c))[i : i + 2]
        for c in range(0xAC00, 0xD7A4)
        for i in (0, 1)
    ]
    assert len(pairs) > 900
    assert not [pair for pair in {*pairs, *hangul} if len(pair) == 2 and cut(pair, 1)]


def test_text_is_cut_at_its_last_newline_where_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["one\ntwo\nth", "ree\nfour", " five"]
    assert list(compose(texts)) == ["one\ntwo\n", "three\n", "four five"]
    monkeypatch.setattr(text_module, "LONG_LINE", 8)  # characters; only longer lines are cut
    assert list(compose(texts)) == ["one\ntwo\n", "three\n", "four fiv", "e"]


def test_text_of_nothing_but_marks_is_not_held_in_memory_for_ever() -> None:
    with patch.object(text_module, "MOST_MARKS", 5), patch.object(text_module, "LONG_LINE", 5):
        marks = ["\u0301" * 4] * 3
        pieces = list(compose(marks))
    assert len(pieces) == 2
    assert "".join(pieces) == "".join(marks)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_invalid_utf8_is_named_by_line_and_byte(tmp_path: Path, size: int, ends: str) -> None:
    lines = ["h\u00e9llo w\u00f6rld \u4e2d\u6587", "", "\U0001f600"] * 270
    path = write(tmp_path, ends.join(lines).encode() + ends.encode() + b"bad \xe4\xb8\xff here\n")
    with blocks_of(size), pytest.raises(CorpusError) as caught:
        joined(open_corpus([path], documents="none"))
    assert str(caught.value) == (
        f"{path}, line 811: byte 0xe4 is not UTF-8. Re-save the file as UTF-8, or pass `encoding` "
        "or `errors` replace."
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_line_end_just_before_the_invalid_byte_counts_once(tmp_path: Path, size: int) -> None:
    for ends in (b"\n", b"\r\n", b"\r"):
        path = write(tmp_path, b"a" + ends + b"\xff")
        with blocks_of(size), pytest.raises(CorpusError, match=r"line 2: byte 0xff"):
            joined(open_corpus([path], documents="none"))


def test_a_character_that_is_cut_off_at_the_end_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, b"one\ntwo \xe4\xb8")
    with pytest.raises(CorpusError, match=r"line 2: byte 0xe4 is not UTF-8"):
        open_corpus([path])


def test_another_encoding_reads_and_names_its_own_errors(tmp_path: Path) -> None:
    path = write(tmp_path, b"caf\xe9\nna\xefve \x81\n")
    assert joined(open_corpus([path], documents="none", encoding="latin-1")) == (
        "caf\u00e9\nna\u00efve \x81\n"
    )
    with pytest.raises(CorpusError, match=r"line 2: byte 0x81 is not cp1252\. .*another `enc"):
        open_corpus([path], encoding="cp1252")


def test_utf16_is_recognised_and_the_option_named(tmp_path: Path) -> None:
    path = write(tmp_path, "ol\u00e1\n".encode("utf-16"))
    with pytest.raises(CorpusError, match=r"this is UTF-16\. Pass `encoding` utf-16\.$"):
        open_corpus([path])
    assert joined(open_corpus([path], documents="none", encoding="utf-16")) == "ol\u00e1\n"
    bare = write(tmp_path, "ol\u00e1\n".encode("utf-16-le"), "bare.txt")
    with pytest.raises(CorpusError, match=r"bare\.txt: not utf-16: "):
        open_corpus([bare], encoding="utf-16")


@pytest.mark.parametrize("name", ["utf-9", "hex", "rot13", "", "a\0b", "undefined"])
def test_an_encoding_that_python_cannot_read_text_in_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError, match=r"unknown encoding .* Try utf-8"):
        open_corpus([write(tmp_path, b"a")], encoding=name)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n1234", "a PNG image, no text"),
        (b"\xff\xd8\xff\xe0", "a JPEG image, no text"),
        (b"%PDF-1.7\n", "a PDF document, no text"),
        (b"PK\x03\x04", "a zip archive (or .docx"),
        (b"\x1f\x8b\x08", "gzip data. Give the file the ending .gz."),
        (b"a few words\0\x01\x02", "holds NUL bytes, so it is no text"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(
    tmp_path: Path, data: bytes, what: str
) -> None:
    path = write(tmp_path, data)
    for encoding in ("utf-8", "latin-1"):
        with pytest.raises(CorpusError) as caught:
            open_corpus([path], encoding=encoding)
        assert str(caught.value).startswith(path + ": ")
        assert what in str(caught.value)


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert replace_surrogates("a\ud83d b\udc00") == "a\ufffd b\ufffd"
    assert replace_surrogates("\U0001f600") == "\U0001f600"

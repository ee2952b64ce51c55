from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus import documents, open_corpus
from rnngen.corpus.documents import SPLITTERS, split
from rnngen.errors import CorpusError

from .texts import blocks_of, hard_texts, joined, plainly, sizes, whole, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLANK_LINES = {"line": 0, "paragraph": 1, "section": 2}
spaced_texts = st.lists(st.sampled_from(["a", "b c", " ", "\t", "\n", "\n", "\n\n"])).map("".join)


def naive(text: str, mode: str) -> list[str]:
    """Documents by looking at one line after the other: runs of enough blank lines part them."""
    found: list[list[str]] = []
    blank: list[str] | None = None  # blank lines since the last that was not; None: none was yet
    for line in text.split("\n"):
        if not line.strip():
            blank = None if blank is None else [*blank, line]
        elif blank is None or (mode != "file" and len(blank) >= BLANK_LINES[mode]):
            found, blank = [*found, [line]], []
        else:
            found[-1] += [*blank, line]
            blank = []
    return ["\n".join(lines) for lines in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@given(
    text=st.one_of(hard_texts, spaced_texts),
    mode=st.sampled_from(sorted(SPLITTERS)),
    size=sizes,
    limit=st.integers(1, 12),
)
def test_documents_are_those_a_naive_reader_finds(
    folder: Path, text: str, mode: str, size: int, limit: int
) -> None:
    data = (text + "x").encode()
    with blocks_of(size, limit):
        pieces = list(open_corpus([write(folder, data)], documents=mode).pieces())
    assert whole(pieces) == naive(plainly(data), mode)
    assert all(0 < len(piece.text) <= limit for piece in pieces)


@given(texts=st.lists(spaced_texts, min_size=1, max_size=4), limit=st.integers(1, 12))
def test_no_document_spans_two_files(folder: Path, texts: list[str], limit: int) -> None:
    texts = [text + "x" for text in texts]
    paths = [write(folder, text.encode(), f"{i}.txt") for i, text in enumerate(texts)]
    with blocks_of(3, limit):
        for mode in SPLITTERS:
            found = whole(open_corpus(paths, documents=mode).pieces())
            assert found == [document for text in texts for document in naive(text, mode)]


@given(texts=st.lists(spaced_texts, max_size=4), limit=st.integers(1, 12))
def test_a_stream_joins_files_by_a_newline_where_one_lacks_it(
    folder: Path, texts: list[str], limit: int
) -> None:
    texts.append("x")
    paths = [write(folder, text.encode(), f"{i}.txt") for i, text in enumerate(texts)]
    expected = ""
    for text in texts:
        if text and expected and not expected.endswith("\n"):
            expected += "\n"
        expected += text
    with blocks_of(3, limit):
        pieces = list(open_corpus(paths, documents="none").pieces())
    assert "".join(piece.text for piece in pieces) == expected
    assert not any(piece.ends for piece in pieces)
    assert all(0 < len(piece.text) <= limit for piece in pieces)


@pytest.mark.parametrize("mode", sorted(SPLITTERS))
def test_a_line_of_spaces_is_a_blank_line(tmp_path: Path, mode: str) -> None:
    text = "a\n \nb\n\t\n \u3000\nc\n\n\n \nd"
    corpus = open_corpus([write(tmp_path, text.encode())], documents=mode)
    assert (
        whole(corpus.pieces())
        == {
            "line": ["a", "b", "c", "d"],
            "paragraph": ["a", "b", "c", "d"],
            "section": ["a\n \nb", "c", "d"],
            "file": [text],
        }[mode]
    )


def test_indents_and_spaces_inside_a_document_stay(tmp_path: Path) -> None:
    path = write(tmp_path, b"\n \n  one  \n\ttwo \n \n\nthree\n\n \n \n")
    assert whole(open_corpus([path], documents="paragraph").pieces()) == [
        "  one  \n\ttwo ",
        "three",
    ]
    assert whole(open_corpus([path], documents="file").pieces()) == ["  one  \n\ttwo \n \n\nthree"]


@pytest.mark.parametrize("mode", [*SPLITTERS, "none"])
@pytest.mark.parametrize("data", [b"", b"\n", b" \n\t\r\n", "\ufeff \u3000".encode()])
def test_a_corpus_of_blanks_is_an_error(tmp_path: Path, mode: str, data: bytes) -> None:
    path = write(tmp_path, data)
    with pytest.raises(CorpusError) as caught:
        open_corpus([path], documents=mode)
    assert str(caught.value) == f"{path}: no text, only blanks or nothing at all."


def test_one_blank_file_among_others_is_no_error(tmp_path: Path) -> None:
    paths = [write(tmp_path, b" \n", "a.txt"), write(tmp_path, b"text", "b.txt")]
    assert whole(open_corpus(paths, documents="file").pieces()) == ["text"]


@pytest.mark.parametrize("mode", [*SPLITTERS, "none"])
@pytest.mark.parametrize(
    "unit", [b"word ", "\u4e2d\u6587".encode(), b" ", b"\n", b"a line\n", b"e\xcc\x81"]
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, mode: str, unit: bytes) -> None:
    path = write(tmp_path, b"x" + unit * ((1 << 20) // len(unit)) + b"x")
    small = 1 << 12
    with blocks_of(small, small), patch.object(documents, "LONGEST_BLANK", small):
        corpus = open_corpus([path], documents=mode)
        tracemalloc.start()
        for _ in corpus.pieces():
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1 << 18


def test_a_run_of_blanks_too_long_to_hold_is_shortened() -> None:
    with blocks_of(3, limit=4), patch.object(documents, "LONGEST_BLANK", 5):
        found = whole(split(["ab", " " * 9, " " * 9, "c"], SPLITTERS["line"]))
    assert found == ["ab" + " " * 5 + "c"]


def test_pieces_may_be_read_again_and_side_by_side(tmp_path: Path) -> None:
    corpus = open_corpus([write(tmp_path, b"a\nb\nc")], documents="line")
    pairs = list(zip(corpus.pieces(), corpus.pieces(), strict=True))
    assert [one.text for one, _ in pairs] == [two.text for _, two in pairs] == ["a", "b", "c"]


def test_a_real_book_is_read_as_python_reads_it(data_file: Callable[[str], Path]) -> None:
    path = data_file("tang.txt")
    with blocks_of(10_007, limit=5_003):
        assert joined(open_corpus([str(path)], documents="none")) == plainly(path.read_bytes())
        found = whole(open_corpus([str(path)], documents="paragraph").pieces())
    assert found == naive(plainly(path.read_bytes()), "paragraph")

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given

from rnngen.corpus import open_corpus, rows
from rnngen.corpus.documents import strip_blank_lines
from rnngen.errors import CorpusError

from .texts import blocks_of, hard_texts, plainly, sizes, whole, write

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.corpus import Corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("columns")


def table(kind: str, texts: list[str]) -> bytes:
    """A table with the texts in its column `text`, as other programs write it."""
    if kind == "jsonl":
        return "".join(
            json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(texts)
        ).encode()
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, dialect="excel" if kind == "csv" else "excel-tab")
    writer.writerows([["id", "text"], *enumerate(texts)])
    return stream.getvalue().encode()


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
@given(one=hard_texts, two=hard_texts, size=sizes)
def test_each_row_is_a_document_also_with_newlines_inside(
    folder: Path, kind: str, one: str, two: str, size: int
) -> None:
    path = write(folder, table(kind, [one, "x", two]), f"x.{kind}")
    texts = [strip_blank_lines(plainly(text.encode())) for text in (one, "x", two)]
    with blocks_of(size):
        for mode in ("auto", "line", "paragraph", "section", "file"):
            pieces = open_corpus([path], documents=mode, column="text").pieces()
            assert whole(pieces) == [text for text in texts if text]


def test_rows_of_a_stream_are_joined_by_newlines(tmp_path: Path) -> None:
    path = write(tmp_path, table("csv", ["a", "", "b\n", "c"]), "x.csv")
    pieces = list(open_corpus([path], documents="none", column="text").pieces())
    assert "".join(piece.text for piece in pieces) == "a\nb\nc"
    assert not any(piece.ends for piece in pieces)


def test_tables_may_be_compressed_and_mixed_with_texts(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, gzip.compress(table("jsonl", ["one\ntwo"])), "x.jsonl.gz"),
        write(tmp_path, b"three\nfour\n"),
    ]
    corpus = open_corpus(paths, documents="line", column="text")
    assert whole(corpus.pieces()) == ["one\ntwo", "three", "four"]


def test_auto_makes_rows_documents_and_says_so(tmp_path: Path) -> None:
    rows = write(tmp_path, table("csv", ["a", "b"]), "x.csv")
    corpus = open_corpus([rows], column="text")
    assert (corpus.documents, corpus.reason) == ("file", "Each row of column 'text' is a document.")
    prose = write(tmp_path, b"One long story without any end. " * 300)
    corpus = open_corpus([rows, prose], column="text")
    assert corpus.documents == "file"
    assert len(whole(corpus.pieces())) == 3


def test_half_an_emoji_in_json_does_not_break_what_comes_after(tmp_path: Path) -> None:
    path = write(tmp_path, b'{"text": "cut \\ud83d"}\n{"text": "\\ud83d\\ude00"}\n', "x.jsonl")
    assert whole(open_corpus([path], column="text").pieces()) == ["cut \ufffd", "\U0001f600"]


def test_null_and_empty_cells_and_blank_lines_are_no_documents(tmp_path: Path) -> None:
    jsonl = b'{"text": null}\n\n  \n{"text": ""}\n{"text": "a"}'
    path = write(tmp_path, jsonl, "x.jsonl")
    assert whole(open_corpus([path], column="text").pieces()) == ["a"]
    path = write(tmp_path, b"id,text\n1,\n\n2\n3,a\n", "x.csv")
    assert whole(open_corpus([path], column="text").pieces()) == ["a"]


def error(folder: Path, name: str, data: bytes, column: str | None = "text") -> str:
    path = write(folder, data, name)
    with pytest.raises(CorpusError) as caught:
        list(open_corpus([path], column=column).pieces())
    message = str(caught.value)
    assert message.startswith(path)
    assert "\n" not in message
    return message.removeprefix(path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b"id,text\n1,a\n"),
        ("x.tsv", b"id\ttext\n1\ta\n"),
        ("x.jsonl", b'{"id":1,"text":2}'),
    ],
)
def test_a_column_not_given_or_not_there_lists_those_there_are(
    tmp_path: Path, name: str, data: bytes
) -> None:
    listed = "its columns are id, text."
    assert error(tmp_path, name, data, None) == f": no `column` given; {listed}"
    assert error(tmp_path, name, data, "words") == f": no column 'words'; {listed}"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "x.jsonl",
            b'{"text": "a"}\n[1]\n',
            ', line 2: not a JSON object such as {"text": "..."}.',
        ),
        ("x.jsonl", b'{"text": "a"}\n{"text"\n', ", line 2: not JSON ("),
        ("x.jsonl", b'{"a": "a"}\n{"b": 1}\n', ": no column 'text'; its columns are a, b."),
        ("x.jsonl", b'\n{"text": [1]}\n', ", line 2: column 'text' holds [1], which is no text."),
        ("x.jsonl", b'{"text": "a"}\n' + b"[" * 99999, ", line 2: not JSON ("),
        (
            "x.csv",
            b'id,text\n1,a\n2,"never closed\n3,b\n',
            ", line 3: unexpected end of data; check that every",
        ),
        ("x.csv", b"id,text\n1,a\n2,\xff\n", ", line 3: byte 0xff is not UTF-8."),
        ("x.csv", b"id,text\n", ": no text, only blanks or nothing at all."),
        ("x.csv", b"", ": no text, only blanks or nothing at all."),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_file_and_line(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    assert error(tmp_path, name, data).startswith(message)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_row_too_long_for_memory_is_an_error(tmp_path: Path, name: str) -> None:
    with patch.object(rows, "ROW_LIMIT", 100), blocks_of(32):
        message = error(tmp_path, name, b"x" * 400)
    assert "line " in message
    assert "longer than 100 characters" in message


def test_a_column_without_a_table_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, b"text")

    def opened() -> Corpus:
        return open_corpus([path], column="text")

    with pytest.raises(CorpusError, match=r"^`column` text is for \.csv, .*`format` csv\.$"):
        opened()

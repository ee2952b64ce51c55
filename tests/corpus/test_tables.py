"""Tables as programs and people write them: read whole, or refused with the place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.corpus import CorpusShard, open_corpus, reopen
from rnngen.corpus.documents import strip_blank_lines
from rnngen.errors import ConfigError, CorpusError

from .texts import blocks_of, plainly, sizes, whole, write

ROWS = [f"The {word} turns at noon." for word in ("kettle", "river", "lamp", "heron")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def texts(path: str, column: str = "text", **reading: object) -> list[str]:
    return whole(open_corpus([path], column=column, **reading).pieces())


def refused(path: str, column: str | None = "text", **reading: object) -> str:
    with pytest.raises(CorpusError) as caught:
        list(open_corpus([path], column=column, **reading).pieces())
    message = str(caught.value)
    assert "\n" not in message
    return message


def separated(rows: list[list[str]], delimiter: str, **options: object) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, **options).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue().encode()


cells = st.text(st.sampled_from('ab1 ,;|\t"\n\r'), max_size=12)


@settings(max_examples=400)
@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    size=sizes,
)
def test_any_table_the_csv_module_writes_is_read_whole_or_refused(
    folder: Path,
    rows: list[tuple[str, str]],
    delimiter: str,
    quoting: int,
    size: int,
) -> None:
    lines = [["id", "text", "other"], *([str(i), *row] for i, row in enumerate(rows))]
    data = separated(lines, delimiter, quoting=quoting)
    path = write(folder, data, "x.tsv" if delimiter == "\t" else "x.csv")
    wanted = [strip_blank_lines(plainly(text.encode())) for text, _ in rows]
    with blocks_of(size):
        if not any(wanted):
            assert "no text" in refused(path)
        else:
            try:
                found = texts(path)
            except CorpusError as error:
                found = [str(error)]
    if any(wanted):
        assert found == [text for text in wanted if text] or "`quoting`" in found[0]


@given(
    rows=st.lists(st.text(max_size=20), min_size=1, max_size=6),
    indent=st.sampled_from([None, 2]),
    size=sizes,
)
def test_any_array_of_objects_is_read_whole(
    folder: Path, rows: list[str], indent: int | None, size: int
) -> None:
    objects = [{"id": [i, {"text": "no"}], "text": text} for i, text in enumerate(rows)]
    path = write(folder, json.dumps(objects, indent=indent).encode(), "x.json")
    wanted = [strip_blank_lines(plainly(text.encode())) for text in rows]
    with blocks_of(size):
        if not any(wanted):
            assert "no text" in refused(path)
        else:
            assert texts(path) == [text for text in wanted if text]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("semicolon.csv", b"id;text\n0;one, two\n1;three\n"),
        ("bar.csv", b"id|text\n0|one, two\n1|three\n"),
        ("tab.csv", b"id\ttext\n0\tone, two\n1\tthree\n"),
        ("excel.csv", b"\xef\xbb\xbfsep=;\r\nid;text\r\n0;one, two\r\n1;three\r\n"),
        ("space.csv", b'id, text\n0, "one, two"\n1, three\n'),
        ("quoted.csv", b'"id", "text"\n"0", "one, two"\n"1", "three"\n'),
        ("late.csv", b'id,text\n0, "one, two"\n1, three\n'),
        ("wide.csv", b'id,text,\n0,"one, two",\n1,three,\n'),
        ("blank.csv", b'\n\nid,text\n\n0,"one, two"\n1,three\n\n'),
        ("x.tab", b"id\ttext\n0\tone, two\n1\tthree\n"),
        ("x.ndjson", b'{"text": "one, two"}\n{"text": "three"}\n'),
        ("x.jsonlines", b'{"text": "one, two"}\n{"text": "three"}\n'),
        ("lines.json", b'{"text": "one, two"}\n{"text": "three"}\n'),
        ("x.json", b'\xef\xbb\xbf [\n{"text": "one, two"},\n{"text": "three"}]\n'),
    ],
)
def test_tables_are_recognised_however_they_are_laid_out(
    tmp_path: Path, name: str, data: bytes
) -> None:
    assert texts(write(tmp_path, data, name)) == ["one, two", "three"]


def test_the_format_and_the_delimiter_may_be_said(tmp_path: Path) -> None:
    path = write(tmp_path, b"id^text\n0^one, two\n", "x.dat")
    assert texts(path, format="csv", delimiter="^") == ["one, two"]
    path = write(tmp_path, b"id\ttext\n0\tone, two\n", "x.dat")
    assert texts(path, format="tsv") == texts(path, format="csv", delimiter="\\t") == ["one, two"]
    path = write(tmp_path, b'{"text": "one"}\n', "x.dat")
    assert texts(path, format="jsonl") == ["one"]
    path = write(tmp_path, b"id,text\n0,one\n", "x.csv")
    assert whole(open_corpus([path], format="text", documents="line").pieces()) == [
        "id,text",
        "0,one",
    ]


@pytest.mark.parametrize("delimiter", [";;", "", '"', "\n"])
def test_a_delimiter_that_cannot_be_is_refused(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path, b"id,text\n0,one\n", "x.csv")
    with pytest.raises(ConfigError, match="`delimiter` must be one character"):
        open_corpus([path], column="text", delimiter=delimiter)


def test_without_a_header_columns_go_by_number(tmp_path: Path) -> None:
    path = write(tmp_path, b"0;one, two\n1;three\n", "x.csv")
    corpus = open_corpus([path], column="2")
    assert whole(corpus.pieces()) == ["one, two", "three"]
    assert corpus.notes == (f"{path}: columns go by number, so the first row is read as text too.",)
    assert refused(path, "3") == (
        f"{path}: no column 3; its first row has 2 fields, separated by ';'."
    )
    named = write(tmp_path, b"1,2\na,b\n", "named.csv")
    assert texts(named, "2") == ["b"]


def test_rows_with_more_fields_than_the_header_are_refused_by_line_and_counts(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, b"id,text\n0,one\n1,two, three, and four\n", "x.csv")
    assert refused(path).startswith(
        f"{path}, line 3: 4 fields where the header has 2, separated by ','."
    )
    path = write(tmp_path, b'id,text\n0,"one\ntwo"\n1,two, three\n', "y.csv")
    assert refused(path).startswith(f"{path}, line 4: 3 fields where")
    path = write(tmp_path, b"one,x\ntwo,x,y\n", "z.csv")
    assert refused(path, "1").startswith(f"{path}, line 2: 3 fields where row 1 has 2")


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"text,text\none,two\n", "x.csv")
    assert refused(path) == (f"{path}: 2 columns are called 'text'. Give them different names.")


def test_names_of_columns_are_quoted_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, b'"id, text",a\tb,plain\n1,2,3\n', "x.csv")
    assert refused(path, "words").endswith(
        ": no column 'words'; its columns are 'id, text', 'a\\tb', plain."
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_rows_without_text_are_counted_and_the_first_is_named(tmp_path: Path, kind: str) -> None:
    data = {
        "csv": b"id,text\n0,one\n1,\n2\n3,two\n4,  \n",
        "jsonl": b'{"text": "one"}\n{"id": 1}\n{"text": null}\n{"text": "two"}\n{"text": " "}\n',
        "json": b'[{"text": "one"},\n{"id": 1},\n{"text": null},{"text": "two"},{"text": ""}]',
    }[kind]
    path = write(tmp_path, data, f"x.{kind}")
    corpus = open_corpus([path], column="text")
    for _ in range(2):  # however often it is read
        assert whole(corpus.pieces()) == ["one", "two"]
        assert corpus.remarks() == [
            f"3 of 5 rows had no 'text' and were left out; the first: {path}, "
            f"line {3 if kind == 'csv' else 2}."
        ]
    assert refused(path, strict=True).startswith(
        f"{path}, line {3 if kind == 'csv' else 2}: no 'text' in this row."
    )


def test_a_key_that_comes_late_is_found_and_one_that_never_does_is_refused(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, b'{"id": 1}\n' * 500 + b'{"text": "one"}\n', "x.jsonl")
    assert texts(path) == ["one"]
    assert refused(path, "words") == f"{path}: no column 'words'; its columns are id, text."


def test_a_shard_counts_its_own_rows(tmp_path: Path) -> None:
    rows = [json.dumps({"text": f"row {n}"} if n % 3 else {"id": n}) for n in range(300)]
    path = write(tmp_path, "\n".join(rows).encode(), "x.jsonl")
    with blocks_of(256):
        corpus = open_corpus([path], column="text")
        counted = 0
        for index in (1, 2, 3):
            shard = CorpusShard(corpus, index, 3)
            list(shard.pieces())
            [said] = shard.remarks()
            counted += int(said.split()[0])
            line = int(said.rstrip(".").rpartition("line ")[2])
            assert line % 3 == 1
    assert counted == 100


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"text": "one"}', ", line 1: the array is cut off; it has no closing ]."),
        (b'[{"text": "one"}\n{"text": "two"}]', ", line 2: not JSON ('{' where it cannot stand)."),
        (b'[{"text": "one"}]\n[', ", line 2: not JSON ('[' where it cannot stand)."),
        (b'[\n"one"]', ', line 2: not a JSON object such as {"text": "..."}. `format` text'),
        (b'[{"text": "one"},\n{"text": }]', ", line 2: not JSON (Expecting value)."),
        (b'{"text": "one"', ", line 1: not JSON ("),
        (b'{"words": "one"}', ": no column 'text'; its columns are words."),
        (b"[" * 99999, ", line 1: not "),
    ],
)
def test_json_that_is_no_table_is_named_by_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path, data, "x.json")
    assert refused(path).startswith(path + message)


def test_json_without_a_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, b'[{"text": "one"}]', "x.json")
    assert refused(path, None) == (
        f"{path}: this is JSON, and no `column` given; its columns are text."
    )
    path = write(tmp_path, b"plain words\n", "words.json")
    assert whole(open_corpus([path], documents="file").pieces()) == ["plain words"]


def feed_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    "data",
    [
        b"id,text\n0,one\n1,two\n",
        b"id;text\n0;one\n1;two\n",
        b"id\ttext\n0\tone\n1\ttwo\n",
        b'{"text": "one"}\n{"text": "two"}\n',
        b'[{"text": "one"}, {"text": "two"}]',
    ],
)
def test_a_table_may_come_from_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    feed_stdin(monkeypatch, data)
    corpus = open_corpus(["-"], column="text")
    assert whole(corpus.pieces()) == whole(corpus.pieces()) == ["one", "two"]


def test_stdin_beside_a_table_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed_stdin(monkeypatch, b"some words\n")
    path = write(tmp_path, b"id,text\n0,one\n", "x.csv")
    assert whole(open_corpus(["-", path], column="text").pieces()) == ["some words", "one"]


def test_how_a_table_is_read_is_stored_and_read_so_again(tmp_path: Path) -> None:
    path = write(tmp_path, b'id;text\n0;"one" two\n1;\n', "x.dat")
    corpus = open_corpus(
        [path], column="text", format="csv", quoting="none", errors="replace", delimiter=";"
    )
    again = reopen(json.loads(json.dumps(corpus.description())))
    assert list(again.pieces()) == list(corpus.pieces())
    assert (again.digest(), again.sources) == (corpus.digest(), corpus.sources)


def test_tables_that_version_0_1_described_are_read_as_it_read_them(tmp_path: Path) -> None:
    """It dropped what a row has beyond the header, and took quotes in TSV as quoting."""
    commas = write(tmp_path, b"id,text\n0,one, two\n1,three\n", "x.csv")
    quotes = write(tmp_path, b'text\tid\n"four\t0\nfive"\t1\n', "x.tsv")
    stored = {
        "files": [commas, quotes],
        "documents": "file",
        "encoding": "utf-8",
        "column": "text",
    }
    corpus = reopen(stored)
    assert whole(corpus.pieces()) == ["one", "three", "four\t0\nfive"]
    hasher = hashlib.sha256(b'["utf-8", "text", "file"]')  # as version 0.1 made it
    for path in (commas, quotes):
        hasher.update(hashlib.sha256(Path(path).read_bytes()).digest())
    assert corpus.digest() == hasher.hexdigest()


def test_the_digest_tells_apart_what_is_read_differently(tmp_path: Path) -> None:
    path = write(tmp_path, b'id\ttext\n0\t"one"\n1\ttwo\n', "x.tsv")
    digests = {
        open_corpus([path], column="text", quoting=quoting).digest() for quoting in ("none", "csv")
    }
    text = write(tmp_path, b"one\n")
    digests |= {open_corpus([text], errors=errors).digest() for errors in ("strict", "skip")}
    assert len(digests) == 4

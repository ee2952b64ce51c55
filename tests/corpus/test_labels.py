"""The label of each document: from a column, a folder, a file, or who speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnngen.corpus import CorpusShard, documents, open_corpus, reopen
from rnngen.corpus.documents import LabelledPiece
from rnngen.errors import ConfigError, CorpusError

from .texts import write

CSV = b'text,mood,n\nup,glad,1\n"down,",sad,2\nflat,,3\n,glad,4\nso, very  glad ,5\n'
JSONL = b'{"text": "a", "stars": 5}\n{"text": "b", "stars": "4"}\n{"text": "c"}\n'
CHAT = b"12/31/23, 9:41 PM - Ann: one\n12/31/23, 9:42 PM - Bob: two\nlines\n"


def labelled(corpus: Any) -> list[tuple[str, str | None]]:
    """Each document and its label; only its first piece may have one."""
    found: list[tuple[str, str | None]] = []
    begins = True
    for piece in corpus.pieces():
        label = piece.label if isinstance(piece, LabelledPiece) else None
        if begins:
            found.append((piece.text, label))
        else:
            assert label is None
            found[-1] = (found[-1][0] + piece.text, found[-1][1])
        begins = piece.ends
    return found


def test_a_column_labels_each_row(tmp_path: Path) -> None:
    path = write(tmp_path, CSV, "x.csv")
    corpus = open_corpus([path], column="text", label="mood")
    assert labelled(corpus) == [
        ("up", "glad"),
        ("down,", "sad"),
        ("flat", ""),
        ("so", "very glad"),
    ]
    assert list(corpus.labels()) == ["glad", "sad", "", "very glad"]
    assert "1 of 4 texts have no label; '' stands for it." in corpus.remarks()
    assert reopen(corpus.description()).digest() == corpus.digest()
    assert corpus.digest() != open_corpus([path], column="text", label="n").digest()
    assert corpus.digest() != open_corpus([path], column="text").digest()


def test_numbers_label_and_lists_do_not(tmp_path: Path) -> None:
    path = write(tmp_path, JSONL, "x.jsonl")
    corpus = open_corpus([path], column="text", label="stars")
    assert labelled(corpus) == [("a", "5"), ("b", "4"), ("c", "")]
    bad = write(tmp_path, b'{"text": "a", "stars": [5]}\n', "bad.jsonl")
    with pytest.raises(CorpusError, match=r"line 1: column 'stars' holds \[5\]"):
        open_corpus([bad], column="text", label="stars")


def test_columns_may_go_by_number(tmp_path: Path) -> None:
    path = write(tmp_path, b"up;glad\ndown;sad\n", "x.csv")
    corpus = open_corpus([path], column="1", label="2")
    assert labelled(corpus) == [("up", "glad"), ("down", "sad")]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name, data in {
        "glad/a.txt": b"up",
        "sad/b.txt.gz": b"",
        "sad/c.txt": b"down\n\nout",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        if data:
            write(tmp_path, data, name)
    return tmp_path


def test_folders_and_files_label_what_is_in_them(folders: Path) -> None:
    of = {"documents": "paragraph"}
    by_folder = open_corpus([str(folders)], label="folder", **of)
    assert labelled(by_folder) == [("up", "glad"), ("down", "sad"), ("out", "sad")]
    by_file = open_corpus([str(folders)], label="file", **of)
    assert labelled(by_file) == [("up", "a"), ("down", "c"), ("out", "c")]
    assert by_file.digest() != by_folder.digest()
    moved = folders / "new"
    (folders / "glad").rename(moved)
    assert open_corpus([str(folders)], label="folder", **of).digest() != by_folder.digest()


def test_a_column_called_folder_comes_before_the_folder(tmp_path: Path) -> None:
    has = write(tmp_path, b"text,folder\nup,glad\n", "has.csv")
    lacks = write(tmp_path, b"text\ndown\n", "lacks.csv")
    corpus = open_corpus([has, lacks], column="text", label="folder")
    assert labelled(corpus) == [("up", "glad"), ("down", tmp_path.name)]


def test_who_speaks_labels_a_chat(tmp_path: Path) -> None:
    path = write(tmp_path, CHAT, "chat.txt")
    corpus = open_corpus([path], clean="chat", label="speaker")
    assert labelled(corpus) == [("one", "Ann"), ("two\nlines", "Bob")]


def test_a_long_document_has_its_label_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LIMIT", 10)
    path = write(tmp_path, b"many words\nin a long text\n\nand more", "x.txt")
    corpus = open_corpus([path], documents="paragraph", label="file")
    assert labelled(corpus) == [("many words\nin a long text", "x"), ("and more", "x")]


def test_a_stream_becomes_documents_by_file(tmp_path: Path) -> None:
    path = write(tmp_path, b"one long text", "x.txt")
    corpus = open_corpus([path], label="file")
    assert corpus.documents == "file"
    assert corpus.reason == "Documents have a label, so each file is one."
    with pytest.raises(ConfigError, match="`documents` none is one stream"):
        open_corpus([path], label="file", documents="none")


@pytest.mark.parametrize(
    ("name", "data", "settings", "message"),
    [
        ("x.txt", b"a", {"label": "mood"}, r"x\.txt: `label` 'mood' would be a column"),
        (
            "x.csv",
            CSV,
            {"label": "mud", "column": "text"},
            r"x\.csv: no column 'mud' for the `label`",
        ),
        (
            "x.csv",
            CSV.replace(b"glad", b"g" * 201),
            {"label": "mood", "column": "text"},
            "201 char",
        ),
    ],
)
def test_what_is_no_label_is_refused(
    tmp_path: Path, name: str, data: bytes, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(CorpusError, match=message):
        open_corpus([write(tmp_path, data, name)], **settings)


def test_parts_of_many_machines_have_the_labels_of_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path, JSONL * 20, "x.jsonl")
    corpus = open_corpus([path], column="text", label="stars")
    parts = [found for i in (1, 2, 3) for found in labelled(CorpusShard(corpus, i, 3))]
    assert parts == labelled(corpus)


def test_without_labels_nothing_is_stored_of_them(tmp_path: Path) -> None:
    corpus = open_corpus([write(tmp_path, CSV, "x.csv")], column="text")
    assert "label" not in corpus.description()
    assert [label for _, label in labelled(corpus)] == [None] * 4
    assert list(corpus.labels()) == []

"""Bytes that are not what they were taken for: named, or read on from, and counted."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.corpus import CorpusShard, open_corpus
from rnngen.errors import ConfigError, CorpusError

from .texts import blocks_of, joined, plainly, sizes, write

SENTENCES = {
    language: f"{sentence}\n" * 20
    for language, sentence in {
        "English": "The old house stood by the river, and nobody came.",
        "German": "Die Größe der Küche überraschte uns; „schön“, sagte er.",
        "Russian": "Старый дом стоял там, за рекой.",
        "Japanese": "古池や蛙飛びこむ水の音。",
        "Arabic": "البيت القديم، والنهر.",
        "emoji": "😀 yes 🐍",
    }.items()
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encodings")


def refused(path: str, **reading: str) -> str:
    with pytest.raises(CorpusError) as caught:
        joined(open_corpus([path], documents="none", **reading))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_byte_order_mark_is_named_and_the_name_works(
    tmp_path: Path, language: str, encoding: str
) -> None:
    text = SENTENCES[language]
    path = write(tmp_path, text.encode(encoding))
    assert f"`encoding` {encoding}" in refused(path)
    assert joined(open_corpus([path], documents="none", encoding=encoding)) == plainly(
        text.encode()
    )


def test_utf16_opened_as_utf16_without_its_mark_is_told_which_to_try(tmp_path: Path) -> None:
    path = write(tmp_path, SENTENCES["English"].encode("utf-16-le"))
    assert "pass `encoding` utf-16-le or utf-16-be" in refused(path, encoding="utf-16")


def test_utf32_is_named(tmp_path: Path) -> None:
    assert "`encoding` utf-32" in refused(write(tmp_path, SENTENCES["English"].encode("utf-32")))


@pytest.mark.parametrize("language", ["English", "German"])
def test_windows_1252_is_named_and_the_name_works(tmp_path: Path, language: str) -> None:
    text = "\u201cCaf\u00e9\u201d \u2013 na\u00efve\n" + SENTENCES[language]
    path = write(tmp_path, text.encode("cp1252"))
    assert ", line 1: byte 0x93 is not UTF-8. It looks like Windows-1252" in refused(path)
    assert joined(open_corpus([path], documents="none", encoding="cp1252")) == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift_jis", "gb18030"])
def test_other_encodings_are_not_taken_for_it(tmp_path: Path, encoding: str) -> None:
    text = SENTENCES["Japanese" if encoding in ("shift_jis", "gb18030") else "Russian"]
    message = refused(write(tmp_path, text.encode(encoding)))
    assert "1252" not in message
    assert "pass `encoding` or `errors` replace" in message


def test_a_damaged_utf8_text_is_not_taken_for_it(tmp_path: Path) -> None:
    data = SENTENCES["German"].encode() + b"caf\xe9\n"
    assert "1252" not in refused(write(tmp_path, data))


damaged = st.lists(
    st.sampled_from([b"a", b" ", b"\n", b"\r\n", "\u00e9".encode(), "\u65e5".encode(), b"\xff",
                     b"\xe6\x97", b"\xc3", b"\x80", "\U0001f600".encode(), b"\xf0\x9f\x98"]),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(data=damaged, mode=st.sampled_from(["replace", "skip"]), size=sizes)
def test_bad_bytes_are_replaced_or_left_out_as_python_does_and_counted(
    folder: Path, data: bytes, mode: str, size: int
) -> None:
    data = b"x" + data
    path = write(folder, data)
    python = "replace" if mode == "replace" else "ignore"
    with blocks_of(size):
        corpus = open_corpus([path], documents="none", errors=mode)
        assert joined(corpus) == plainly(data.decode("utf-8", python).encode())
    good = data.decode("utf-8", "ignore").encode()
    first = next(
        (i for i, pair in enumerate(zip(data, good, strict=False)) if len(set(pair)) > 1), len(good)
    )
    said = corpus.remarks()
    assert len(said) == (good != data)
    if said:
        line = 1 + data[:first].replace(b"\r\n", b"\n").count(b"\n")
        assert said[0].startswith(f"{len(data) - len(good)} byte")
        assert said[0].endswith(f"the first: 0x{data[first]:02x} in {path}, line {line}.")


@settings(max_examples=300)
@given(
    data=damaged,
    mode=st.sampled_from(["replace", "skip"]),
    documents=st.sampled_from(["line", "paragraph", "section"]),
    count=st.integers(1, 4),
)
def test_shards_of_a_damaged_text_are_the_whole(
    folder: Path, data: bytes, mode: str, documents: str, count: int
) -> None:
    path = write(folder, b"x" + data)
    with blocks_of(7):
        corpus = open_corpus([path], documents=documents, errors=mode)
        parts = [CorpusShard(corpus, index, count) for index in range(1, count + 1)]
        assert [p for part in parts for p in part.pieces()] == list(corpus.pieces())
        counted = [int(part.remarks()[0].split()[0]) for part in parts if part.remarks()]
    total = [int(said.split()[0]) for said in corpus.remarks()]
    assert sum(counted) == sum(total)


@pytest.mark.parametrize("mode", ["replace", "skip"])
def test_shards_begin_also_where_bad_bytes_stand_after_a_gap(tmp_path: Path, mode: str) -> None:
    stanza = b"a\n\n\xff b\nc\n\n\xff\xff\xff\xff\n\nd\n \n\xe6\x97\ne\n\n"
    path = write(tmp_path, stanza * 40)
    with blocks_of(64):
        corpus = open_corpus([path], documents="paragraph", errors=mode)
        parts = [list(CorpusShard(corpus, index, 5).pieces()) for index in range(1, 6)]
        assert [p for part in parts for p in part] == list(corpus.pieces())
    assert all(len(part) > 10 for part in parts)


def test_other_encodings_are_read_on_from_too(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\x81b\n")
    assert joined(open_corpus([path], documents="none", encoding="cp1252", errors="replace")) == (
        "a\ufffdb\n"
    )
    data = "ab".encode("utf-16-le") + b"\x00\xd8" + "c\n".encode("utf-16-le")
    path = write(tmp_path, data, "wide.txt")
    corpus = open_corpus([path], documents="none", encoding="utf-16-le", errors="skip")
    assert joined(corpus) == "abc\n"
    assert corpus.remarks() == [
        f"2 bytes not utf-16-le were left out; the first: 0x00 in {path}, line 1."
    ]


def test_a_way_with_errors_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`errors` must be one of strict, replace, skip"):
        open_corpus([write(tmp_path, b"a")], errors="ignore")


def zipped(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("one.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"words"))
    return stream.getvalue()


TYPES = ("[Content_Types].xml", b"<Types/>")


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("x.zip", zipped(("one.txt", b"words")), "a zip archive"),
        ("x.docx", zipped(TYPES, ("word/document.xml", b"<w/>")), "a Word document"),
        ("renamed.txt", zipped(TYPES, ("word/document.xml", b"<w/>")), "a Word document"),
        ("x.xlsx", zipped(TYPES, ("xl/workbook.xml", b"<w/>")), "an Excel workbook"),
        ("book.txt", zipped(("mimetype", b"application/epub+zip")), "an EPUB book"),
        (
            "x.odt",
            zipped(("mimetype", b"application/vnd.oasis.opendocument.text")),
            "an OpenDocument file",
        ),
        ("x.tar", tarred(), "a tar archive"),
        ("x.tar.gz", gzip.compress(tarred()), "a tar archive"),
        ("x.tgz", gzip.compress(tarred()), "a tar archive"),
        ("x.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a Microsoft Office document"),
        (
            "lfs.txt",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "a Git LFS pointer",
        ),
    ],
)
def test_archives_and_documents_are_called_what_they_are(
    tmp_path: Path, name: str, data: bytes, what: str
) -> None:
    assert f"{name}: this is {what}" in refused(write(tmp_path, data, name))

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus import files, open_corpus, reopen
from rnngen.errors import CorpusError

from .texts import blocks_of, joined, sizes, whole, write

if TYPE_CHECKING:
    from collections.abc import Callable

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}
TEXT = b"".join(b"%d green bottles, hanging on the wall\n" % n for n in range(99, 0, -1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str) -> list[str]:
    return [source.name for source in files.find(paths)]


def lay(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_a_folder_means_every_text_below_it_sorted(inside: Path) -> None:
    lay(inside, "p/b.txt", "p/a/z.TXT", "p/a.txt.gz", "p/c.log", "p/.git/d.txt", "p/a/.e.txt")
    lay(inside, "p/n.md", "p/m.html.xz", "p/s.vtt")
    names = ("a/z.TXT", "a.txt.gz", "b.txt", "m.html.xz", "n.md", "s.vtt")
    assert found("p") == [str(Path("p", name)) for name in names]


def test_a_pattern_means_the_files_it_matches_sorted(inside: Path) -> None:
    lay(inside, "b.md", "a.md", "sub/c.md", "sub.md/d.txt")
    assert found("*.md") == ["a.md", "b.md"]
    assert found("**/*.md") == ["a.md", "b.md", str(Path("sub/c.md"))]


def test_paths_are_read_in_the_order_given_and_may_be_mixed(inside: Path) -> None:
    lay(inside, "z.txt", "p/b.txt", "p/a.txt", "y1.log", "y0.log")
    assert found("z.txt", "p", "y?.log") == [
        *("z.txt", str(Path("p/a.txt")), str(Path("p/b.txt"))),
        *("y0.log", "y1.log"),
    ]
    corpus = open_corpus(["z.txt", "p", "y?.log"], documents="file")
    assert corpus.names == ("z.txt", "p", "y?.log")
    assert whole(corpus.pieces()) == ["z.txt", "p/a.txt", "p/b.txt", "y0.log", "y1.log"]


def test_a_name_that_looks_like_a_pattern_means_its_file(inside: Path) -> None:
    lay(inside, "draft[1].txt", "draft1.txt")
    assert found("draft[1].txt") == ["draft[1].txt"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.txt", "gone.txt: no such file or folder."),
        ("gone*.txt", "gone*.txt: no file matches this pattern."),
        ("p/a.md/b.txt", "p/a.md/b.txt: not a directory."),
        (
            "q",
            "q: no .txt, .md, .srt, .vtt, .html or .epub file in this folder. "
            "Name other files with a pattern, such as 'q/*.log'.",
        ),
        ("a\0b", "'a\\x00b': no such file."),
        ("", "no corpus given. Name a text file, a folder, or - for stdin."),
    ],
)
def test_a_path_that_means_no_file_is_named(inside: Path, path: str, message: str) -> None:
    lay(inside, "p/a.md", "q/a.log")
    with pytest.raises(CorpusError) as caught:
        open_corpus([path])
    assert str(caught.value) == message


def test_no_path_at_all_is_an_error() -> None:
    with pytest.raises(CorpusError, match="no corpus given"):
        open_corpus([])


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, b"text")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root, who may run the tests, may read all files
    with pytest.raises(CorpusError) as caught:
        open_corpus([path])
    assert str(caught.value) == f"{path}: permission denied."


@given(
    data=st.binary(max_size=200),
    suffix=st.sampled_from(sorted(PACK)),
    size=sizes,
    at=st.integers(0, 200),
)
def test_unpacking_undoes_packing_also_of_parts_packed_apart(
    folder: Path, data: bytes, suffix: str, size: int, at: int
) -> None:
    pack = PACK[suffix]
    path = write(folder, pack(data[:at]) + pack(data[at:]), "x.txt" + suffix)
    with blocks_of(size):
        blocks = list(files.blocks(files.source(path)))
    assert b"".join(blocks) == data
    assert all(blocks)


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_a_compressed_file_cut_off_anywhere_is_an_error(tmp_path: Path, suffix: str) -> None:
    packed = PACK[suffix](TEXT)
    for length in {*range(1, len(packed), 7), len(packed) - 1}:
        path = write(tmp_path, packed[:length], "x.txt" + suffix)
        with pytest.raises(CorpusError) as caught:
            joined(open_corpus([path], documents="none"))
        assert str(caught.value).startswith(f"{path}: damaged or cut off (")
        assert str(caught.value).endswith(f"make or fetch the {suffix} file again.")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", sorted(PACK))
def test_a_damaged_compressed_file_gives_one_kind_of_error(tmp_path: Path, suffix: str) -> None:
    packed = PACK[suffix](TEXT)
    refused = 0
    for at in range(0, len(packed), 3):
        damaged = packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]
        path = write(tmp_path, damaged, "x.txt" + suffix)
        try:  # zstd carries no checksum unless asked to, so letters may change unseen
            text = joined(open_corpus([path], documents="none"))
        except CorpusError as error:
            refused += str(error).startswith(path)
        else:
            assert suffix == ".zst" or text == TEXT.decode()
    assert refused > 5


def test_the_wrong_line_is_named_in_a_compressed_file_too(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"a\n" * 811 + b"\xff\n"), "x.txt.gz")
    with pytest.raises(CorpusError, match=r"x\.txt\.gz, line 812: byte 0xff is not UTF-8\."):
        open_corpus([path])


def test_without_zstandard_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, zstandard.compress(TEXT), "x.txt.zst")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(CorpusError) as caught:
        open_corpus([path])
    assert str(caught.value) == (
        f'{path}: .zst files need zstandard: pip install "rnngen[zstd]", or in a clone: pip install'
        ' ".[zstd]".'
    )


def feed_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_stdin_is_read_once_and_given_out_as_often_as_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed_stdin(monkeypatch, TEXT)
    corpus = open_corpus(["-"], documents="none")
    assert joined(corpus) == joined(corpus) == TEXT.decode()
    assert corpus.names == ("-",)
    assert corpus.size() == len(TEXT)
    assert corpus.description()["files"] == ["-"]
    with pytest.raises(CorpusError, match=r"stdin \(-\), which cannot be read again"):
        reopen(corpus.description())


def test_stdin_cannot_be_named_twice() -> None:
    with pytest.raises(CorpusError, match="named twice"):
        open_corpus(["-", "-"])


def test_errors_in_stdin_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    feed_stdin(monkeypatch, b"a\n\xff")
    with pytest.raises(CorpusError, match=r"^stdin, line 2: byte 0xff"):
        open_corpus(["-"])


def test_the_copy_of_stdin_is_gone_when_the_program_ends(tmp_path: Path) -> None:
    code = (
        "import os\nfrom rnngen.corpus import open_corpus\n"
        "print(open_corpus(['-']).size(), len(os.listdir(os.environ['TMPDIR'])))"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], input=TEXT, env=environment, capture_output=True, check=True
    )
    assert run.stdout.split() == [str(len(TEXT)).encode(), b"1"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read_as_stdin_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT,))
    writer.start()
    corpus = open_corpus([str(pipe)], documents="none")
    writer.join()
    assert joined(corpus) == joined(corpus) == TEXT.decode()
    assert corpus.description()["files"] == ["-"]

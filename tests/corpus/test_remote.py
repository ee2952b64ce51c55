"""Files on other machines, of which memory:// and file:// stand for most; and a web server."""

from __future__ import annotations

import gzip
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from rnngen.corpus import CorpusShard, digests, open_corpus, remote, reopen
from rnngen.errors import CorpusError

from .texts import blocks_of, joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = "an old pond\na frog jumps in\nthe sound of water\n" * 20


@pytest.fixture(autouse=True)
def others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets tests read file systems that stand for those of other machines."""
    monkeypatch.setattr(remote, "PROTOCOLS", (*remote.PROTOCOLS, "memory", "file"))


@pytest.fixture
def bucket() -> Iterator[Any]:
    """The file system memory://, empty."""
    fsspec = pytest.importorskip(
        "fsspec", reason='fsspec is not here: pip install "rnngen[remote]"'
    )
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def put(bucket: Any, path: str, text: str = TEXT) -> str:
    data = text.encode()
    bucket.pipe(path, gzip.compress(data) if path.endswith(".gz") else data)
    return f"memory://{path}"


def test_a_file_far_away_reads_as_the_same_file_here(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(TEXT)
    here = open_corpus([str(tmp_path / "x.txt")])
    for url in (put(bucket, "/b/x.txt"), f"file://{tmp_path}/x.txt"):
        there = open_corpus([url])
        assert list(there.pieces()) == list(here.pieces()) == list(there.pieces())
        assert there.digest() == here.digest()
        assert (there.documents, there.size()) == (here.documents, here.size())


def test_globs_folders_and_compressed_files_are_found_in_order(bucket: Any) -> None:
    for path in ("/b/z.txt", "/b/a/y.txt.gz", "/b/a/.hidden.txt", "/b/c.log", "/b/x.txt"):
        put(bucket, path, path)
    assert (
        joined(open_corpus(["memory:///b"], documents="none"))
        == "/b/a/y.txt.gz\n/b/x.txt\n/b/z.txt"
    )
    assert joined(open_corpus(["memory:///b/*.txt"], documents="none")) == "/b/x.txt\n/b/z.txt"
    rows = put(bucket, "/b/rows.csv", "text,n\nold pond,1\n")
    assert joined(open_corpus([rows], column="text")) == "old pond"


def test_a_far_corpus_is_found_again_and_a_change_is_noticed(bucket: Any) -> None:
    url = put(bucket, "/b/x.txt")
    corpus = open_corpus([url])
    again = reopen(corpus.description())
    assert list(again.pieces()) == list(corpus.pieces())
    assert again.digest() == corpus.digest()
    put(bucket, "/b/x.txt", "another text\n" * 20)
    assert reopen(corpus.description()).digest() != corpus.digest()


def test_the_digest_of_an_unchanged_far_file_is_made_once(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "LARGE", 0)
    url = put(bucket, "/b/x.txt")
    first = open_corpus([url], digests=tmp_path / "sums.json").digest()
    with monkeypatch.context() as patch:
        patch.setattr(digests, "sha256", None)  # must not be called
        assert open_corpus([url], digests=tmp_path / "sums.json").digest() == first
    put(bucket, "/b/x.txt", TEXT.upper())
    assert open_corpus([url], digests=tmp_path / "sums.json").digest() != first


def test_a_far_file_is_divided_among_machines(bucket: Any) -> None:
    corpus = open_corpus([put(bucket, "/b/x.txt")], documents="line")
    with blocks_of(128):
        parts = [list(CorpusShard(corpus, index, 3).pieces()) for index in (1, 2, 3)]
    assert [piece for part in parts for piece in part] == list(corpus.pieces())
    assert all(len(part) > 10 for part in parts)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory:///none.txt", "no such file or folder"),
        ("memory:///none/*.txt", "no file matches this pattern"),
        ("memory:///md", "no .txt, .md, .srt, .vtt, .html or .epub file in this folder"),
        ("nosuch://b/x.txt", "those begin with http://, https://, s3://, gs://, memory:// or file"),
        ("ftp://b/x.txt", "not an address that is read"),
        ("s3://b/x.txt::reference://y", "not an address that is read"),
        ("reference://x::data:;,1://", "not an address that is read"),
        ("simplecache::s3://b/x.txt", "not an address that is read"),
        ("file:///nowhere/x.txt", "no such file or folder"),
        ("memory:///md/bad.gz", "damaged|cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(bucket: Any, url: str, message: str) -> None:
    put(bucket, "/md/a.log")
    bucket.pipe("/md/bad.gz", gzip.compress(TEXT.encode())[:-20])
    with pytest.raises(CorpusError, match=message) as caught:
        open_corpus([url])
    assert str(caught.value).startswith(f"{url}: ")
    assert "\n" not in str(caught.value)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address of a web server on this machine that serves `tmp_path`."""
    pytest.importorskip("aiohttp", reason='aiohttp is not here: pip install "rnngen[remote]"')

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_of_a_web_server_reads_as_the_same_file_here(web: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(TEXT)
    (tmp_path / "y.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    here = open_corpus([str(tmp_path / "x.txt")])
    for name in ("x.txt", "y.txt.gz"):
        there = open_corpus([f"{web}/{name}"])
        assert list(there.pieces()) == list(here.pieces()) == list(there.pieces())


def test_a_web_server_that_is_not_there_is_told_from_a_file_that_is_not(web: str) -> None:
    with pytest.raises(CorpusError, match=r"/none\.txt: no such file or folder\.$"):
        open_corpus([f"{web}/none.txt"])
    with pytest.raises(CorpusError, match="cannot be read: Cannot connect to host"):
        open_corpus(["http://127.0.0.1:9/x.txt"])


def test_without_fsspec_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CorpusError) as caught:
        open_corpus(["s3://bucket/x.txt"])
    assert str(caught.value) == (
        's3://bucket/x.txt: files on other machines need fsspec: pip install "rnngen[remote]", or'
        ' in a clone: pip install ".[remote]".'
    )


def test_where_the_middle_may_not_be_reachable_a_file_is_not_divided() -> None:
    assert not remote.can_seek("https://host/x.txt")
    assert remote.identity("https://host/x.txt") == ""


def test_without_what_fsspec_needs_for_the_web_it_is_said_how_to_get_it(monkeypatch) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.delitem(sys.modules, "fsspec.implementations.http", raising=False)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(CorpusError, match=r'aiohttp.*: pip install "rnngen\[remote\]", or in a'):
        remote.find("https://example.org/x.txt", lambda _: True, ".txt")
